// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/netip"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// BenchmarkWay is the way of a message through the whole server, without the
// system calls.
func BenchmarkWay(b *testing.B) {
	unpoisoned(b)
	s := newBudget(b)
	contact := "Contact: <sip:bob@127.0.0.1:7;transport=udp>;expires=3600\r\n"
	for _, row := range []struct {
		name, want string
		text       []byte
	}{
		{"register", "SIP/2.0 200 OK", request("REGISTER", "sip:127.0.0.1:9", contact)},
		{"options", "SIP/2.0 200 Keepalive", request("OPTIONS", "sip:127.0.0.1:9", "")},
		{"forward", "MESSAGE sip:bob@127.0.0.1:7 SIP/2.0", request("MESSAGE", "sip:bob@127.0.0.1:7", "")},
	} {
		r := s.round(row.text)
		r.next()
		b.Run(row.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				s.receive(b, r.next(), row.want)
			}
		})
	}
}

// BenchmarkScannerTest compares the test of the User-Agent that the stock
// configuration begins with to the rest of the route of an OPTIONS, the shortest
// one: it must not cost more. NOTHING is what both have in common, parsing most of
// all.
func BenchmarkScannerTest(b *testing.B) {
	unpoisoned(b)
	s := newBudget(b)
	text := s.round(request("OPTIONS", "sip:127.0.0.1:9", "")).next()
	for _, route := range []string{"NOTHING", "SCANNER", "OTHERS"} {
		b.Run(route, func(b *testing.B) {
			c := s.engine.NewCall()
			defer s.engine.FreeCall(c)
			r, ok := s.engine.Generation().Program.Lookup(module.RequestRoute, route)
			if !ok {
				b.Fatal("there is no such route")
			}
			socket := s.transport.Sockets()[0]
			p := transport.Packet{Data: text, Socket: socket, Src: netip.MustParseAddrPort("127.0.0.1:5"), Dst: socket.Addr, Time: s.clock.Now()}
			msg := new(sip.Message)
			b.ReportAllocs()
			for b.Loop() {
				if err := msg.Parse(p.Data); err != nil {
					b.Fatal(err)
				}
				p.Buffer = transport.NewBuffer(0)
				c.Reset(msg, p)
				c.Out, c.Gen, c.Route, c.Target.URI = s.transport, s.engine.Generation(), module.RequestRoute, msg.RequestURI
				c.Gen.Program.Run(c, r)
				p.Buffer.Release()
			}
		})
	}
}

// unpoisoned leaves released memory alone while a benchmark runs.
func unpoisoned(b *testing.B) {
	transport.Poison(false)
	transaction.Poison(false)
	b.Cleanup(func() {
		transport.Poison(true)
		transaction.Poison(true)
	})
}
