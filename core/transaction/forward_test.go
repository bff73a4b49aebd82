// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// countStateless gives the layer counters and returns their values.
func (w *world) countStateless() func() [4]int64 {
	w.t.Helper()
	var c Stateless
	err := counter.New().Declare("core", counter.Entry{Name: "a", Counter: &c.Requests}, counter.Entry{Name: "b", Counter: &c.Replies},
		counter.Entry{Name: "c", Counter: &c.FailedRequests}, counter.Entry{Name: "d", Counter: &c.FailedReplies})
	if err != nil {
		w.t.Fatal(err)
	}
	w.layer.CountStateless(c)
	return func() [4]int64 {
		return [4]int64{c.Requests.Value(), c.Replies.Value(), c.FailedRequests.Value(), c.FailedReplies.Value()}
	}
}

func TestForward(t *testing.T) {
	for _, tt := range []struct {
		name string
		uri  string
		hop  Hop
		err  error
		sent string
	}{
		{"to its URI", "sip:x@192.0.2.2", Hop{}, nil, "INVITE>bob"},
		{"to a host", "sip:x@192.0.2.2", Hop{Host: "192.0.2.3", Proto: transport.UDP}, nil, "INVITE>carol"},
		{"the next address", "sip:x@gw.example;transport=udp", Hop{}, nil, "INVITE>carol"},
		{"refused", "sip:x@192.0.2.2:5099", Hop{}, ErrSend, ""},
		{"no such name", "sip:x@nowhere.example", Hop{}, ErrUnresolvable, ""},
		{"no SIP URI", "tel:+1", Hop{}, ErrBadURI, ""},
		{"no socket", "sip:x@192.0.2.2;transport=sctp", Hop{}, ErrNoSocket, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			twoAddresses(w)
			w.fail[bob] = strings.Contains(tt.uri, "gw")
			w.fail[addrPort(bob.Addr(), 5099)] = true
			counted := w.countStateless()
			l := &lender{meanwhile: func() {}}
			r := w.received(alice, w.udp, invite)
			defer w.done(r)
			r.State.Target.URI, r.From = tt.uri, l
			if err := w.layer.Forward(r, &tt.hop); err != tt.err {
				t.Errorf("got error %v, want %v", err, tt.err)
			}
			w.expect("sent", tt.sent)
			want := [4]int64{1, 0, 0, 0}
			if tt.err != nil {
				want = [4]int64{0, 0, 1, 0}
			}
			if got := counted(); got != want {
				t.Errorf("counted %v, want %v", got, want)
			}
			if asks := strings.Contains(tt.uri, "example"); asks != (l.lent == 1) {
				t.Errorf("the worker was lent %d times", l.lent)
			}
		})
	}
}

func TestForwardReply(t *testing.T) {
	const upstream = "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKs\nVia: SIP/2.0/UDP UP;branch=z9hG4bKu\n" +
		"From: <sip:a@a>;tag=1\nTo: <sip:b@b>;tag=2\nCall-ID: c\nCSeq: 1 MESSAGE\nContent-Length: 0\n\n"
	for _, tt := range []struct {
		name, via, sent string
		lent            int
	}{
		{"an address", "192.0.2.1", "200>alice", 0},
		{"maddr counts for nothing", "192.0.2.1;maddr=192.0.2.8", "200>alice", 0},
		{"a name", "up.example", "200>carol", 1},
		{"no such name", "nowhere.example", "", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.dns["up.example A"] = []locate.Record{{Addr: carol.Addr()}}
			counted := w.countStateless()
			l := &lender{meanwhile: func() {}}
			r := w.received(bob, w.udp, strings.Replace(upstream, "UP", tt.via, 1))
			defer w.done(r)
			r.From = l
			err := w.layer.ForwardReply(r)
			if (err == nil) != (tt.sent != "") {
				t.Error(err)
			}
			w.expect("sent", tt.sent)
			want := [4]int64{0, 1, 0, 0}
			if err != nil {
				want = [4]int64{0, 0, 0, 1}
			}
			if got := counted(); got != want || l.lent != tt.lent {
				t.Errorf("counted %v, want %v; lent %d times, want %d", got, want, l.lent, tt.lent)
			}
		})
	}
}

// TestUDPMTU: what is too large for a datagram leaves over the other protocol,
// its Via says so, and what follows on that branch goes the same way.
func TestUDPMTU(t *testing.T) {
	for _, tt := range []struct {
		name       string
		limit      int64
		proto, own transport.Proto
		stateless  bool
		want       transport.Proto
		target     string
	}{
		{name: "off", proto: transport.TCP, want: transport.UDP},
		{name: "below", limit: 1000, proto: transport.TCP, want: transport.UDP},
		{name: "above", limit: 200, proto: transport.TCP, want: transport.TCP},
		{name: "above, whatever the URI says", limit: 200, proto: transport.TCP, target: ";transport=udp", want: transport.TCP},
		{name: "no protocol", limit: 200, want: transport.UDP},
		{name: "no socket", limit: 200, proto: transport.SCTP, want: transport.UDP},
		{name: "the message's own protocol", limit: 200, proto: transport.SCTP, own: transport.TCP, want: transport.TCP},
		{name: "without state", limit: 200, proto: transport.TCP, stateless: true, want: transport.TCP},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.layer.opt.UDPMTU, w.layer.opt.UDPMTUProto = new(setting.Int), new(setting.Int)
			w.layer.opt.UDPMTU.Set(tt.limit)
			w.layer.opt.UDPMTUProto.Set(int64(tt.proto))
			uri := "sip:b@192.0.2.2" + tt.target
			if tt.stateless {
				r := w.received(alice, w.udp, invite)
				defer w.done(r)
				r.State.Target.URI = uri
				if err := w.layer.Forward(r, &Hop{}); err != nil {
					t.Fatal(err)
				}
			} else {
				w.request(invite, func(t *Transaction) {
					t.State.LargeProto = tt.own
					relayTo(uri)(t)
				})
				w.reply(bob, answer(w.last(bob, "INVITE"), 486, "tb"))
			}
			for _, m := range w.sent {
				if m.to.Addr != bob {
					continue
				}
				if m.to.Proto != tt.want || m.to.Socket.Proto != tt.want || !strings.Contains(m.text, "\r\nVia: SIP/2.0/"+sip.Transport(tt.want).Upper()+" 192.0.2.9") {
					t.Errorf("over %v, want %v:\n%s", m.to.Proto, tt.want, m.text)
				}
			}
			w.end()
		})
	}
}
