// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strings"
	"testing"
	"time"
)

func TestCallAnswered(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.expect("invite", "100>alice INVITE>bob")
	w.reply(bob, answer(out, 180, "tb"))
	w.expect("ringing", "180>alice")
	w.reply(bob, answer(out, 200, "tb"))
	ok := w.last(alice, "SIP/2.0 200")
	w.expect("answered", "200>alice")
	if strings.Contains(ok, "192.0.2.9") {
		t.Errorf("our Via went upstream:\n%s", ok)
	}
	// RFC 6026: a 2xx that comes again goes upstream again.
	w.reply(bob, answer(out, 200, "tb"))
	w.expect("200 again", "200>alice")
	w.request(invite, relay)
	w.expect("invite again", "200>alice")
	w.request(ackFor(ok, "a1"), nil)
	w.expect("ack", "")
	w.advance(6 * time.Second)
	w.empty()
}

func TestCallBusy(t *testing.T) {
	w := newWorld(t)
	w.request(invite, relay)
	out := w.last(bob, "INVITE")
	w.reply(bob, answer(out, 486, "tb"))
	busy := w.last(alice, "SIP/2.0 486")
	w.expect("busy", "100>alice INVITE>bob ACK>bob 486>alice")
	w.reply(bob, answer(out, 486, "tb"))
	w.expect("486 again", "ACK>bob")
	w.advance(500 * time.Millisecond)
	w.expect("timer G", "486>alice")
	w.advance(time.Second)
	w.expect("timer G doubled", "486>alice")
	w.request(ackFor(busy, "i1"), nil)
	w.advance(4 * time.Second)
	w.expect("acknowledged", "")
	w.request(ackFor(busy, "i1"), nil)
	w.end()
}
