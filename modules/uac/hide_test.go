// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/sip"
)

// The values are those that Kamailio 5.6.3 put into Record-Route.
func TestHide(t *testing.T) {
	for _, row := range []struct{ came, left, password, hidden string }{
		{"sip:alice@one.example.org", "sip:anon@three.example.org", "", "AAAAAAACBg0lNAccAEtLHRkMHRwJS0EdFWc-"},
		{"sip:bob@two.example.org", "sip:x@y", "", "AAAAABovG0B0d28uZXhhbXBsZS5vcmc-"},
		{"sip:azzzz@b", "sip:aEzzD@d", "", "AAAAAAA/AAA+AAY-"},
		{"sip:a@b", "sip:c@d", "", "AAAAAAIABg--"},
		{"sip:alice@one.example.org", "sip:anon@three.example.org", "secret word", "c2VjcmV2JnpKRmNvZSg5eG0sanN7LzJ4dhU-"},
		{"sip:bob@two.example.org", "sip:x@y", "secret word", "c2Vjcn9bOzcbBQtdABsTCARMEkEdFhQ-"},
	} {
		if got := string(hide(nil, row.came, row.left, row.password)); got != row.hidden {
			t.Errorf("%s and %s: got %s, want %s", row.came, row.left, got, row.hidden)
		}
		for from, to := range map[string]string{row.came: row.left, row.left: row.came} {
			if got, ok := reveal([]byte("x"), row.hidden, from, row.password); !ok || string(got) != "x"+to {
				t.Errorf("%s behind %s: got %s, %v, want %s", row.hidden, from, got, ok, to)
			}
		}
	}
}

func TestRevealRefuses(t *testing.T) {
	for _, row := range []struct{ hidden, uri string }{
		{"AAAA", "sip:alice@one.example.org"}, // shorter than the URI
		{"!!!!", "sip:a"},
		{"AAAAAAIABg==", "sip:a@b"},
		{string(hide(nil, "sip:a@b", "sip:a@b>;tag=x", "")), "sip:a@b"},
		{string(hide(nil, "sip:a@b", "sip:a@b\r\nX: y", "")), "sip:a@b"},
		{string(hide(nil, "sip:a@b", "", "")), "sip:a@b"},
		{strings.Repeat("A", maxHidden+4), "sip:a@b"},
	} {
		if got, ok := reveal(nil, row.hidden, row.uri, ""); ok {
			t.Errorf("%s behind %s gives %q", row.hidden, row.uri, got)
		}
	}
}

// FuzzReveal: no bytes of a peer make it panic or give what breaks a header; what
// was hidden is revealed.
func FuzzReveal(f *testing.F) {
	f.Add("AAAAAAIABg--", "sip:a@b", "")
	f.Add("c2VjcmV2JnpKRmNvZSg5eG0sanN7LzJ4dhU-", "sip:alice@one.example.org", "secret word")
	f.Fuzz(func(t *testing.T, hidden, uri, password string) {
		if got, ok := reveal(nil, hidden, uri, password); ok && (!printable(string(got)) || len(got) == 0) {
			t.Fatalf("%q behind %q gives %q", hidden, uri, got)
		}
		if !printable(hidden) || !printable(uri) || strings.ContainsRune(hidden+uri, 0) || hidden == "" {
			return
		}
		if len(hidden) > 1000 || len(uri) > 1000 {
			return
		}
		if got, ok := reveal(nil, string(hide(nil, uri, hidden, password)), uri, password); !ok || string(got) != hidden {
			t.Fatalf("%q and %q: %q, %v", uri, hidden, got, ok)
		}
	})
}

func TestHead(t *testing.T) {
	for in, want := range map[string]string{
		`"A \" <B>" <sip:a@b>;tag=1`: `"A \" <B>" <sip:a@b>`,
		`<sip:a@b;x=y>;tag=1`:        `<sip:a@b;x=y>`,
		`sip:a@b;tag=1`:              `sip:a@b`,
		`A B  < sip:a@b >;x=">"`:     `A B  < sip:a@b >`,
	} {
		a, err := sip.ParseNameAddr(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := head(&a); got != want {
			t.Errorf("%s: got %s, want %s", in, got, want)
		}
	}
}
