// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// setting is a modparam line.
type setting struct {
	name  string
	value any
}

// with makes a module with a connection "a" to a server, as a script with these lines
// does.
func with(t *testing.T, url string, lines ...setting) *Client {
	t.Helper()
	m := New()
	for _, l := range lines {
		assign(t, m, l)
	}
	if err := m.declare("a=>" + url); err != nil {
		t.Fatal(err)
	}
	if err := m.connections["a"].prepare(); err != nil {
		t.Fatal(err)
	}
	return m
}

func assign(t *testing.T, m *Client, l setting) {
	t.Helper()
	for _, p := range m.params() {
		if p.Name != l.name {
			continue
		}
		switch to := p.Set.(type) {
		case *int:
			*to = l.value.(int)
		case *string:
			*to = l.value.(string)
		case func(int) error:
			if err := to(l.value.(int)); err != nil {
				t.Fatal(err)
			}
		}
		return
	}
	t.Fatalf("there is no parameter %s", l.name)
}

// TestParameters: each parameter is that of the connections that follow it.
func TestParameters(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/agent" {
			_, _ = io.WriteString(w, r.UserAgent())
			return
		}
		page(w, r)
	}))
	defer s.Close()
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "http://"), ":")
	number, err := strconv.Atoi(port)
	if err != nil {
		t.Fatal(err)
	}
	user := "http://me:se%3acret@" + strings.TrimPrefix(s.URL, "http://")
	for _, row := range []struct {
		lines []setting
		url   string
		path  string
		code  int64
		body  string
	}{
		{[]setting{{"useragent", "thing/1"}}, s.URL, "agent", 200, "thing/1"},
		{[]setting{{"maxdatasize", 4}}, s.URL, "x", 200, "GET "},
		{nil, s.URL, "moved", 200, "GET /there   " + strings.TrimPrefix(s.URL, "http://")},
		{[]setting{{"httpredirect", 0}}, s.URL, "moved", 302, ""},
		{nil, user, "digest", 200, "GET /digest   " + strings.TrimPrefix(s.URL, "http://")},
		{[]setting{{"authmethod", authBasic}}, user, "digest", 401, ""},
		{[]setting{{"authmethod", authDigest}}, user, "basic", 401, ""},
		{[]setting{{"httpproxy", s.URL}}, "http://127.0.0.1:1", "x", 200, "GET /x   127.0.0.1:1"},
		{[]setting{{"httpproxy", "http://127.0.0.1:1"}, {"httpproxyport", number}}, "http://127.0.0.1:1", "x", 200, "GET /x   127.0.0.1:1"},
	} {
		a := ask(t, with(t, row.url, row.lines...), "a", request{url: row.path})
		if a.code != row.code || row.body != "" && a.body != row.body {
			t.Errorf("%v: %s is %d %q, want %d %q", row.lines, row.path, a.code, a.body, row.code, row.body)
		}
	}
}

func TestConnectionTimeout(t *testing.T) {
	for seconds, want := range map[int]time.Duration{0: usualTimeout, 7: 7 * time.Second} {
		if got := with(t, "http://127.0.0.1:1", setting{"connection_timeout", seconds}).connections["a"].client.Timeout; got != want {
			t.Errorf("connection_timeout %d: %v, want %v", seconds, got, want)
		}
	}
	if got := with(t, "http://127.0.0.1:1").connections["a"].client.Timeout; got != 4*time.Second {
		t.Errorf("without connection_timeout: %v, want Kamailio's 4 s", got)
	}
}

// TestKeepConnections counts the connections of two requests.
func TestKeepConnections(t *testing.T) {
	for keep, want := range map[int]int64{0: 2, 1: 1} {
		var opened atomic.Int64
		s := httptest.NewUnstartedServer(http.HandlerFunc(page))
		s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				opened.Add(1)
			}
		}
		s.Start()
		m := with(t, s.URL, setting{"keep_connections", keep})
		ask(t, m, "a", request{})
		ask(t, m, "a", request{})
		m.connections["a"].client.CloseIdleConnections()
		s.Close()
		if got := opened.Load(); got != want {
			t.Errorf("keep_connections %d: %d connections, want %d", keep, got, want)
		}
	}
}

// TestSecureParameters: a server of TLS 1.1 at most that wants a certificate.
func TestSecureParameters(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(page))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	defer s.Close()
	own := s.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert, private := file("cert.pem", "CERTIFICATE", own.Certificate[0]), file("key.pem", "PRIVATE KEY", key)
	all := []setting{{"tlsversion", 5}, {"client_cert", cert}, {"client_key", private}, {"cacert", cert}}
	named := strings.Replace(s.URL, "127.0.0.1", "localhost", 1)
	for _, row := range []struct {
		name  string
		lines []setting
		url   string
		ok    bool
	}{
		{"all of them", all, s.URL, true},
		{"a version that the server has not", append(all[1:4:4], setting{"tlsversion", 6}), s.URL, false},
		{"no certificate for the server", []setting{all[0], all[3]}, s.URL, false},
		{"no certificate of an authority", all[:3], s.URL, false},
		{"no certificate of an authority, verify_peer 0", append(all[:3:3], setting{"verify_peer", 0}), s.URL, true},
		{"another name", all, named, false},
		{"another name, verify_host 0", append(all[:4:4], setting{"verify_host", 0}), named, true},
	} {
		if a := ask(t, with(t, row.url, row.lines...), "a", request{}); (a.code == 200) != row.ok {
			t.Errorf("%s: %d", row.name, a.code)
		}
	}
}

// TestCipherSuites: a server of TLS 1.2 and one cipher suite.
func TestCipherSuites(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(page))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail
	s.TLS = &tls.Config{MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}, NextProtos: []string{"http/1.1"}}
	s.StartTLS()
	defer s.Close()
	for list, want := range map[string]int64{
		"": 200, "ECDHE-RSA-AES128-SHA": 200, "HIGH:!AESGCM": 200, "rsa_aes_128_gcm_sha_256,ecdhe_rsa_aes_128_sha": 200,
		"ecdhe_ecdsa_aes_128_gcm_sha_256,rsa_aes_128_gcm_sha_256": 35, "AESGCM": 35, "HIGH:!ECDHE-RSA-AES128-SHA": 35,
	} {
		if got := ask(t, with(t, s.URL, setting{"cipher_suites", list}, setting{"verify_peer", 0}), "a", request{}); got.code != want {
			t.Errorf("cipher_suites %q: %d, want %d", list, got.code, want)
		}
	}
	m := New()
	if err := m.declare("a=>https://127.0.0.1:1;cipher_suites=nothing"); err != nil {
		t.Fatal(err)
	}
	if err := m.connections["a"].prepare(); err == nil {
		t.Error("a list that leaves no cipher suite is taken")
	}
}
