// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{"grün": "grün", "a\x1b[31mb\x00": `a\x1b[31mb\x00`, "\u0085": `\u0085`} {
		if got := printable(text); got != want {
			t.Errorf("printable(%q) is %q, want %q", text, got, want)
		}
	}
}

func TestMethodOf(t *testing.T) {
	for text, want := range map[string]string{
		"MESSAGE sip:a@b SIP/2.0\r\nCSeq: 1 MESSAGE\r\n\r\n": "MESSAGE",
		"NEW sip:a@b SIP/2.0\r\nCSeq: 1 NEW\r\n\r\n":         "NEW",
		"SIP/2.0 200 OK\r\nCSeq: 1 MESSAGE\r\n\r\n":          "MESSAGE",
		"SIP/2.0 200 OK\r\n\r\n":                             "",
	} {
		var m sip.Message
		if err := m.Parse([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got := methodOf(&m); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
