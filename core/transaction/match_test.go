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
	w.layer.Settings().RURIMatching.Set(0)
	w.request(strings.Replace(old, "INVITE sip:bob@", "INVITE sip:joe@", 1), relay)
	w.expect("Request-URI not compared", "100>alice")
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
