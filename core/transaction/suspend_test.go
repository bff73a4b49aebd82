// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strings"
	"testing"
	"time"
)

func TestSuspend(t *testing.T) {
	w := newWorld(t)
	var id ID
	w.request(invite, func(t *Transaction) {
		id = t.ID()
		if err := t.Suspend(); err != nil {
			w.t.Fatal(err)
		}
	})
	w.expect("suspended", "")
	x := &Received{Out: w}
	if err := w.layer.Continue(id, x, func(t *Transaction, _ *Branch, _ *Received) { relay(t) }); err != nil {
		t.Fatal(err)
	}
	w.expect("continued", "100>alice INVITE>bob")
	if err := w.layer.Continue(id, x, nil); err != ErrNotSuspended {
		t.Errorf("Continue() = %v, want ErrNotSuspended", err)
	}
	w.reply(bob, answer(w.invites[bob], 200, "tb"))
	w.expect("answered", "200>alice")
	w.end()
	if err := w.layer.Continue(id, x, nil); err != ErrUnknown {
		t.Errorf("Continue() = %v, want ErrUnknown", err)
	}
}

func TestSuspendEnds(t *testing.T) {
	t.Run("timeout", func(t *testing.T) {
		w := newWorld(t)
		w.request(invite, func(t *Transaction) { _ = t.Suspend() })
		w.advance(30*time.Second + 100*time.Millisecond)
		w.last(alice, "SIP/2.0 408")
		w.end()
	})
	t.Run("cancel", func(t *testing.T) {
		w := newWorld(t)
		w.request(invite, func(t *Transaction) { _ = t.Suspend() })
		w.request(cancel, nil)
		w.expect("cancelled", "200>alice 487>alice")
		w.end()
	})
	t.Run("nothing done", func(t *testing.T) {
		w := newWorld(t)
		var id ID
		w.request(invite, func(t *Transaction) { id = t.ID(); _ = t.Suspend() })
		_ = w.layer.Continue(id, &Received{Out: w}, func(*Transaction, *Branch, *Received) {})
		w.expect("answered", "500>alice")
		w.end()
	})
}

func TestSuspendReply(t *testing.T) {
	w := newWorld(t)
	w.replies[4] = func(t *Transaction, b *Branch, r *Received) bool {
		if err := t.SuspendReply(b, r); err != nil {
			w.t.Error(err)
		}
		return true
	}
	var id ID
	w.request(invite, func(t *Transaction) {
		id = t.ID()
		t.State.Plan.OnReply = 4
		relay(t)
	})
	w.take()
	w.reply(bob, answer(w.invites[bob], 200, "tb"))
	w.expect("kept", "")
	err := w.layer.Continue(id, &Received{Out: w}, func(_ *Transaction, _ *Branch, r *Received) {
		r.Msg.AppendHeader("X-Late: yes\r\n")
	})
	if err != nil {
		t.Fatal(err)
	}
	if r := w.last(alice, "SIP/2.0 200"); !strings.Contains(r, "X-Late: yes") {
		t.Errorf("the edit is missing:\n%s", r)
	}
	w.end()
}
