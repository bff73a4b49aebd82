// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/cipher"
	"github.com/kahea-sip/kahea/core/module"
)

// part is what a variable tells of a connection. A text that it makes is not
// shared with the connection.
type part func(s *secured) module.Value

var null module.Value

// orNothing is null for an empty text.
func orNothing(s string) module.Value {
	if s == "" {
		return null
	}
	return avp.String(s)
}

// of makes a getter: null where the message did not come over TLS.
func of(f part) func(c *module.Call) module.Value {
	return func(c *module.Call) module.Value {
		if s := connection(c); s != nil {
			return f(s)
		}
		return null
	}
}

// side is one of the two certificates.
type side func(s *secured) *x509.Certificate

func peerSide(s *secured) *x509.Certificate { return s.peer() }
func ownSide(s *secured) *x509.Certificate  { return s.own() }

// certificate makes a part that tells of a certificate, null without one.
func (of side) certificate(f func(c *x509.Certificate) module.Value) part {
	return func(s *secured) module.Value {
		if c := of(s); c != nil {
			return f(c)
		}
		return null
	}
}

func cipherName(s *secured) module.Value {
	return avp.String(cipher.Of(s.ConnectionState().CipherSuite).Name)
}

func cipherBits(s *secured) module.Value {
	n := cipher.Of(s.ConnectionState().CipherSuite)
	return avp.Number(int64(n.Bits))
}

func versionName(s *secured) module.Value {
	return orNothing(versionNames[s.ConnectionState().Version])
}

func description(s *secured) module.Value {
	return avp.String(cipher.Of(s.ConnectionState().CipherSuite).Description() + "\n")
}

func serverName(s *secured) module.Value { return orNothing(s.name) }

// is tells whether what is wrong with the peer's certificate is one of these.
func is(what ...error) part {
	return func(s *secured) module.Value {
		for _, w := range what {
			if errors.Is(s.fault, w) {
				return avp.Number(1)
			}
		}
		return avp.Number(0)
	}
}

func verified(s *secured) module.Value {
	if s.peer() != nil && s.fault == nil {
		return avp.Number(1)
	}
	return avp.Number(0)
}

func certVersion(c *x509.Certificate) module.Value { return avp.Number(int64(c.Version - 1)) }
func serial(c *x509.Certificate) module.Value      { return avp.String(c.SerialNumber.String()) }

// timeLayout is that of OpenSSL.
const timeLayout = "Jan _2 15:04:05 2006 GMT"

func notBefore(c *x509.Certificate) module.Value {
	return avp.String(c.NotBefore.UTC().Format(timeLayout))
}
func notAfter(c *x509.Certificate) module.Value {
	return avp.String(c.NotAfter.UTC().Format(timeLayout))
}

