// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
)

// The timers of RFC 3261 section 17 and their settings:
//
//	A, E  retransmission of a request       retr_timer1, doubled up to retr_timer2
//	B, F  no final reply                    fr_timer
//	C     no final reply after a 1xx        fr_inv_timer
//	D, K  late replies are absorbed         wt_timer
//	G     retransmission of a final reply   retr_timer1, doubled up to retr_timer2
//	H     no ACK for it                     fr_timer
//	I, J  late requests are absorbed        wt_timer
//
// A branch has one timer for A, B, C, E, F and its CANCEL, the transaction
// another one for G, H and the wait.

var noTargets locate.Targets

// Expire is for the timer wheel.
func (t *Transaction) Expire(*timer.Timer) { t.expire(&t.timer, nil) }

// Expire is for the timer wheel.
func (b *Branch) Expire(*timer.Timer) { b.t.expire(&b.timer, b) }

// expire takes the lock for an expiry. The wheel's goroutine must not wait, so
// a transaction that somebody else has is left to a goroutine.
func (t *Transaction) expire(c *clock, b *Branch) {
	if t.mu.TryLock() {
		t.expired(c, b, true)
		return
	}
	t.l.opt.Go("transaction timer", func() {
		t.mu.Lock()
		t.expired(c, b, false)
	})
}

// expired handles an expiry with the lock held, which it gives back.
func (t *Transaction) expired(c *clock, b *Branch, onWheel bool) {
	t.enter(nil, nil)
	given := false
	defer func() {
		if !given {
			t.leave()
		}
	}()
	if c.stale > 0 {
		c.stale-- // it holds a reference
		return
	}
	c.armed = false
	t.refs.Add(1)
	switch {
	case b == nil:
		t.serverTimeout()
	case !b.timeout():
	case onWheel:
		// The branch has run out: routes and callbacks may follow, and
		// they may take their time.
		given = true
		t.l.opt.Go("transaction timeout", func() {
			defer t.leave()
			t.timedOut(b)
		})
	default:
		t.timedOut(b)
	}
}

// leave gives lock and reference of an expiry back, also when what it led to
// failed.
func (t *Transaction) leave() {
	defer t.Unref()
	t.Unlock()
}

// timeout sends the request or CANCEL again and reports whether the branch has
// run out.
func (b *Branch) timeout() bool {
	t := b.t
	now := t.l.now()
	if b.frAt != 0 && now >= b.frAt {
		b.retrAt, b.frAt = 0, 0
		return true
	}
	if b.retrAt != 0 && now >= b.retrAt {
		b.retransmit(now)
	}
	b.schedule()
	return false
}

func (b *Branch) retransmit(now time.Duration) {
	t := b.t
	text := b.sent
	if b.stop != nil {
		text = b.stop
	}
	if text == nil {
		b.retrAt = 0
		return
	}
	// A failure is not final: the next one may get through.
	_ = t.transmit(b.dest, text)
	b.retrIn = min(2*b.retrIn, t.interval2())
	b.slow = b.retrIn >= t.interval2()
	if b.status >= 100 && b.stop == nil {
		b.retrIn = t.interval2() // RFC 3261 17.1.2.2, Proceeding
	}
	b.retrAt = now + b.retrIn
}

// timedOut ends a branch without a final reply.
func (t *Transaction) timedOut(b *Branch) {
	if b.finished {
		return
	}
	if t.held != nil && t.held.branch == b {
		t.dropHeld()
	}
	if b.blind {
		t.flags &^= suspended
	}
	b.timedOut = true
	if t.l.now() >= t.deadline && t.deadline != 0 {
		t.flags |= lifeOver
	}
	if b.stop == nil && !t.local && t.status < 200 && t.Method == sip.MethodInvite && b.status >= 100 {
		// Timer C: RFC 3261 16.8 asks for CANCEL; the branch then counts as
		// answered with 408.
		t.cancelBranch(b, 0)
	}
	if b.status < 100 && t.failover(b) {
		t.finishBranch(b, 408)
		return
	}
	t.branchFailed(b, int(t.cfg.Code408.Get()))
}

// serverTimeout sends the final reply again, or ends the wait for the ACK or
// the wait itself.
func (t *Transaction) serverTimeout() {
	now := t.l.now()
	if now >= t.endAt {
		switch {
		case t.flags&waiting != 0:
			t.destroy(now)
		default:
			t.wait() // timer H: no ACK came
		}
		return
	}
	if t.retrAt != 0 && now >= t.retrAt {
		t.resend()
		t.retrIn = min(2*t.retrIn, t.interval2())
		t.retrAt = now + t.retrIn
	}
	t.scheduleServer()
}

