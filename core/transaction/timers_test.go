// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strings"
	"testing"
	"time"
)

func TestSetFR(t *testing.T) {
	w := newWorld(t)
	w.request(invite, func(t *Transaction) {
		relay(t)
		t.SetFR(0, 1000)
	})
	w.advance(1100 * time.Millisecond)
	w.last(alice, "SIP/2.0 408")
	w.end()
}

func TestMaxLifetime(t *testing.T) {
	w := newWorld(t)
	w.layer.Settings().MaxInv.Set(20000)
	w.request(invite, relay)
	out := w.invites[bob]
	for range 25 {
		w.reply(bob, answer(out, 180, "tb"))
		w.advance(time.Second)
	}
	w.last(alice, "SIP/2.0 408")
	w.end()
}

func TestRestartFR(t *testing.T) {
	for _, restart := range []int64{0, 1} {
		w := newWorld(t)
		w.layer.Settings().RestartFR.Set(restart)
		w.layer.Settings().FRInv.Set(10000)
		w.request(invite, relay)
		out := w.invites[bob]
		for range 3 {
			w.reply(bob, answer(out, 180, "tb"))
			w.advance(6 * time.Second)
		}
		ended := strings.Contains(w.take(), "408>alice")
		if ended != (restart == 0) {
			t.Errorf("restart_fr_on_each_reply %d: ran out: %v", restart, ended)
		}
		w.end()
	}
}

// TestPanicInATimer: what fails in an expiry keeps no lock.
func TestPanicInATimer(t *testing.T) {
	w := newWorld(t)
	var tx *Transaction
	w.request(invite, func(t *Transaction) { tx = t; relay(t) })
	w.panics = true
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the expiry did not fail")
			}
		}()
		w.advance(time.Second)
	}()
	w.panics = false
	if !tx.mu.TryLock() {
		t.Fatal("the transaction stays locked")
	}
	tx.mu.Unlock()
	if n := tx.Refs(); n != 1 {
		t.Errorf("%d references, want that of the layer", n)
	}
}
