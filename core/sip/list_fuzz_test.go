// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"strings"
	"testing"
)

// FuzzParseContact: what parses prints, and parses to the same.
func FuzzParseContact(f *testing.F) {
	for _, s := range []string{"*", `"A \" B" <sip:a@b;x>;q=0.5;expires=60;+sip.instance="<urn:x>";reg-id=1`, "sip:a@b;methods=\"INVITE,BYE\"", "<sip:a@b", ";q=", "tel:1;received=\"sip:1\""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		c, err := ParseContact(s)
		if err != nil || c.Star {
			return
		}
		if c.Q != QUnset && (c.Q < 0 || c.Q > 1000) {
			t.Fatalf("%q: q is %d", s, c.Q)
		}
		if strings.ContainsAny(c.URI, "<>") {
			return
		}
		printed := "<" + c.URI + ">;" + string(c.Params)
		again, err := ParseContact(printed)
		if err != nil || again.URI != c.URI || again.Q != c.Q || again.Expires != c.Expires || again.Methods != c.Methods ||
			again.RegID != c.RegID || again.Instance != c.Instance || again.Received != c.Received {
			t.Fatalf("%q printed as %q: %+v, %v; want %+v", s, printed, again, err, c)
		}
	})
}

// FuzzParams: the parameters of a list are parts of it, and each is found by
// its name.
func FuzzParams(f *testing.F) {
	for _, s := range []string{"lr;transport=tcp;r2=on", ";;a = \"x;y\" ;b", "a=<;>;c", "\"", "=;=x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		length := 0
		for p, rest, ok := Params(s).Next(); ok; p, rest, ok = rest.Next() {
			length += len(p.Name) + len(p.Value)
			if !Params(s).Has(p.Name) {
				t.Fatalf("%q has no %q", s, p.Name)
			}
			if len(rest) >= len(s) {
				t.Fatalf("%q does not end", s)
			}
		}
		if length > len(s) {
			t.Fatalf("%q has %d bytes of parameters", s, length)
		}
		length = 0
		for v, rest, ok := NextListValue(s); ok; v, rest, ok = NextListValue(rest) {
			if length += len(v); v == "" || length > len(s) {
				t.Fatalf("%q: bad value %q", s, v)
			}
		}
	})
}

// FuzzWords reads what short texts there are: methods, numbers, q values, hosts, names of headers.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"INVITE,BYE", "4294967296", "0.5", "1.001", "[::1]", "[fe80::1%25eth0]", "127.0.0.1", "v", "Record-Route", "UDP"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		ParseMethods(s, ", ")
		ParseHostAddr(s)
		ParseTransport(s)
		if n, ok := ParseUint(s); ok && strings.TrimLeft(s, "0") != "" && string(appendUint(nil, uint64(n))) != strings.TrimLeft(s, "0") {
			t.Errorf("%q is read as %d", s, n)
		}
		if q, ok := ParseQ(s); ok {
			if again, ok := ParseQ(string(AppendQ(nil, q))); !ok || again != q {
				t.Errorf("%q is read as %d, its text as %d", s, q, again)
			}
		}
		if m := ParseMethod(s); m != MethodOther && m != 0 && m.String() != s {
			t.Errorf("%q is read as %v", s, m)
		}
		ParseHeaderType(s)
	})
}