func encoded(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func rawCert(c *x509.Certificate) module.Value { return avp.String(encoded(c)) }

// urlEncodedCert is the text of the certificate as it may stand in a URL.
func urlEncodedCert(c *x509.Certificate) module.Value {
	return avp.String(strings.NewReplacer(" ", "%20", "\n", "%0a", "+", "%2b", "/", "%2f", "=", "%3d").Replace(encoded(c)))
}

// The parts of a name that variables tell.
var (
	oidCN       = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidCountry  = asn1.ObjectIdentifier{2, 5, 4, 6}
	oidLocality = asn1.ObjectIdentifier{2, 5, 4, 7}
	oidState    = asn1.ObjectIdentifier{2, 5, 4, 8}
	oidOrg      = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidUnit     = asn1.ObjectIdentifier{2, 5, 4, 11}
	oidUID      = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
)

func subject(c *x509.Certificate) *pkix.Name { return &c.Subject }
func issuer(c *x509.Certificate) *pkix.Name  { return &c.Issuer }

// named tells the first part of a name with an identifier.
func named(of func(*x509.Certificate) *pkix.Name, id asn1.ObjectIdentifier) func(*x509.Certificate) module.Value {
	return func(c *x509.Certificate) module.Value {
		for _, n := range of(c).Names {
			if text, ok := n.Value.(string); ok && n.Type.Equal(id) {
				return orNothing(text)
			}
		}
		return null
	}
}

// The first of the other names of a certificate.
func sanEmail(c *x509.Certificate) module.Value { return firstOf(c.EmailAddresses) }
func sanHost(c *x509.Certificate) module.Value  { return firstOf(c.DNSNames) }

func sanURI(c *x509.Certificate) module.Value {
	if len(c.URIs) == 0 {
		return null
	}
	return avp.String(c.URIs[0].String())
}

func sanIP(c *x509.Certificate) module.Value {
	if len(c.IPAddresses) == 0 {
		return null
	}
	return avp.String(c.IPAddresses[0].String())
}

func firstOf(list []string) module.Value {
	if len(list) == 0 {
		return null
	}
	return orNothing(list[0])
}

// nothing is a variable that Kamailio has without a value: of a name as a whole.
func noValue(*secured) module.Value { return null }

// variables lists all $tls_ variables.
func variables() []module.Variable {
	var out []module.Variable
	add := func(name string, f part, doc string) {
		out = append(out, module.Variable{Name: "tls_" + name, Get: of(f), Doc: doc})
	}
	out = append(out, module.Variable{Name: "tls", Bind: bindLine, Doc: "m_issuer_line, m_subject_line, p_issuer_line, p_subject_line: issuer and subject of our certificate and the peer's, in a line"})
	add("version", versionName, "version of the protocol: TLSv1.3")
	add("description", description, "line about the cipher suite, in OpenSSL's words")
	add("cipher_info", cipherName, "OpenSSL's name of the cipher suite")
	add("cipher_bits", cipherBits, "bits of its key")
	add("peer_verified", verified, "1 when the peer has a certificate and it is good")
	add("peer_revoked", is(errRevoked), "1 when it is revoked")
	add("peer_expired", is(errExpired), "1 when it has expired")
	add("peer_selfsigned", is(errSelfSigned), "1 when it has signed itself and is not trusted")
	add("peer_notBefore", side(peerSide).certificate(notBefore), "when it begins to be valid: Nov 29 10:21:53 2026 GMT")
	add("peer_notAfter", side(peerSide).certificate(notAfter), "when it ends to be valid")
	add("peer_server_name", serverName, "name that the peer asked for (SNI), or was asked for")
	for _, who := range []struct {
		name, of string
		side     side
	}{{"peer", "the peer's certificate", peerSide}, {"my", "our certificate", ownSide}} {
		cert := func(name string, f func(*x509.Certificate) module.Value, doc string) {
			add(who.name+"_"+name, who.side.certificate(f), doc+" of "+who.of)
		}
		cert("version", certVersion, "version, counted from 0,")
		cert("serial", serial, "serial number")
		cert("raw_cert", rawCert, "PEM text")
		cert("urlencoded_cert", urlEncodedCert, "PEM text, as it may stand in a URL,")
		cert("san_email", sanEmail, "first e-mail address among the other names")
		cert("san_hostname", sanHost, "first host among the other names")
		cert("san_uri", sanURI, "first URI among the other names")
		cert("san_ip", sanIP, "first IP address among the other names")
		for _, n := range []struct {
			name string
			of   func(*x509.Certificate) *pkix.Name
		}{{"subject", subject}, {"issuer", issuer}} {
			add(who.name+"_"+n.name, noValue, "null, as in Kamailio: the parts below have values")
			cert(n.name+"_cn", named(n.of, oidCN), "common name in the "+n.name)
			cert(n.name+"_country", named(n.of, oidCountry), "country in the "+n.name)
			cert(n.name+"_locality", named(n.of, oidLocality), "locality in the "+n.name)
			cert(n.name+"_state", named(n.of, oidState), "state in the "+n.name)
			cert(n.name+"_organization", named(n.of, oidOrg), "organization in the "+n.name)
			cert(n.name+"_unit", named(n.of, oidUnit), "first unit in the "+n.name)
		}
		cert("subject_uid", named(subject, oidUID), "user id in the subject")
	}
	return out
}
