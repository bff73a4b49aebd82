// SPDX-License-Identifier: Apache-2.0

package http_client

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
)

// loopback is the name of the interface that has 127.0.0.1.
func loopback(t *testing.T) string {
	t.Helper()
	all, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range all {
		if i.Flags&net.FlagLoopback != 0 {
			return i.Name
		}
	}
	t.Fatal("there is no loopback interface")
	return ""
}

// TestNetInterface: a server sees which address it is asked from.
func TestNetInterface(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		_, _ = io.WriteString(w, host)
	}))
	defer s.Close()
	for name, want := range map[string]answer{
		"":          {200, "127.0.0.1"},
		"127.0.0.3": {200, "127.0.0.3"},
		loopback(t): {200, "127.0.0.1"},
		"192.0.2.1": {code: 45},
		"nowhere0":  {code: 45},
		"::1":       {code: 7},
		"0.0.0.0":   {200, "127.0.0.1"},
	} {
		if got := ask(t, with(t, s.URL, setting{"netinterface", name}), "a", request{}); got != want {
			t.Errorf("netinterface %q: %v, want %v", name, got, want)
		}
	}
	if got := code(45).String(); got != "Failed binding local connection end" {
		t.Errorf("45 is %q", got)
	}
}