func (t *Transaction) scheduleServer() {
	at := t.endAt
	if t.retrAt != 0 && t.retrAt < at {
		at = t.retrAt
	}
	t.arm(&t.timer, at)
}

// wait moves the transaction to where it only absorbs what comes late.
func (t *Transaction) wait() {
	if t.flags&waiting != 0 {
		return
	}
	t.flags |= waiting
	t.retrAt = 0
	t.l.count(t).waiting.Add(1)
	now := t.l.now()
	t.endAt = now + ms(t.cfg.Wait.Get())
	if t.uac != nil && t.uac.brief {
		t.endAt = now
	}
	t.scheduleServer()
	if n := t.l.count(t); t.status >= 200 && t.status/100 < len(n.byClass) {
		n.byClass[t.status/100].Add(1)
	}
}

// destroy ends the wait. The layer's reference goes; the caller has one.
func (t *Transaction) destroy(now time.Duration) {
	for _, b := range t.branches {
		b.retrAt = 0 // a local CANCEL is not repeated any longer
		if b.frAt != 0 {
			// A cancelled branch has still to answer, and its final reply
			// wants an ACK.
			t.endAt = max(b.frAt, now) + 1
		}
	}
	if t.endAt > now {
		t.scheduleServer()
		return
	}
	for _, b := range t.branches {
		b.quiet()
	}
	t.disarm(&t.timer)
	t.l.unlink(t)
	t.live = false
	t.l.count(t).waiting.Add(-1)
	t.refs.Add(-1)
}

// interval1 and interval2 are T1 and T2.
func (t *Transaction) interval1() time.Duration {
	return ms(or(t.State.Plan.Retr1, t.cfg.Retr1.Get()))
}

func (t *Transaction) interval2() time.Duration {
	return ms(or(t.State.Plan.Retr2, t.cfg.Retr2.Get()))
}

func (t *Transaction) timeoutFR() time.Duration {
	return ms(or(t.State.Plan.FR, t.cfg.FR.Get()))
}

func (t *Transaction) timeoutFRInv() time.Duration {
	return ms(or(t.State.Plan.FRInv, t.cfg.FRInv.Get()))
}

func (t *Transaction) lifetime() time.Duration {
	if t.Method == sip.MethodInvite {
		return ms(or(t.State.Plan.MaxInv, t.cfg.MaxInv.Get()))
	}
	return ms(or(t.State.Plan.MaxNonInv, t.cfg.MaxNonInv.Get()))
}

// until bounds a time by the max lifetime.
func (t *Transaction) until(at time.Duration) time.Duration {
	if t.deadline != 0 && t.deadline < at {
		return t.deadline
	}
	return at
}

func or(own int32, setting int64) int64 {
	if own != 0 {
		return int64(own)
	}
	return setting
}

// SetFR changes the final response timeouts, in milliseconds, of the
// transaction and of its branches that wait; 0 keeps one (t_set_fr).
func (t *Transaction) SetFR(inv, fr int32) {
	if inv != 0 {
		t.State.Plan.FRInv = inv
	}
	if fr != 0 {
		t.State.Plan.FR = fr
	}
	t.rearm()
}

// ResetFR takes SetFR back.
func (t *Transaction) ResetFR() {
	t.State.Plan.FRInv, t.State.Plan.FR = 0, 0
	t.rearm()
}

func (t *Transaction) rearm() {
	now := t.l.now()
	for _, b := range t.branches {
		if b.finished || b.frAt == 0 {
			continue
		}
		if t.Method == sip.MethodInvite && b.status >= 100 {
			b.frAt = t.until(now + t.timeoutFRInv())
		} else {
			b.frAt = t.until(now + t.timeoutFR())
		}
		b.schedule()
	}
}

// SetLifetime changes the max lifetimes, counted from the creation, in
// milliseconds; 0 keeps one (t_set_max_lifetime).
func (t *Transaction) SetLifetime(inv, nonInv int32) {
	if inv != 0 {
		t.State.Plan.MaxInv = inv
	}
	if nonInv != 0 {
		t.State.Plan.MaxNonInv = nonInv
	}
	t.relive()
}

// ResetLifetime takes SetLifetime back.
func (t *Transaction) ResetLifetime() {
	t.State.Plan.MaxInv, t.State.Plan.MaxNonInv = 0, 0
	t.relive()
}

func (t *Transaction) relive() {
	if t.deadline != 0 {
		t.deadline = t.created + t.lifetime()
		t.rearm()
	}
}
