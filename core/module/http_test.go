// SPDX-License-Identifier: Apache-2.0

package module

import (
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

func TestLastRequestOfAConnection(t *testing.T) {
	for text, want := range map[string]bool{
		"GET / HTTP/1.1\r\n\r\n":                                                false,
		"GET / HTTP/1.1\r\nConnection: close\r\n\r\n":                           true,
		"GET / HTTP/1.1\r\nConnection: Upgrade, CLOSE\r\n\r\n":                  true,
		"GET / HTTP/1.1\r\nConnection: Upgrade\r\nconnection: close\r\n\r\n":    true,
		"GET / HTTP/1.0\r\n\r\n":                                                true,
		"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n":                      false,
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n": true,
	} {
		var m sip.Message
		if err := m.Parse([]byte(text)); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if got := lastOf(&m); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestOneLine(t *testing.T) {
	for text, want := range map[string]string{"a b": "a b", "a\r\nX: y": "a", "\n": "", "": ""} {
		if got := oneLine(text); got != want {
			t.Errorf("%q: got %q", text, got)
		}
	}
}
