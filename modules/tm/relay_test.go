// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"testing"

	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

func TestProxyOrFlags(t *testing.T) {
	tests := []struct {
		text string
		want any
	}{
		{"0x01", 1},
		{"7", 7},
		{"tcp:1.2.3.4:5060", transaction.Hop{Proto: transport.TCP, Host: "1.2.3.4", Port: 5060}},
		{"tls:1.2.3.4", transaction.Hop{Proto: transport.TLS, Host: "1.2.3.4"}},
		{"1.2.3.4:5080", transaction.Hop{Host: "1.2.3.4", Port: 5080}},
		{"gw.example.com", transaction.Hop{Host: "gw.example.com"}},
		{"udp:[2001:db8::1]:5060", transaction.Hop{Proto: transport.UDP, Host: "[2001:db8::1]", Port: 5060}},
		{"[2001:db8::1]", transaction.Hop{Host: "[2001:db8::1]"}},
		{"udp", transaction.Hop{Proto: transport.UDP}},
	}
	for _, tt := range tests {
		got, err := proxyOrFlags(tt.text)
		if err != nil || got != tt.want {
			t.Errorf("%s: got %+v, %v, want %+v", tt.text, got, err, tt.want)
		}
	}
	for _, text := range []string{"", "udp:1.2.3.4:99999", "1.2.3.4:x"} {
		if got, err := proxyOrFlags(text); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}

func TestRequestOfHeaders(t *testing.T) {
	r := &transaction.LocalRequest{}
	hasType, err := readHeaders(r, "From: <sip:a@a>\r\nt: <sip:b@b>\r\nCSeq: 7 OPTIONS\r\nCall-ID: x\r\nRoute: <sip:r1;lr>\r\nRoute: <sip:r2;lr>\r\nc: text/plain\r\nMax-Forwards: 5\r\nX-A: 1\r\n")
	if err != nil || !hasType {
		t.Fatalf("hasType %v, %v", hasType, err)
	}
	want := transaction.LocalRequest{From: "<sip:a@a>", To: "<sip:b@b>", CSeq: 7, CallID: "x", Route: "<sip:r1;lr>, <sip:r2;lr>", MaxForwards: 5,
		Headers: "c: text/plain\r\nX-A: 1\r\n"}
	if r.From != want.From || r.To != want.To || r.CSeq != want.CSeq || r.CallID != want.CallID || r.Route != want.Route ||
		r.MaxForwards != want.MaxForwards || r.Headers != want.Headers {
		t.Errorf("got %+v\nwant %+v", r, want)
	}
	if _, err := readHeaders(r, "CSeq: x OPTIONS\r\n"); err == nil {
		t.Error("a CSeq that is no number is taken")
	}
}

func TestFailoverCodes(t *testing.T) {
	m := New()
	if err := m.failoverCodes("reply_codes=408;500,502"); err != nil {
		t.Fatal(err)
	}
	if got := m.settings.FailoverCodes; len(got) != 3 || got[0] != 408 || got[2] != 502 {
		t.Errorf("got %v", got)
	}
	if m.failoverCodes("200") == nil {
		t.Error("200 is taken")
	}
}

// Each name stands once, and each function can be documented.
func TestExports(t *testing.T) {
	seen := map[string]bool{}
	x := New().Exports()
	for _, f := range x.Functions {
		if seen[f.Name] || f.Doc == "" || f.Run == nil {
			t.Errorf("function %s is there twice or lacks something", f.Name)
		}
		seen[f.Name] = true
	}
	for _, p := range x.Params {
		if seen["="+p.Name] || p.Doc == "" || p.Set == nil {
			t.Errorf("parameter %s is there twice or lacks something", p.Name)
		}
		seen["="+p.Name] = true
	}
}
