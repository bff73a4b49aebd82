// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/digest"
)

// connections makes a module with connections.
func connections(t *testing.T, texts ...string) *Client {
	t.Helper()
	m := New()
	for _, text := range texts {
		if err := m.declare(text); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range m.connections {
		if err := c.prepare(); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// ask sends a request over a connection.
func ask(t *testing.T, m *Client, name string, r request) answer {
	t.Helper()
	if r.method = http.MethodGet; r.post {
		r.method = http.MethodPost
	}
	a, err := m.connect(context.Background(), m.connections[name], r)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// page is a server with what connections meet.
func page(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/basic":
		if u, p, _ := r.BasicAuth(); u != "me" || p != "se:cret" {
			w.Header().Add("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(401)
		}
	case "/digest":
		c, err := digest.ParseCredentials(r.Header.Get("Authorization"))
		if err != nil || c.URI != r.URL.RequestURI() || !c.Check(c.Algorithm.HA1("me", "x", "se:cret"), r.Method, "") {
			w.Header().Add("WWW-Authenticate", `Digest realm="x", nonce="n", qop="auth", algorithm=SHA-256`)
			w.WriteHeader(401)
		}
	case "/moved":
		http.Redirect(w, r, "/there", http.StatusFound)
	case "/loop":
		http.Redirect(w, r, "/loop", http.StatusFound)
	case "/broken":
		w.WriteHeader(503)
	case "/cut":
		panic(http.ErrAbortHandler)
	case "/slow":
		<-r.Context().Done()
	}
	body, _ := io.ReadAll(r.Body)
	_, _ = io.WriteString(w, r.Method+" "+r.URL.Path+" "+r.Header.Get("Content-Type")+" "+string(body)+" "+r.Host)
}

func TestConnections(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(page))
	defer s.Close()
	host := strings.TrimPrefix(s.URL, "http://")
	m := connections(t, "a=>"+s.URL, "user=>http://me:se%3acret@"+host, "basic=>http://me:se%3acret@"+host+";authmethod=1", "wrong=>http://me:x@"+host,
		"stay=>"+s.URL+";httpredirect=0", "follow=>"+s.URL+"/;httpredirect=1", "small=>"+s.URL+";maxdatasize=4", "slow=>"+s.URL+";timeout=1",
		"broken=>"+s.URL+"/broken;failover=dead", "dead=>http://127.0.0.1:1;failover=follow", "ring=>http://127.0.0.1:1;failover=ring", "over=>http://127.0.0.1:1;httpproxy="+s.URL)
	for _, test := range []struct {
		name string
		r    request
		code int64
		body string
	}{
		{"a", request{}, 200, "GET /  "}, {"a", request{url: "/p", post: true, kind: "text/plain", body: "data"}, 200, "POST /p text/plain data "},
		{"a", request{url: "p", post: true, body: "data"}, 200, "POST /p " + usualType + " data "},
		{"a", request{url: "/p", headers: "Host: other\r\nContent-Type: a/b\r\n\r\n"}, 200, "GET /p a/b  other"},
		{"a", request{url: "basic"}, 401, ""}, {"user", request{url: "basic"}, 200, "GET /basic"}, {"wrong", request{url: "basic"}, 401, ""},
		{"user", request{url: "digest?q=1", post: true, body: "data"}, 200, "POST /digest " + usualType + " data "},
		{"basic", request{url: "digest"}, 401, ""}, {"wrong", request{url: "digest"}, 401, ""},
		{"stay", request{url: "moved"}, 302, ""}, {"a", request{url: "moved"}, 200, "GET /there"}, {"follow", request{url: "moved"}, 200, "GET /there"}, {"follow", request{url: "loop"}, int64(tooManyRedirects), ""},
		{"small", request{}, 200, "GET "}, {"slow", request{url: "slow"}, int64(timeOut), ""}, {"a", request{url: "cut"}, int64(noReply), ""},
		{"broken", request{}, 200, "GET / "}, {"ring", request{}, int64(noConnection), ""}, {"over", request{url: "x"}, 200, "GET /x   127.0.0.1:1"},
	} {
		a := ask(t, m, test.name, test.r)
		if a.code != test.code || !strings.HasPrefix(a.body, test.body) || test.name == "small" && a.body != test.body {
			t.Errorf("%s %+v: %d %q, want %d %q", test.name, test.r, a.code, a.body, test.code, test.body)
		}
	}
	if got := m.connections["follow"].last; got != s.URL+"/" {
		t.Errorf("the last URL is %q", got)
	}
	ask(t, m, "follow", request{url: "moved"})
	if got := m.connections["follow"].last; got != s.URL+"/there" {
		t.Errorf("the last URL is %q", got)
	}
}

func TestSecure(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(page))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // handshakes that fail
	s.StartTLS()
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(strings.TrimPrefix(s.URL, "https://"), ":")
	plain := httptest.NewServer(http.HandlerFunc(page))
	defer plain.Close()
	m := connections(t, "unknown=>"+s.URL, "any=>"+s.URL+";verify_peer=0", "known=>"+s.URL+";cacert="+file, "name=>https://localhost:"+port+";cacert="+file,
		"noname=>https://localhost:"+port+";verify_host=0;cacert="+file, "stranger=>"+s.URL+";verify_host=0", "plain=>https"+strings.TrimPrefix(plain.URL, "http"))
	for name, want := range map[string]int64{"unknown": int64(badCertificate), "any": 200, "known": 200, "name": int64(badCertificate), "noname": 200,
		"stranger": int64(badCertificate), "plain": int64(secureFailed)} {
		if a := ask(t, m, name, request{}); a.code != want {
			t.Errorf("%s: %d, want %d", name, a.code, want)
		}
	}
}

// TestWritten tells that the text of a script is no second header field.
func TestWritten(t *testing.T) {
	m := connections(t, "a=>http://127.0.0.1:1")
	for _, r := range []request{{headers: "no colon"}, {headers: ": x"}, {headers: "a b: x"}, {headers: "A: x\x00"}, {headers: "A: x\ry: z"},
		{post: true, kind: "text/plain\r\nX: y"}} {
		r.method = http.MethodGet
		if a, err := m.connect(context.Background(), m.connections["a"], r); err == nil {
			t.Errorf("%+v is sent: %+v", r, a)
		}
	}
}

func TestDeclare(t *testing.T) {
	for _, text := range []string{"", "a", "=>http://x", "a=>", "a=>x", "a=>ftp://x", "a=>http://", "a=>http://x;nothing=1", "a=>http://x;timeout=a", "a=>http://x;timeout=-1",
		"a=>http://x;tlsversion=3", "a=>http://[", "a=>http://x;verify_peer=2", "a=>http://x;authmethod=4", "a=>http://x;timeout=99999999"} {
		if err := New().declare(text); err == nil {
			t.Errorf("%q is a connection", text)
		}
	}
	m := New()
	if m.declare("a=>http://x") != nil || m.declare("a=>http://y") == nil {
		t.Error("a name stands for two connections")
	}
	if m = connections(t, "a=>http://x;failover=b"); m.Prepare(nil) == nil {
		t.Error("a failover that is not there is taken")
	}
	for _, text := range []string{"a=>http://x;cacert=/nothing", "a=>http://x;client_cert=/nothing", "a=>http://x;httpproxy=x", "a=>http://x;useragent=x\r\ny: z"} {
		m := New()
		if err := m.declare(text); err != nil {
			t.Fatal(err)
		}
		if m.connections["a"].prepare() == nil {
			t.Errorf("%s works", text)
		}
	}
}

func FuzzDeclare(f *testing.F) {
	f.Add("a=>http://u:p@host:80/path;timeout=3;failover=b; useragent=x")
	f.Fuzz(func(t *testing.T, text string) {
		m := New()
		if m.declare(text) == nil && (len(m.connections) != 1 || m.connections[m.declared[0]].base == "") {
			t.Errorf("%q makes %v", text, m.connections)
		}
	})
}

func FuzzBuild(f *testing.F) {
	f.Add("http://host/path", "A: b\r\nContent-Type: c", "text/plain", "data")
	c := &connection{}
	f.Fuzz(func(t *testing.T, url, headers, kind, body string) {
		q, bad, err := c.build(context.Background(), &request{method: http.MethodPost, post: true, url: url, headers: headers, kind: kind, body: body})
		if err != nil || bad != 0 {
			return
		}
		if q.URL.Host == "" || q.ContentLength != int64(len(body)) {
			t.Errorf("%q makes %+v", url, q)
		}
		for name, values := range q.Header {
			for _, v := range values {
				if strings.ContainsAny(name+v, "\r\n\x00") {
					t.Errorf("%q: %q of %q %q", name, v, headers, kind)
				}
			}
		}
	})
}
