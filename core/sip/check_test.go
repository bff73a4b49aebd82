// SPDX-License-Identifier: Apache-2.0

package sip

import (
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	const good = "MESSAGE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n" +
		"Call-ID: c\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Length: 4\r\n\r\nbody"
	tests := []struct {
		name     string
		old, new string
		datagram error
		stream   error
	}{
		{"good", "", "", nil, nil},
		{"repeated From", "Call-ID", "f: <sip:x@h>;tag=2\r\nCall-ID", repeatedErrors[HeaderFrom], repeatedErrors[HeaderFrom]},
		{"repeated To", "Call-ID", "To: <sip:x@h>\r\nCall-ID", repeatedErrors[HeaderTo], repeatedErrors[HeaderTo]},
		{"repeated Call-ID", "Call-ID", "i: x\r\nCall-ID", repeatedErrors[HeaderCallID], repeatedErrors[HeaderCallID]},
		{"repeated CSeq", "Call-ID", "cseq: 1 MESSAGE\r\nCall-ID", repeatedErrors[HeaderCSeq], repeatedErrors[HeaderCSeq]},
		{"repeated Max-Forwards", "Call-ID", "Max-Forwards: 7\r\nCall-ID", repeatedErrors[HeaderMaxForwards], repeatedErrors[HeaderMaxForwards]},
		{"repeated Content-Length", "Call-ID", "l: 4\r\nCall-ID", repeatedErrors[HeaderContentLength], repeatedErrors[HeaderContentLength]},
		{"repeated Subject", "Call-ID", "s: 1\r\ns: 2\r\nCall-ID", nil, nil},
		{"CSeq without number", "CSeq: 1 ", "CSeq: ", ErrCSeqMethod, ErrCSeqMethod},
		{"CSeq without method", "CSeq: 1 MESSAGE", "CSeq: 1", ErrCSeqMethod, ErrCSeqMethod},
		{"CSeq of a word", "CSeq: 1 ", "CSeq: x ", ErrCSeq, ErrCSeq},
		{"CSeq over 32 bits", "CSeq: 1 ", "CSeq: 4294967296 ", ErrCSeq, ErrCSeq},
		{"quote in To", "To: <", "To: \"B <", ErrTo, ErrTo},
		{"empty parameter in Via", "h;branch", "h;;branch", ErrVia, ErrVia},
		{"semicolon at the end of Via", "z9hG4bK1", "z9hG4bK1;", ErrVia, ErrVia},
		{"lower Via", "From", "Via: rubbish\r\nFrom", nil, nil},
		{"From", "From: <sip:a@h>", "From: <", nil, nil},
		{"negative Content-Length", "h: 4", "h: -4", ErrContentLength, ErrContentLength},
		{"empty Content-Length", "h: 4", "h:", ErrContentLength, ErrContentLength},
		{"body too short", "h: 4", "h: 5", ErrShort, nil},
		{"body too long", "h: 4", "h: 3", nil, nil},
		{"no Content-Length", "Content-Length: 4\r\n", "", nil, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, strings.Replace(good, tt.old, tt.new, 1))
			if err := m.Check(true); err != tt.datagram {
				t.Errorf("datagram: %v, want %v", err, tt.datagram)
			}
			if err := m.Check(false); err != tt.stream {
				t.Errorf("stream: %v, want %v", err, tt.stream)
			}
		})
	}
	if got := repeatedErrors[HeaderTo].Error(); got != "Repeated To Header" {
		t.Errorf("reason %q", got)
	}
}

// TestManyHeadersCostOnce: the room for one message with very many headers is not kept.
func TestManyHeadersCostOnce(t *testing.T) {
	var m Message
	if err := m.Parse([]byte("OPTIONS sip:a SIP/2.0\r\n" + strings.Repeat("A: b\r\n", 4000) + "\r\n")); err != nil {
		t.Fatal(err)
	}
	if err := m.Parse([]byte(invite)); err != nil || cap(m.index) > keepHeaders {
		t.Errorf("room for %d headers is kept, %v", cap(m.index), err)
	}
}

// BenchmarkCheck is what each message pays beside Parse; To and CSeq would be read by its script anyhow.
func BenchmarkCheck(b *testing.B) {
	m := new(Message)
	if err := m.Parse([]byte(invite)); err != nil {
		b.Fatal(err)
	}
	m.NumVias()
	b.ReportAllocs()
	for b.Loop() {
		m.cache.done = 0
		if err := m.Check(true); err != nil {
			b.Fatal(err)
		}
	}
}
