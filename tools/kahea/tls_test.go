// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/siptest"
)

const tlsServerCfg = `
listen=tls:127.0.0.1:0
enable_tls=yes
tls_max_connections=20
tcp_connect_timeout=5
loadmodule "sl"
loadmodule "tls"
modparam("tls", "certificate", "server.pem")
request_route { sl_send_reply("200", "OK"); }
`

// startTLS starts a server with a certificate of its own.
func startTLS(t *testing.T) *daemon {
	t.Helper()
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: start, NotAfter: start.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	both := append(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})...)
	for name, text := range map[string][]byte{"server.pem": both, "tls.cfg": []byte(tlsServerCfg)} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	log := new(siptest.Log)
	d, err := startDaemon(dir, 1, []string{"-f", "tls.cfg"}, log)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	t.Cleanup(func() { d.Stop(context.Background()) })
	return d.(*daemon)
}

func (d *daemon) dialTLS(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", d.Addr("tls", false).String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// awaitConns waits until the server has so many connections.
func (d *daemon) awaitConns(t *testing.T, n int) {
	t.Helper()
	for began := time.Now(); d.transport.ConnCounts().Secure != n; time.Sleep(100 * time.Microsecond) {
		if time.Since(began) > patience {
			t.Fatalf("%d connections, want %d", d.transport.ConnCounts().Secure, n)
		}
	}
}

// ended tells whether the server has closed a connection without a word of its own but an alert.
func ended(c net.Conn) bool {
	buf := make([]byte, 100)
	for {
		if _, err := c.Read(buf); err != nil {
			return !os.IsTimeout(err)
		}
	}
}

// TestNoTLS: whoever does not speak TLS is sent away at once; whoever says nothing, or only the beginning of a greeting, when the time
// for connecting is over; and as long as they are there, no more than tls_max_connections are.
func TestNoTLS(t *testing.T) {
	d := startTLS(t)
	for _, text := range []string{"OPTIONS sip:x SIP/2.0\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "\x80\x2e\x01\x00\x02 an old greeting", "\x16\x03\x01\x00\x04\x01\xff\xff\xff", "\x16\x03\x01\x02\x00\x01\x00"} {
		c := d.dialTLS(t)
		c.Write([]byte(text))
		if len(text) == 7 { // more is to come
			d.awaitConns(t, 1)
			d.Advance(7 * time.Second)
		}
		if !ended(c) {
			t.Errorf("%q: the connection stays open", text)
		}
		d.awaitConns(t, 0)
	}
	var silent []net.Conn
	for range 20 {
		silent = append(silent, d.dialTLS(t))
	}
	d.awaitConns(t, 20)
	if c := d.dialTLS(t); !ended(c) {
		t.Error("one more than tls_max_connections was let in")
	}
	d.Advance(7 * time.Second)
	for _, c := range silent {
		if !ended(c) {
			t.Error("a silent connection stays open")
		}
	}
	d.awaitConns(t, 0)
	secure := tls.Client(d.dialTLS(t), &tls.Config{InsecureSkipVerify: true})
	if err := secure.Handshake(); err != nil {
		t.Errorf("after the flood: %v", err)
	}
}
