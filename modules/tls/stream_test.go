// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/transport"
)

// now is the time of these tests.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// authority signs certificates in a folder.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	made int64
}

func newAuthority(t *testing.T) *authority {
	a := &authority{dir: t.TempDir()}
	a.key, _ = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &a.key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	a.cert, _ = x509.ParseCertificate(der)
	a.write(t, "root.pem", "CERTIFICATE", der)
	return a
}

func (a *authority) write(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// issue makes a certificate, and NAME.pem and NAME.key of it.
func (a *authority) issue(t *testing.T, name string) tls.Certificate {
	t.Helper()
	a.made++
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	c := &x509.Certificate{SerialNumber: big.NewInt(a.made + 1), Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, _ := x509.MarshalPKCS8PrivateKey(key)
	a.write(t, name+".pem", "CERTIFICATE", der)
	a.write(t, name+".key", "PRIVATE KEY", keyDER)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func (a *authority) revoke(t *testing.T, serial int64) *x509.RevocationList {
	t.Helper()
	der, err := x509.CreateRevocationList(rand.Reader, &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: now.Add(-time.Hour), NextUpdate: now.Add(time.Hour),
		RevokedCertificateEntries: []x509.RevocationListEntry{{SerialNumber: big.NewInt(serial), RevocationTime: now}}}, a.cert, a.key)
	if err != nil {
		t.Fatal(err)
	}
	list, err := x509.ParseRevocationList(der)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// server is a module that serves one profile.
func server(t *testing.T, a *authority, at attributes) *TLS {
	t.Helper()
	m := New()
	m.log = slog.New(slog.DiscardHandler)
	at.certificate, at.key, at.method, at.depth = "server.pem", "server.key", defaultMethod, 9
	ps := &profiles{}
	ps.complete(at, attributes{method: defaultMethod, depth: 9})
	l := &loader{configDir: a.dir, now: func() time.Time { return now }, log: m.log}
	if err := l.load(ps); err != nil {
		t.Fatal(err)
	}
	m.current.Store(ps)
	return m
}

// dial makes a connection to the server and returns both ends, or what the server
// has against it; then goes on with the client's.
func dial(t *testing.T, m *TLS, client *tls.Config, then ...func(c *tls.Conn)) (tls.ConnectionState, *secured, error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	type answer struct {
		conn net.Conn
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		nc, err := ln.Accept()
		if err == nil {
			if nc, err = m.accept(nc, &transport.Socket{}); err == nil {
				nc.Write([]byte("hello"))
			}
		}
		answers <- answer{nc, err}
	}()
	raw, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { raw.Close() })
	c := tls.Client(raw, client)
	c.Read(make([]byte, 5)) // the tickets of TLS 1.3 come with it
	a := <-answers
	if a.err != nil {
		return tls.ConnectionState{}, nil, a.err
	}
	t.Cleanup(func() { a.conn.Close() })
	for _, f := range then {
		go f(c)
	}
	return c.ConnectionState(), a.conn.(*secured), nil
}

func TestResumedSessionsAreVerified(t *testing.T) {
	for name, version := range map[string]uint16{"TLS 1.2": tls.VersionTLS12, "TLS 1.3": tls.VersionTLS13} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t)
			a.issue(t, "server")
			pair := a.issue(t, "client") // 3
			m := server(t, a, attributes{verify: true, require: true, caList: "root.pem"})
			client := &tls.Config{InsecureSkipVerify: true, Certificates: []tls.Certificate{pair}, ClientSessionCache: tls.NewLRUClientSessionCache(1), MaxVersion: version,
				ServerName: "x", Time: func() time.Time { return now }}
			for _, resumed := range []bool{false, true} {
				state, s, err := dial(t, m, client)
				if err != nil || state.DidResume != resumed {
					t.Fatalf("resumed %t, %v", state.DidResume, err)
				}
				if s.fault != nil || s.peer() == nil || s.peer().Subject.CommonName != "client" {
					t.Errorf("resumed %t: the peer is %v, %v", resumed, s.peer(), s.fault)
				}
			}
			p := m.current.Load().defaultServer
			p.crls = append(p.crls, a.revoke(t, 3))
			if state, _, err := dial(t, m, client); err == nil {
				t.Errorf("a revoked certificate was let in, resumed %t", state.DidResume)
			}
		})
	}
}

func TestSessionsEndWithTheirProfile(t *testing.T) {
	a := newAuthority(t)
	a.issue(t, "server")
	client := &tls.Config{InsecureSkipVerify: true, ClientSessionCache: tls.NewLRUClientSessionCache(1), ServerName: "x", Time: func() time.Time { return now }}
	m := server(t, a, attributes{})
	dial(t, m, client)
	if state, _, err := dial(t, m, client); err != nil || !state.DidResume {
		t.Fatalf("not resumed, %v", err)
	}
	m.current.Store(server(t, a, attributes{}).current.Load())
	if state, _, err := dial(t, m, client); err != nil || state.DidResume {
		t.Errorf("resumed under other profiles, %v", err)
	}
}

func TestTicketKeysAreRenewed(t *testing.T) {
	var k tickets
	at := now
	c := &tls.Config{Time: func() time.Time { return at }}
	k.renew(c)
	first := k.keys[0]
	at = at.Add(ticketLife - time.Second)
	if k.renew(c); k.keys[0] != first {
		t.Error("renewed too early")
	}
	at = at.Add(time.Second)
	if k.renew(c); k.keys[0] == first || len(k.keys) != 2 || k.keys[1] != first {
		t.Error("the old key is to open what it made")
	}
	at = at.Add(2 * ticketLife)
	if k.renew(c); len(k.keys) != 1 {
		t.Errorf("%d keys after a long time", len(k.keys))
	}
}

func TestFarewell(t *testing.T) {
	for _, send := range []int64{0, 1} {
		a := newAuthority(t)
		a.issue(t, "server")
		m := server(t, a, attributes{})
		m.closeNotify.Set(send)
		end := make(chan int, 1)
		_, s, err := dial(t, m, &tls.Config{InsecureSkipVerify: true, Time: func() time.Time { return now }}, func(c *tls.Conn) {
			last, _ := io.ReadAll(c.NetConn())
			end <- len(last)
		})
		if err != nil {
			t.Fatal(err)
		}
		s.Close()
		if n := <-end; (n > 0) != (send == 1) {
			t.Errorf("send_close_notify %d: %d bytes before the end", send, n)
		}
	}
}
