// SPDX-License-Identifier: Apache-2.0

package sip

import "testing"

func TestParseNameAddr(t *testing.T) {
	tests := []struct {
		name, text           string
		display, uri, params string
		bracketed, bad       bool
	}{
		{name: "brackets", text: "<sip:a@b>", uri: "sip:a@b", bracketed: true},
		{name: "quoted display", text: `"A. \"B\" <c>" <sip:a@b;lr>;tag=1;x`, display: `"A. \"B\" <c>"`, uri: "sip:a@b;lr", params: "tag=1;x", bracketed: true},
		{name: "token display", text: "Bob Smith <sip:a@b> ; tag=1", display: "Bob Smith", uri: "sip:a@b", params: " tag=1", bracketed: true},
		{name: "no space before the bracket", text: "caller<sip:a@b>;tag=3", display: "caller", uri: "sip:a@b", params: "tag=3", bracketed: true},
		{name: "bare", text: "sip:a@b;tag=1", uri: "sip:a@b", params: "tag=1"},
		{name: "bare with a quoted bracket", text: `sip:a@b;x="<y>"`, uri: "sip:a@b", params: `x="<y>"`},
		{name: "folded", text: "\"A\"\r\n <sip:a@b>\r\n ;tag=1", display: `"A"`, uri: "sip:a@b", params: "tag=1", bracketed: true},
		{name: "bracket in a parameter", text: `<sip:a@b>;p="<sip:c>"`, uri: "sip:a@b", params: `p="<sip:c>"`, bracketed: true},
		{name: "blanks in the brackets", text: "< sip:a@b >", uri: "sip:a@b", bracketed: true},
		{name: "empty", text: "", bad: true},
		{name: "only blanks in the brackets", text: "< >", bad: true},
		{name: "no end of quote", text: `"Mr. J. User <sip:j.user@example.com>`, bad: true},
		{name: "quote without address", text: `"a" sip:x@y`, bad: true},
		{name: "no end of bracket", text: "<sip:a@b", bad: true},
		{name: "nothing in brackets", text: "<>", bad: true},
		{name: "text behind", text: "<sip:a@b> x", bad: true},
		{name: "only parameters", text: ";tag=1", bad: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a, err := ParseNameAddr(tt.text)
			if (err != nil) != tt.bad {
				t.Fatalf("err %v", err)
			}
			if err == nil && (a.Display != tt.display || a.URI != tt.uri || string(a.Params) != tt.params || a.Bracketed != tt.bracketed) {
				t.Errorf("got %+v", a)
			}
		})
	}
}

func TestFromTo(t *testing.T) {
	m := mustParse(t, invite)
	from, err := m.From()
	if err != nil || from.DisplayName() != "Alice" || from.Tag() != "9fxced76sl" || m.FromTag() != "9fxced76sl" {
		t.Errorf("From %+v, %v", from, err)
	}
	if m.ToTag() != "" {
		t.Errorf("To tag %q", m.ToTag())
	}
	u, err := m.ToURI()
	if err != nil || u.User != "bob" {
		t.Errorf("To URI %+v, %v", u, err)
	}
	if u, err := m.RURI(); err != nil || u.Host != "biloxi.example.com" {
		t.Errorf("Request-URI %+v, %v", u, err)
	}
	m = mustParse(t, "OPTIONS x SIP/2.0\r\nFrom: <\r\n\r\n")
	if _, err := m.From(); err != ErrFrom {
		t.Errorf("bad From: %v", err)
	}
	if _, err := m.FromURI(); err != ErrFrom {
		t.Errorf("URI of bad From: %v", err)
	}
	if _, err := m.To(); err != ErrAbsent {
		t.Errorf("no To: %v", err)
	}
	if _, err := m.ToURI(); err != ErrAbsent {
		t.Errorf("URI of no To: %v", err)
	}
	if _, err := m.RURI(); err != ErrURIScheme {
		t.Errorf("bad Request-URI: %v", err)
	}
}

func TestRoutes(t *testing.T) {
	m := mustParse(t, requestWith("Route: <sip:a;lr>, \"x,y\" <sip:b;lr>;p=1\r\nRecord-Route: <sip:c>\r\nRoute: <sip:d>\r\nPath: <sip:e>\r\n"))
	routes, err := m.Routes()
	if err != nil || len(routes) != 3 || routes[1].URI != "sip:b;lr" || routes[2].URI != "sip:d" || routes[2].Header != m.Last(HeaderRoute) {
		t.Errorf("routes %+v, %v", routes, err)
	}
	if rr, err := m.RecordRoutes(); err != nil || len(rr) != 1 || rr[0].URI != "sip:c" {
		t.Errorf("record routes %+v, %v", rr, err)
	}
	if p, err := m.PathValues(); err != nil || len(p) != 1 || p[0].URI != "sip:e" {
		t.Errorf("path %+v, %v", p, err)
	}
	m = mustParse(t, requestWith("Route: <sip:a;lr>, <sip:b\r\n"))
	if routes, err := m.Routes(); err != ErrRoute || len(routes) != 1 {
		t.Errorf("bad route: %+v, %v", routes, err)
	}
}

func FuzzParseNameAddr(f *testing.F) {
	for _, s := range []string{`"a" <sip:b@c>;tag=x`, "sip:a;b=c", "A B <tel:1>", "*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseNameAddr(s)
		if err != nil {
			return
		}
		printed := "<" + a.URI + ">;" + string(a.Params)
		if a.Display != "" {
			printed = a.Display + " " + printed
		}
		b, err := ParseNameAddr(printed)
		if a.Bracketed && (err != nil || b.URI != a.URI || b.Params != a.Params || b.Display != a.Display) {
			t.Fatalf("%q printed as %q: %+v, %v", s, printed, b, err)
		}
		ParseContact(s)
	})
}
