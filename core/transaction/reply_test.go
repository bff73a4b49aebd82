// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestRespond(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(t *Transaction) { _ = t.Respond(&Answer{Code: 404, Reason: "gone"}) })
	r := w.last(alice, "SIP/2.0 404 gone")
	w.expect("404", "404>alice")
	w.advance(600 * time.Millisecond)
	w.expect("timer G", "404>alice")
	w.request(invite, relay)
	w.expect("invite again", "404>alice")
	w.request(ackFor(r, "i1"), nil)
	w.advance(4 * time.Second)
	w.expect("acknowledged", "")
	w.end()
}

func TestRespondWithSuccess(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(t *Transaction) { _ = t.Respond(&Answer{Code: 200, Reason: "OK"}) })
	r := w.last(alice, "SIP/2.0 200")
	w.take()
	w.advance(600 * time.Millisecond)
	w.expect("a 2xx of our own is repeated until its ACK", "200>alice")
	w.request(ackFor(r, "a1"), nil)
	w.advance(4 * time.Second)
	w.expect("acknowledged", "")
	w.end()
}

func TestNoAnswerOfScript(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(*Transaction) {})
	w.expect("nothing is sent", "")
	w.end()
}

func TestReplyWhileBranchesRing(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 180, "tb"))
	w.take()
	x := w.layer.FindCall("call1", 1)
	x.Lock(nil, nil)
	_ = x.Respond(&Answer{Code: 480, Reason: "no"})
	x.Unlock()
	x.Unref()
	w.expect("the branch is cancelled", "480>alice CANCEL>bob")
	w.reply(bob, answer(out, 487, "tb"))
	w.expect("its 487 ends here", "ACK>bob")
	w.end()
}

func TestRedirectHeader(t *testing.T) {
	w := newWorld(t)
	r := w.received(alice, w.udp, invite)
	defer w.done(r)
	s := r.State
	if got := RedirectHeader(r.Msg, s, 0); got != "" {
		t.Errorf("unchanged URI: %q", got)
	}
	s.Target.URI = "sip:z@z"
	s.Branches = []Target{{URI: "sip:q@q", Q: 500, Flags: 3}}
	if got, want := RedirectHeader(r.Msg, s, 0), "Contact: <sip:z@z>, <sip:q@q>;q=0.5\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := RedirectHeader(r.Msg, s, 1), "Contact: <sip:z@z>, <sip:q@q>;q=0.5;flags=3\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestReplyDestination(t *testing.T) {
	tests := []struct{ name, via, want string }{
		{"port of the Via", "192.0.2.1:5070;branch=z9hG4bKx", "192.0.2.1:5070"},
		{"default port", "192.0.2.1;branch=z9hG4bKx", "192.0.2.1:5060"},
		{"rport", "192.0.2.1:5070;rport;branch=z9hG4bKx", "192.0.2.1:5060"},
		{"name", "host.example:5071;branch=z9hG4bKx", "192.0.2.1:5071"},
		{"maddr counts for nothing", "192.0.2.1:5070;maddr=192.0.2.8;branch=z9hG4bKx", "192.0.2.1:5070"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.received(alice, w.udp, strings.Replace(bye, "192.0.2.1:5060;branch=z9hG4bKb1", tt.via, 1))
			defer w.done(r)
			d, err := ReplyDestination(r.Msg, r.Packet, r.State)
			if err != nil || d.Addr != netip.MustParseAddrPort(tt.want) {
				t.Errorf("got %v, %v, want %s", d.Addr, err, tt.want)
			}
		})
	}
}

// TestRepeatedWhileAtWork: a request that comes again while somebody has the
// lock gets its answer when the lock is given back, once, and none when
// another one was sent meanwhile.
func TestRepeatedWhileAtWork(t *testing.T) {
	w := newWorld(t)
	var tx *Transaction
	w.request(invite, func(t *Transaction) { tx = t; relay(t) })
	w.reply(bob, answer(w.last(bob, "INVITE"), 180, "tb"))
	w.take()
	again := func() {
		r := w.received(alice, w.udp, invite)
		x, _, _ := w.layer.Create(r)
		x.Retransmit(r)
		x.Unref()
		w.done(r)
	}
	tx.Lock(w, nil)
	again()
	again()
	w.expect("locked", "")
	tx.Unlock()
	w.expect("given back", "180>alice")
	tx.Lock(w, nil)
	again()
	_ = tx.Respond(&Answer{Code: 183})
	tx.Unlock()
	w.expect("answered meanwhile", "183>alice")
	w.end()
}
