// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// sent keeps what an engine sends last, in memory of its own.
type sent struct {
	to   transport.Destination
	text []byte
}

func (s *sent) Send(d transport.Destination, data []byte) error {
	s.to, s.text = d, append(s.text[:0], data...)
	return nil
}

// refuser is an engine that can do no more than refuse.
func refuser() (*Engine, *module.Call, *sent) {
	e := &Engine{opt: Options{Log: slog.New(slog.DiscardHandler), Core: &module.Core{ServerHeader: "Server: x"},
		Transactions: transaction.New(transaction.Options{TableSize: 16})}}
	if err := e.count.declare(counter.New()); err != nil {
		panic(err)
	}
	return e, e.newCall(), new(sent)
}

func (s *sent) receive(e *Engine, c *module.Call, text string) (taken bool) {
	b := transport.NewBuffer(len(text))
	p := transport.Packet{Data: b.Data[:copy(b.Data, text)], Buffer: b, Src: netip.MustParseAddrPort("127.0.0.1:999"), Socket: &socket}
	c.Reset(c.Msg, p)
	c.Out, c.Gen = s, &noRoutes
	defer b.Release()
	return e.parse(c)
}

// noRoutes is a configuration without any route.
var noRoutes module.Generation

var socket = transport.Socket{Proto: transport.UDP}

const message = "MESSAGE sip:b@h SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n" +
	"Call-ID: c\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"

func TestRefuse(t *testing.T) {
	const response = "SIP/2.0 200 OK" // in the place of the request line
	for _, tt := range []struct {
		name, old, new string
		want           string // first line of the answer; "" for none, "taken" for a good one
		parse, headers int64  // what is counted
		requests       int64
		replies        int64
	}{
		{name: "good", want: "taken"},
		{name: "no colon", old: "Call-ID", new: "x\r\nCall-ID", want: "SIP/2.0 400 Bad Header", parse: 1, requests: 1},
		{name: "foreign version", old: "SIP/2.0\r\n", new: "SIP/3.0\r\n", want: "SIP/2.0 505 Version Not Supported", parse: 1, requests: 1},
		{name: "second To", old: "Call-ID", new: "t: <sip:x@h>\r\nCall-ID", want: "SIP/2.0 400 Repeated To Header", headers: 1, requests: 1},
		{name: "body too short", old: "Length: 0", new: "Length: 1", want: "SIP/2.0 400 Content-Length mis-match", headers: 1, requests: 1},
		{name: "ACK", old: "MESSAGE sip:b@h SIP/2.0", new: "ACK sip:b@h SIP/7.0", parse: 1, requests: 1},
		{name: "no Call-ID", old: "Call-ID: c\r\n", headers: 1, requests: 1},
		{name: "empty To", old: "To: <sip:b@h>", new: "To:", headers: 1, requests: 1},
		{name: "bad Via", old: "SIP/2.0/UDP", new: "rubbish", headers: 1, requests: 1},
		{name: "cut in a header", old: "h: 0\r\n\r\n", new: "h: 0", parse: 1, requests: 1},
		{name: "response", old: "MESSAGE sip:b@h SIP/2.0", new: response, want: "taken"},
		{name: "response with two CSeq", old: "MESSAGE sip:b@h SIP/2.0\r\n", new: response + "\r\nCSeq: 1 BYE\r\n", headers: 1, replies: 1},
		{name: "no SIP", old: "MESSAGE sip:b@h SIP/2.0", new: "hello", parse: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e, c, s := refuser()
			got := ""
			if s.receive(e, c, strings.Replace(message, tt.old, tt.new, 1)) {
				got = "taken"
			} else if s.text != nil {
				got, _, _ = strings.Cut(string(s.text), "\r\n")
				if s.to.Addr.Port() != 999 || !strings.Contains(string(s.text), ";rport=999\r\n") || !strings.Contains(string(s.text), "To: <sip:b@h>;tag=") {
					t.Errorf("to %v:\n%s", s.to.Addr, s.text)
				}
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			n := [...]int64{e.count.parseErrors.Value(), e.count.badHeaders.Value(), e.count.badRequests.Value(), e.count.badReplies.Value()}
			if want := [...]int64{tt.parse, tt.headers, tt.requests, tt.replies}; n != want {
				t.Errorf("counted %v, want %v", n, want)
			}
		})
	}
}

// TestRefuseAllocs: who sends rubbish costs no memory.
func TestRefuseAllocs(t *testing.T) {
	e, c, s := refuser()
	for _, text := range []string{
		strings.Replace(message, "Length: 0", "Length: -1", 1), strings.Replace(message, "Call-ID", "x\r\nCall-ID", 1), "hello\r\n\r\n",
	} {
		s.receive(e, c, text)
		if n := testing.AllocsPerRun(100, func() { s.receive(e, c, text) }); n != 0 {
			t.Errorf("%.20q: %v allocations", text, n)
		}
	}
}
