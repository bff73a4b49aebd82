// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strings"
	"testing"
)

func TestOldClient(t *testing.T) {
	w := newWorld(t)
	old := strings.Replace(invite, "branch=z9hG4bKi1", "branch=1", 1)
	w.request(old, relay)
	w.expect("invite", "100>alice INVITE>bob")
	w.request(old, relay)
	w.expect("matched without cookie", "100>alice")
	w.request(strings.Replace(old, "INVITE sip:bob@", "INVITE sip:eve@", 1), relay)
	w.expect("another Request-URI", "100>alice INVITE>bob")
	w.layer.Settings().RURIMatching.Set(0) // for requests that come from now on
	old = strings.Replace(old, "tag=fa", "tag=fb", 1)
	w.request(old, relay)
	w.expect("another From tag", "100>alice INVITE>bob")
	w.request(strings.Replace(old, "INVITE sip:bob@", "INVITE sip:joe@", 1), relay)
	w.expect("Request-URI not compared", "100>alice")
	w.layer.Settings().Via1Matching.Set(0)
	old = strings.Replace(old, "tag=fb", "tag=fc", 1)
	w.request(old, relay)
	w.request(strings.Replace(old, "branch=1", "branch=2", 1), relay)
	w.expect("Via not compared", "100>alice INVITE>bob 100>alice")
	w.end()
}

// TestOldClientCancels: without the magic cookie CANCEL and ACK find their
// INVITE by Call-ID, CSeq, From tag, Request-URI and Via.
func TestOldClientCancels(t *testing.T) {
	w := newWorld(t)
	old := func(s string) string { return strings.Replace(s, "branch=z9hG4bKi1", "branch=1", 1) }
	w.request(old(invite), relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 180, "tb"))
	w.take()
	w.request(old(makeRequest("CANCEL", "i1", 1)), relay)
	w.expect("cancel", "200>alice CANCEL>bob")
	w.reply(bob, answer(out, 487, "tb"))
	final := w.last(alice, "SIP/2.0 487")
	r := w.received(alice, w.udp, ackFor(final, "x"))
	if w.layer.ACK(r) != NoACK {
		t.Error("an ACK with another Via was taken")
	}
	w.done(r)
	r = w.received(alice, w.udp, old(makeRequest("ACK", "i1", 1)))
	if w.layer.ACK(r) != NegativeACK {
		t.Error("the ACK was not taken")
	}
	w.done(r)
	w.end()
}

func TestMatching(t *testing.T) {
	tests := []struct {
		name, old, new string
		again          bool
	}{
		{"same", "", "", true},
		{"another branch", "z9hG4bKb1", "z9hG4bKb2", false},
		{"another sent-by host", "192.0.2.1:5060;branch", "192.0.2.77:5060;branch", false},
		{"another sent-by port", "192.0.2.1:5060;branch", "192.0.2.1:5061;branch", false},
		{"another CSeq", "CSeq: ", "CSeq: 9", false},
		{"another Call-ID", "Call-ID: call1", "Call-ID: call2", false},
		{"default port left out", "192.0.2.1:5060;branch", "192.0.2.1;branch", true},
		{"another method", "BYE", "INFO", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.request(bye, relay)
			w.take()
			w.request(strings.ReplaceAll(bye, tt.old, tt.new), relay)
			if again := w.take() == ""; again != tt.again {
				t.Errorf("taken as a retransmission: %v, want %v", again, tt.again)
			}
			w.end()
		})
	}
}

func TestForgedBranchFindsNothing(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	i := strings.Index(out, "branch=z9hG4bK") + len("branch=z9hG4bK0.")
	for _, at := range []int{i, i + 7, i + 8, i + 15} {
		forged := []byte(out)
		forged[at] ^= 1
		if w.reply(bob, answer(string(forged), 200, "tb")) {
			t.Errorf("a reply with digit %d of the branch changed found a transaction", at-i)
		}
	}
	w.end()
}

func TestEndToEndACK(t *testing.T) {
	for _, asked := range []bool{false, true} {
		w := newWorld(t)
		heard := 0
		w.request(invite, func(t *Transaction) {
			if asked {
				t.On(EndToEndACKIn, func(*Notice) { heard++ })
			}
			relay(t)
		})
		w.reply(bob, answer(w.last(bob, "INVITE"), 200, "tb"))
		ok := w.last(alice, "SIP/2.0 200")
		r := w.received(alice, w.udp, ackFor(ok, "a9"))
		want := NoACK
		if asked {
			want = EndToEndACK
		}
		if got := w.layer.ACK(r); got != want || heard != int(want)/int(EndToEndACK) {
			t.Errorf("asked %v: ACK() = %d, want %d; heard of %d", asked, got, want, heard)
		}
		w.done(r)
		w.end()
	}
}
