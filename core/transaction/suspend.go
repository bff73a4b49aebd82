// SPDX-License-Identifier: Apache-2.0

package transaction

import "github.com/kahea-sip/kahea/core/sip"

// heldReply is a reply whose handling goes on later.
type heldReply struct {
	branch *Branch
	r      Received
	first  bool
}

// Suspend keeps the request for a script that goes on later (t_suspend). A
// branch without a request takes its place meanwhile: when fr_timer runs out
// before Continue, it has failed with 408, and a CANCEL ends it.
func (t *Transaction) Suspend() error {
	if t.status >= 200 {
		return ErrFinished
	}
	if t.flags&suspended != 0 {
		return ErrSuspended
	}
	if len(t.branches) >= t.cfg.MaxBranches {
		return ErrTooMany
	}
	now := t.l.now()
	if t.deadline == 0 {
		t.deadline = now + t.lifetime()
	}
	t.SaveEdits()
	b := t.newBranch(&Target{Q: QUnset})
	b.blind = true
	b.frAt = t.until(now + t.timeoutFR())
	b.schedule()
	t.flags |= suspended
	return nil
}

// SuspendReply keeps the reply r, whose route is running, for a script that
// goes on later. The transaction takes it over.
func (t *Transaction) SuspendReply(b *Branch, r *Received) error {
	if t.held != nil {
		return ErrSuspended
	}
	t.held = &heldReply{branch: b, r: *r, first: !b.finished}
	t.held.r.held = false
	r.held, r.Adopted = true, true
	return nil
}

// ReplySuspended tells that a reply is kept (t_is_retr_async_reply).
func (t *Transaction) ReplySuspended() bool { return t.held != nil }

// Continue goes on with a suspended transaction: run is called with its lock
// held, for the reply that is kept with that one, else with nil. Afterwards a
// request that is neither relayed nor answered is answered with 500. The
// error is ErrUnknown or ErrNotSuspended.
func (l *Layer) Continue(id ID, x *Received, run func(t *Transaction, b *Branch, r *Received)) error {
	t := l.find(id, x.From)
	if t == nil {
		return ErrUnknown
	}
	t.enter(x.Out, x.From)
	t.refs.Add(1)
	defer t.Unref()
	defer t.Unlock()
	if h := t.held; h != nil {
		t.held = nil
		t.continueReply(h, x, run)
		return nil
	}
	return t.ContinueHeld(run)
}

// ContinueHeld is Continue for the script of the request itself, which has the
// lock: the route runs within it.
func (t *Transaction) ContinueHeld(run func(t *Transaction, b *Branch, r *Received)) error {
	if t.flags&suspended == 0 {
		return ErrNotSuspended
	}
	b := t.endSuspension()
	t.flags |= inFailure // the route may do what a failure route may
	run(t, b, nil)
	t.flags &^= inFailure
	t.Request().Edits().ResetTo(t.mark)
	if t.flags&(suspended|released) == 0 && t.status < 200 && !t.pending() {
		t.noAnswer()
	}
	return nil
}

// endSuspension ends the branch that stood for the suspended request.
func (t *Transaction) endSuspension() *Branch {
	t.flags &^= suspended
	for _, b := range t.branches {
		if b.blind && !b.finished {
			b.quiet()
			b.finished, b.dropped, b.faked = true, true, true
			return b
		}
	}
	return nil
}

// noAnswer answers a request that the script left without an answer.
func (t *Transaction) noAnswer() {
	switch e := t.State.Err; {
	case t.State.Plan.NoInternalReply:
		t.sendOwn(500, sip.StatusText(500))
	case e != nil:
		t.ReplyError(e)
	default:
		t.ReplyError(ErrGeneral)
	}
}

func (t *Transaction) continueReply(h *heldReply, x *Received, run func(t *Transaction, b *Branch, r *Received)) {
	r := &h.r
	r.Out, r.From, r.Tx, r.Adopted = x.Out, x.From, t, false
	run(t, h.branch, r)
	if r.held {
		return // it was suspended again
	}
	if r.Msg.Status < 200 {
		if !h.branch.finished {
			t.proceed(h.branch, h.branch.status)
			t.passProvisional(h.branch, r.Msg)
		}
	} else if !h.branch.finished || r.Msg.Status < 300 {
		h.branch.quiet()
		t.finalRouted(h.branch, r, h.first)
	}
	if !r.Adopted {
		freeReceived(r)
	}
}

// dropHeld forgets the reply that is kept.
func (t *Transaction) dropHeld() {
	if t.held != nil {
		freeReceived(&t.held.r)
		t.held = nil
	}
}

func freeReceived(r *Received) {
	FreeMessage(r.Msg)
	r.Packet.Buffer.Release()
}
