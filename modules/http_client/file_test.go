// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestFile: a connection of the file is used as the file says, and else as the
// parameters do.
func TestFile(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		if user == "" {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, r.URL.Path+" "+r.UserAgent()+" "+user+" "+password)
	}))
	defer s.Close()
	m := New()
	m.common.maxData = 22
	text := "[b]\nurl = http://you:secret@192.0.2.1/\n[a]\nurl = " + s.URL + "/api\nuseragent = \"file/1\"\nusername = me\npassword=pw\nclient_cert=\"\"\n"
	if line, err := m.parseFile(text, func(name string) string { return name }); err != nil {
		t.Fatal(line, err)
	}
	if b := m.connections["b"]; b.base != "http://192.0.2.1/" || b.user != "you" || b.password != "secret" {
		t.Errorf("got %q, %q, %q of a URL with a password", b.base, b.user, b.password)
	}
	if err := m.connections["a"].prepare(); err != nil {
		t.Fatal(err)
	}
	if got, want := ask(t, m, "a", request{url: "x"}), (answer{200, "/api/x file/1 me pw"}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzFile(f *testing.F) {
	f.Add("[a]\nurl=http://h\ntlsversion=TLSv1.1\n#\n[b]\nurl=https://h\nverify_host=no\n")
	f.Add("[a\n=")
	f.Fuzz(func(t *testing.T, text string) {
		m := New()
		if _, err := m.parseFile(text, func(name string) string { return name }); err != nil {
			return
		}
		for name, c := range m.connections {
			if name == "" || c.base == "" {
				t.Errorf("connection %q has the URL %q", name, c.base)
			}
		}
	})
}
