// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"strings"
	"testing"
)

func TestParams(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{"lr", "lr"},
		{"a=1;b;c=", "a=1|b|c="},
		{";; a = 1 ; b ;", "a=1|b"},
		{`a="x;y";b="\";";c`, `a="x;y"|b="\";"|c`},
		{"a=<x;y>;b", "a=<x;y>|b"},
		{"a=b=c", "a=b=c"},
		{"a;b=<x;c", "a|b=<x;c"},
	}
	for _, tt := range tests {
		var got []string
		for p, rest, ok := Params(tt.text).Next(); ok; p, rest, ok = rest.Next() {
			s := p.Name
			if p.HasValue {
				s += "=" + p.Value
			}
			got = append(got, s)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, s, tt.want)
		}
	}
	p := Params("A=1;b;a=2")
	if v, ok := p.Lookup("a"); v != "1" || !ok {
		t.Errorf("a is %q", v)
	}
	if v, ok := p.Lookup("B"); v != "" || !ok || !p.Has("b") || p.Has("c") {
		t.Error("b")
	}
}

func TestNextListValue(t *testing.T) {
	tests := []struct{ text, want string }{
		{"", ""},
		{" a ", "a"},
		{"a, b ,c", "a|b|c"},
		{",a,,b,", "a|b"},
		{`"x,y" <sip:a,b>,c`, `"x,y" <sip:a,b>|c`},
		{`"x\",y",z`, `"x\",y"|z`},
		{`a,"unended, b`, `a|"unended, b`},
		{"a<b, c", "a<b, c"},
		{"a, b<c, d", "a|b<c, d"},
	}
	for _, tt := range tests {
		var got []string
		for v, rest, ok := NextListValue(tt.text); ok; v, rest, ok = NextListValue(rest) {
			got = append(got, v)
		}
		if s := strings.Join(got, "|"); s != tt.want {
			t.Errorf("%q: %q, want %q", tt.text, s, tt.want)
		}
	}
}

func TestTokens(t *testing.T) {
	if !IsToken("!interesting-Method0123456789_*+`.%indeed'~") || IsToken("") || IsToken("a b") || IsToken("a@b") {
		t.Error("IsToken")
	}
	if !IsWord("word%ZK-!.*_+'`~)(><:\\/\"][?}{") || IsWord("a b") {
		t.Error("IsWord")
	}
	if Unquote(`"a"`) != "a" || Unquote(`a"`) != `a"` || Unquote(`"`) != `"` {
		t.Error("Unquote")
	}
	if n, ok := ParseUint("00004294967295"); !ok || n != 4294967295 {
		t.Error("ParseUint")
	}
	for i, want := range []string{"", "udp", "tcp", "tls", "sctp", "ws", "wss"} {
		tr := ParseTransport(strings.ToUpper(want))
		if int(tr) != i || tr.String() != want || tr.Upper() != strings.ToUpper(want) {
			t.Errorf("transport %q is %v", want, tr)
		}
	}
	if TransportUDP.Reliable() || !TransportWSS.Reliable() || TransportOther.Reliable() || !TransportTLS.Secure() || TransportWS.DefaultPort() != 80 {
		t.Error("transport properties")
	}
}

func TestStatusText(t *testing.T) {
	for code := 100; code < 700; code++ {
		if s := StatusText(code); s == "" || s == "Unknown" {
			t.Errorf("%d: %q", code, s)
		}
	}
	if StatusText(486) != "Busy Here" || StatusText(499) != "Bad Request" || StatusText(99) != "Unknown" {
		t.Error("phrases")
	}
}

// A text of brackets that are opened only must cost no more than one of the same size without: a datagram of them took 2,500 times as
// long as an ordinary one, in whichever list it stood. The counts stand for the time.
func TestOpenBracketsEndAList(t *testing.T) {
	for _, sep := range []string{";", ","} {
		n, text := 0, strings.Repeat("<"+sep, 30000)
		if sep == ";" {
			for _, rest, ok := Params(text).Next(); ok; _, rest, ok = rest.Next() {
				n++
			}
		} else {
			for _, rest, ok := NextListValue(text); ok; _, rest, ok = NextListValue(rest) {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d values between %q, each of which has looked at all that follow", n, sep)
		}
	}
}
