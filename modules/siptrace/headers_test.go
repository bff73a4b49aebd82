// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

const message = "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:x>\r\nCall-ID: c\r\nCSeq: 7 OPTIONS\r\n\r\nbody"

func TestHeaders(t *testing.T) {
	for _, row := range []struct {
		raw, method string
		out         bool
	}{
		{message, "OPTIONS", false},
		{strings.Replace(message, "OPTIONS sip:x SIP/2.0", "SIP/2.0 200 OK", 1), "OPTIONS", true},
	} {
		r := record{raw: []byte(row.raw), proto: transport.TCP, src: netip.MustParseAddrPort("192.0.2.1:5060"), dst: netip.MustParseAddrPort("[2001:db8::1]:5061"),
			time: time.Unix(1795944878, 271423000), out: row.out}
		with := r.withHeaders()
		if new(sip.Message).Parse(with) != nil || !bytes.HasSuffix(with, []byte("\r\n\r\nbody")) {
			t.Fatalf("no message:\n%s", with)
		}
		got := record{raw: with}
		if !got.readHeaders() {
			t.Fatalf("cannot be read:\n%s", with)
		}
		if got.proto != r.proto || got.src != r.src || got.dst != r.dst || !got.time.Equal(r.time) || got.out != r.out || got.method != row.method || string(got.raw) != row.raw {
			t.Errorf("got %+v, want %+v", got, r)
		}
	}
}

func TestHeadersThatCannotBeRead(t *testing.T) {
	r := record{raw: []byte(message), src: netip.MustParseAddrPort("192.0.2.1:5060"), dst: netip.MustParseAddrPort("192.0.2.2:5060"), time: time.Unix(1, 0), proto: transport.UDP}
	good := string(r.withHeaders())
	for _, change := range [][2]string{
		{"X-Siptrace-Fromip: udp:192.0.2.1:5060\r\n", ""},
		{"Fromip: udp:", "Fromip: sms:"},
		{"udp:192.0.2.2:5060", "udp:192.0.2.2"},
		{"Time: 1 0", "Time: 1"},
		{"Time: 1 0", "Time: 1 1000000"},
		{"Method: OPTIONS", "Method: a b"},
		{"Dir: in", "Dir: up"},
		{"X-Siptrace-Dir", "X-Siptrace-Way"},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		if bad == good {
			t.Fatalf("%q is not there:\n%s", change[0], good)
		}
		if got := (record{raw: []byte(bad)}); got.readHeaders() {
			t.Errorf("%q is read as %+v", change, got)
		}
	}
	if got := (record{raw: []byte(message)}); got.readHeaders() {
		t.Error("a message without the headers is read")
	}
}

func TestIsSIP(t *testing.T) {
	for text, want := range map[string]bool{message: true, "SIP/2.0 200 OK\r\n": true, "INVITE sip:x SIP/2.0\n": true, "\r\n\r\n": false,
		"GET / HTTP/1.1\r\n": false, "": false, "\x00\x00": false} {
		if isSIP([]byte(text)) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}

func FuzzHeaders(f *testing.F) {
	r := record{raw: []byte(message), src: netip.MustParseAddrPort("192.0.2.1:5060"), dst: netip.MustParseAddrPort("192.0.2.2:5060"), time: time.Unix(1, 0), proto: transport.UDP}
	f.Add(r.withHeaders())
	f.Add([]byte(message))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r := record{raw: raw}
		if !r.readHeaders() {
			return
		}
		again := record{raw: r.withHeaders()}
		if !again.readHeaders() || again.src != r.src || again.dst != r.dst || again.out != r.out || again.method != r.method || !bytes.Equal(again.raw, r.raw) {
			t.Errorf("got %+v, want %+v", again, r)
		}
	})
}
