// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/testport"
)

// tlsSide is what WITH_TLS needs: an address for everybody, and one for clients
// with a certificate of our authority.
type tlsSide struct {
	dir          string
	open, strict int // ports
	roots        *x509.CertPool
	// client is one of the authority, stranger one of another.
	client, stranger tls.Certificate
}

const tlsText = `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
certificate = DIR/server.pem
private_key = DIR/server.key
[server:127.0.0.1:STRICT]
method = TLSv1.2+
verify_certificate = yes
require_certificate = yes
ca_list = DIR/root.pem
certificate = DIR/server.pem
private_key = DIR/server.key
[client:default]
verify_certificate = no
require_certificate = no
`

// tlsFlag points WITH_TLS to the profiles of a side: the file that the stock
// file names has those that an operator puts there.
func (s *tlsSide) tlsFlag() string {
	return "--modparam=tls:config:s:" + filepath.Join(s.dir, "tls.cfg")
}

// withTLS adds to the command of a scene what WITH_TLS needs.
func (c *scene) withTLS() {
	if !slices.Contains(c.switches, "TLS") {
		return
	}
	c.Helper()
	c.tls = newTLSSide(c.T)
	c.command += fmt.Sprintf(" %s -l tls:127.0.0.1:%d -l tls:127.0.0.1:%d", c.tls.tlsFlag(), c.tls.open, c.tls.strict)
}

func newTLSSide(t *testing.T) *tlsSide {
	t.Helper()
	s := &tlsSide{dir: t.TempDir(), roots: x509.NewCertPool()}
	for _, port := range []*int{&s.open, &s.strict} {
		var err error
		if *port, err = testport.Free(); err != nil {
			t.Fatal(err)
		}
	}
	root, other := newAuthority(t, "root"), newAuthority(t, "other")
	s.roots.AddCert(root.cert)
	root.issue(t, "server", filepath.Join(s.dir, "server"))
	s.client, s.stranger = root.issue(t, "client", ""), other.issue(t, "stranger", "")
	writePEM(t, filepath.Join(s.dir, "root.pem"), "CERTIFICATE", root.cert.Raw)
	text := strings.NewReplacer("DIR", s.dir, "STRICT", fmt.Sprint(s.strict)).Replace(tlsText)
	if err := os.WriteFile(filepath.Join(s.dir, "tls.cfg"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T, name string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	raw, err := x509.CreateCertificate(rand.Reader, text, text, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{cert, key}
}

// issue makes a certificate, in files FILE.pem and FILE.key where a file is
// named.
func (a *authority) issue(t *testing.T, name, file string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}
	raw, err := x509.CreateCertificate(rand.Reader, text, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	if file != "" {
		der, err := x509.MarshalECPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		writePEM(t, file+".pem", "CERTIFICATE", raw)
		writePEM(t, file+".key", "EC PRIVATE KEY", der)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func writePEM(t *testing.T, file, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// tlsPhone is a user agent on a TLS connection.
type tlsPhone struct {
	conn *tls.Conn
	in   *bufio.Reader
	n    int
}

// dialTLS connects, with a certificate or without; nil where the server does not
// want that.
func (c *scene) dialTLS(port int, certs ...tls.Certificate) *tlsPhone {
	c.Helper()
	d := &net.Dialer{Timeout: patience}
	conn, err := tls.DialWithDialer(d, "tcp", fmt.Sprint("127.0.0.1:", port), &tls.Config{RootCAs: c.tls.roots, Certificates: certs})
	if err != nil {
		return nil
	}
	c.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(patience))
	return &tlsPhone{conn: conn, in: bufio.NewReader(conn)}
}

func (p *tlsPhone) addr() string { return p.conn.LocalAddr().String() }

// message reads a message without a body; "" when the connection has ended.
func (p *tlsPhone) message() string {
	var text strings.Builder
	for {
		line, err := p.in.ReadString('\n')
		if err != nil {
			return ""
		}
		if text.WriteString(line); line == "\r\n" {
			return text.String()
		}
	}
}

// register sends a REGISTER, and again with credentials where it is challenged;
// the answer's code, "" for none.
func (p *tlsPhone) register(user, domain, password string) string {
	uri, aor := "sip:"+domain, "sip:"+user+"@"+domain
	authorization := ""
	for {
		p.n++
		fmt.Fprintf(p.conn, "REGISTER %s SIP/2.0\r\nVia: SIP/2.0/TLS %s;branch=z9hG4bK-%d;rport\r\nMax-Forwards: 70\r\nFrom: <%s>;tag=t\r\nTo: <%[4]s>\r\n"+
			"Call-ID: tls@%[2]s\r\nCSeq: %[3]d REGISTER\r\nContact: <sip:%[5]s@%[2]s;transport=tls>\r\n%[6]sContent-Length: 0\r\n\r\n",
			uri, p.addr(), p.n, aor, user, authorization)
		reply := p.message()
		if !strings.HasPrefix(reply, "SIP/2.0 401 ") || authorization != "" {
			return between(reply, "SIP/2.0 ", " ")
		}
		authorization = digest(user, between(reply, `realm="`, `"`), password, between(reply, `nonce="`, `"`), uri) + "\r\n"
	}
}

// overTLS registers an account on all kinds of connections.
func (c *scene) overTLS(user, domain, password string) {
	c.Helper()
	for _, row := range []struct {
		name  string
		port  int
		certs []tls.Certificate
		want  string
	}{
		{"no certificate", c.tls.open, nil, "200"},
		{"a certificate that nobody asks for", c.tls.open, []tls.Certificate{c.tls.stranger}, "200"},
		{"no certificate where one is needed", c.tls.strict, nil, ""},
		{"a certificate of a stranger", c.tls.strict, []tls.Certificate{c.tls.stranger}, ""},
		{"a certificate", c.tls.strict, []tls.Certificate{c.tls.client}, "200"},
	} {
		got := ""
		if p := c.dialTLS(row.port, row.certs...); p != nil {
			got = p.register(user, domain, password)
		}
		if got != row.want {
			c.Errorf("%s: the REGISTER is answered %q, want %q\n%s", row.name, got, row.want, c.server.LogTail())
		}
	}
}

// driveTLS: phones register over TLS and are called there.
func driveTLS(c *scene) {
	c.begin()
	c.overTLS("carl", c.local, "")
	p := c.dialTLS(c.tls.strict, c.tls.client)
	if p == nil {
		c.Fatal("no connection over TLS")
	}
	if got := p.register("bob", c.local, ""); got != "200" {
		c.Fatalf("REGISTER over TLS: %s", got)
	}
	heard := make(chan string, 1)
	go func() {
		request := p.message()
		fmt.Fprint(p.conn, replyTo(request, "603 Decline", p.addr()))
		heard <- request
	}()
	c.refused(here, "alice", c.local, "bob@"+c.local, "603")
	if request := <-heard; !strings.HasPrefix(request, "INVITE ") {
		c.Errorf("the phone on TLS hears %q", request)
	}
}
