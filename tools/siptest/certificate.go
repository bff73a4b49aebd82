// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

var errNotRead = errors.New("what came over TLS is not read")

// The certificates of scripts are valid from firstDay to lastDay, whatever the
// clock of the server shows.
var (
	firstDay = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	lastDay  = time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC)
)

// certificate writes NAME.pem and NAME.key. The words behind the name:
//
//	by=NAME      signed by that one, else by itself
//	authority    may sign others
//	serial=N     its number
//	dns=, ip=, uri=, email=   other names
//	cn=, o=, ou=, c=, st=, l= parts of the subject; cn is NAME else
//	from=DATE, until=DATE     YYYY-MM-DD
func certificate(ts *testscript.TestScript, args []string) error {
	name := args[0]
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: firstDay, NotAfter: lastDay, BasicConstraintsValid: true, Subject: pkix.Name{CommonName: name},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	by := name
	for _, a := range args[1:] {
		key, value, _ := strings.Cut(a, "=")
		if key == "by" {
			by = value
		} else if err := describe(c, key, value); err != nil {
			return err
		}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	c.PublicKey = &key.PublicKey
	parent, signer := c, any(key)
	if by != name {
		pair, err := readPair(ts, by)
		if err != nil {
			return err
		}
		parent, signer = pair.Leaf, pair.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, &key.PublicKey, signer)
	if err != nil {
		return err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return errors.Join(writePEM(ts, name+".pem", "CERTIFICATE", der), writePEM(ts, name+".key", "PRIVATE KEY", keyDER))
}

// describe applies one word to a certificate.
func describe(c *x509.Certificate, key, value string) (err error) {
	switch key {
	case "authority":
		c.IsCA, c.ExtKeyUsage = true, nil
		c.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
	case "serial":
		c.SerialNumber.SetString(value, 10)
	case "dns":
		c.DNSNames = append(c.DNSNames, value)
	case "ip":
		c.IPAddresses = append(c.IPAddresses, net.ParseIP(value))
	case "email":
		c.EmailAddresses = append(c.EmailAddresses, value)
	case "uri":
		var u *url.URL
		if u, err = url.Parse(value); err == nil {
			c.URIs = append(c.URIs, u)
		}
	case "cn":
		c.Subject.CommonName = value
	case "o":
		c.Subject.Organization = append(c.Subject.Organization, value)
	case "ou":
		c.Subject.OrganizationalUnit = append(c.Subject.OrganizationalUnit, value)
	case "c":
		c.Subject.Country = append(c.Subject.Country, value)
	case "st":
		c.Subject.Province = append(c.Subject.Province, value)
	case "l":
		c.Subject.Locality = append(c.Subject.Locality, value)
	case "from":
		c.NotBefore, err = time.Parse(time.DateOnly, value)
	case "until":
		c.NotAfter, err = time.Parse(time.DateOnly, value)
	default:
		return fmt.Errorf("unknown word %q of a certificate", key)
	}
	return err
}

// revoke writes NAME.crl, a revocation list of an authority with the serial
// numbers of the others.
func revoke(ts *testscript.TestScript, args []string) error {
	pair, err := readPair(ts, args[0])
	if err != nil {
		return err
	}
	list := &x509.RevocationList{Number: big.NewInt(time.Now().UnixNano()), ThisUpdate: firstDay, NextUpdate: lastDay}
	for _, name := range args[1:] {
		revoked, err := readPair(ts, name)
		if err != nil {
			return err
		}
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries, x509.RevocationListEntry{SerialNumber: revoked.Leaf.SerialNumber, RevocationTime: firstDay})
	}
	der, err := x509.CreateRevocationList(rand.Reader, list, pair.Leaf, pair.PrivateKey.(*ecdsa.PrivateKey))
	if err != nil {
		return err
	}
	return writePEM(ts, args[0]+".crl", "X509 CRL", der)
}

func readPair(ts *testscript.TestScript, name string) (tls.Certificate, error) {
	return tls.LoadX509KeyPair(ts.MkAbs(name+".pem"), ts.MkAbs(name+".key"))
}

func writePEM(ts *testscript.TestScript, file, kind string, der []byte) error {
	return os.WriteFile(ts.MkAbs(file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}

// peerIdentity reads the words of a peer of TLS: cert=NAME, sni=HOST, max=1.2.
func peerIdentity(ts *testscript.TestScript, args []string) (id identity, err error) {
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "cert":
			pair, err := readPair(ts, value)
			if err != nil {
				return id, err
			}
			id.cert = &pair
		case "sni":
			id.name = value
		case "max":
			id.max = map[string]uint16{"1.0": tls.VersionTLS10, "1.1": tls.VersionTLS11, "1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}[value]
		default:
			return id, fmt.Errorf("unknown word %q of a peer", key)
		}
	}
	return id, nil
}
