// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"net/netip"
	"testing"
)

// TestAllocs holds the way of a packet to no allocation.
func TestAllocs(t *testing.T) {
	buf := []byte(invite)
	sent := AppendRequest(nil, mustParse(t, invite), outgoing())
	response := AppendReply(nil, mustParse(t, string(sent)), &Reply{Code: 200, ToTag: "x"})
	var m, r Message
	dst := make([]byte, 0, 4096)
	o := outgoing()
	source := netip.MustParseAddrPort("192.0.2.77:1024")
	parse := func() {
		if err := m.Parse(buf); err != nil {
			t.Fatal(err)
		}
		m.Source = source
	}
	parse()
	m.Routes()
	m.Contacts()
	tests := []struct {
		name string
		f    func()
	}{
		{"parse", parse},
		{"typed access", func() {
			parse()
			if err := m.Check(true); err != nil {
				t.Fatal(err)
			}
			exercise(&m)
		}},
		{"request", func() {
			parse()
			m.AppendHeader("X-A: 1\r\n")
			dst = AppendRequest(dst[:0], &m, o)
		}},
		{"reply", func() {
			parse()
			dst = AppendReply(dst[:0], &m, &Reply{Code: 404, ToTag: "abc", Server: "Server: kahea"})
		}},
		{"typed access of a response", func() {
			if err := r.Parse(response); err != nil {
				t.Fatal(err)
			}
			exercise(&r)
		}},
		{"response", func() {
			if err := r.Parse(response); err != nil {
				t.Fatal(err)
			}
			dst = AppendResponse(dst[:0], &r, o)
		}},
		{"ack", func() { dst = AppendACK(dst[:0], sent, "<sip:b@y>;tag=2") }},
		{"cancel", func() { dst = AppendCANCEL(dst[:0], sent, "") }},
		{"tag", func() { dst = AppendTag(dst[:0], 7, &m) }},
		{"uri equal", func() { URIsEqual("sip:a@b.example.com;lr", "sip:a@B.example.com") }},
		{"host name is no address", func() { ParseHostAddr("example.com") }},
		{"frame", func() { new(Framer).Next(sent) }},
		{"edits", func() {
			parse()
			mark := m.EditMark()
			m.Replace(40, 50, "x")
			m.EditReset(mark)
		}},
	}
	for _, tt := range tests {
		if n := testing.AllocsPerRun(100, tt.f); n != 0 {
			t.Errorf("%s: %v allocations", tt.name, n)
		}
	}
}

func outgoing() *Outgoing {
	return &Outgoing{RequestURI: "sip:bob@192.0.2.4:5060", Transport: TransportUDP, Host: "192.0.2.1", Port: 5060,
		Branch: "z9hG4bKc2f1.d1b2a3c4.0"}
}

func BenchmarkParse(b *testing.B) {
	buf := []byte(invite)
	var m Message
	b.ReportAllocs()
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		if m.Parse(buf) != nil || m.NumHeaders() != 12 {
			b.Fatal("bad parse")
		}
	}
}

// BenchmarkParseAndRoute is what a proxy looks at in every request.
func BenchmarkParseAndRoute(b *testing.B) {
	buf := []byte(invite)
	var m Message
	b.ReportAllocs()
	for b.Loop() {
		m.Parse(buf)
		v, err := m.Via(0)
		if err != nil || v.Branch == "" {
			b.Fatal(err)
		}
		m.CSeq()
		m.MaxForwards()
		m.FromURI()
		m.ToURI()
		m.RURI()
		if m.FromTag() == "" {
			b.Fatal("no tag")
		}
	}
}

func BenchmarkAppendRequest(b *testing.B) {
	buf := []byte(invite)
	var m Message
	dst := make([]byte, 0, 4096)
	m.Parse(buf)
	m.Source = netip.MustParseAddrPort("192.0.2.77:1024")
	m.AppendHeader("X-A: 1\r\n")
	o := outgoing()
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendRequest(dst[:0], &m, o)
	}
	if len(dst) < len(buf) {
		b.Fatal("short")
	}
}

func BenchmarkAppendReply(b *testing.B) {
	buf := []byte(invite)
	var m Message
	dst := make([]byte, 0, 4096)
	m.Parse(buf)
	m.Source = netip.MustParseAddrPort("192.0.2.77:1024")
	r := &Reply{Code: 404, ToTag: "abc", Server: "Server: kahea"}
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendReply(dst[:0], &m, r)
	}
	if len(dst) < 100 {
		b.Fatal("short")
	}
}

func BenchmarkParseURI(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if u, err := ParseURI("sip:alice@192.0.2.10:5070;transport=udp"); err != nil || u.Port != 5070 {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseHeaderType(b *testing.B) {
	names := []string{"Via", "Max-Forwards", "From", "To", "Call-ID", "CSeq", "Contact", "X-Custom", "User-Agent", "v", "content-length"}
	b.ReportAllocs()
	for b.Loop() {
		for _, n := range names {
			ParseHeaderType(n)
		}
	}
}

func BenchmarkFrame(b *testing.B) {
	buf := []byte(invite)
	var f Framer
	b.ReportAllocs()
	for b.Loop() {
		if n, kind, err := f.Next(buf); n != len(buf) || kind != FrameMessage || err != nil {
			b.Fatal(n, kind, err)
		}
	}
}
