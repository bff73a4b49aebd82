// SPDX-License-Identifier: Apache-2.0

package transaction

import "time"

// Branches are the branches in the order of their indices. The slice is valid
// while the lock is held.
func (t *Transaction) Branches() []*Branch { return t.branches }

// BranchID is the branch parameter of the Via of a branch, also of one that is still to come: what a script tells others of the branch. A
// destination that is tried after another one of the same branch counts as a branch of its own.
func (t *Transaction) BranchID(branch int) string {
	return string(t.l.appendBranchID(nil, t.id, branch))
}

// LastStep are the branches of the last relay: in a failure route those that have
// failed now. The slice is valid while the lock is held.
func (t *Transaction) LastStep() []*Branch { return t.branches[min(t.step, len(t.branches)):] }

// Picked is the branch whose reply a failure or branch failure route is
// about; nil elsewhere.
func (t *Transaction) Picked() *Branch { return t.picked }

// Canceled tells that a CANCEL came, or that a script cancelled.
func (t *Transaction) Canceled() bool { return t.flags&canceled != 0 }

// LifeOver tells that the max lifetime has run out.
func (t *Transaction) LifeOver() bool {
	return t.flags&lifeOver != 0 || t.deadline != 0 && t.l.now() >= t.deadline
}

// Local tells that the request is our own.
func (t *Transaction) Local() bool { return t.local }

// Waiting tells that the transaction only absorbs what comes late.
func (t *Transaction) Waiting() bool { return t.flags&waiting != 0 }

// Age is the time since the transaction was created.
func (t *Transaction) Age() time.Duration { return t.l.now() - t.created }

// Refs is the number of references.
func (t *Transaction) Refs() int { return int(t.refs.Load()) }

// CallID is the Call-ID of the request.
func (t *Transaction) CallID() string { return t.key.callID }

// CSeq is the number of the request's CSeq.
func (t *Transaction) CSeq() uint32 { return t.key.cseq }

// Layer is the layer of the transaction.
func (t *Transaction) Layer() *Layer { return t.l }

// Each calls f for each transaction, with its lock held. One that somebody
// else has at the moment is left out.
func (l *Layer) Each(f func(t *Transaction)) {
	l.slots.each(func(t *Transaction) {
		if !t.mu.TryLock() {
			return
		}
		defer t.unlock()
		if t.live {
			f(t)
		}
	})
}

// Lookup finds the transaction of a request that is no ACK and no CANCEL, with
// a reference, or nil (t_lookup_request).
func (l *Layer) Lookup(r *Received) *Transaction {
	var k key
	if l.newKey(&k, r.Msg, l.Settings(), false) != nil {
		return nil
	}
	return l.lookup(&k)
}

// ByID finds a transaction, with a reference, or nil. It does not wait for the
// lock, which the caller may be inside of.
func (l *Layer) ByID(id ID) *Transaction {
	t := l.slots.of(id)
	if t == nil {
		return nil
	}
	for n := t.refs.Load(); n > 0; n = t.refs.Load() {
		if !t.refs.CompareAndSwap(n, n+1) {
			continue
		}
		// It has references, so its ID does not change any more.
		if t.id == id {
			return t
		}
		t.Unref()
		return nil
	}
	return nil
}

// Release ends the transaction without a reply: it only absorbs what comes
// late (t_release). Branches go on, but what they bring goes nowhere.
func (t *Transaction) Release() {
	t.flags |= released
	t.wait()
}

// Drop ends the transaction with a status that is not sent (t_drop).
func (t *Transaction) Drop(code int) {
	if t.status < 200 {
		t.status = code
	}
	t.Release()
}

// SetRetr changes T1 and T2, in milliseconds; 0 keeps one (t_set_retr).
func (t *Transaction) SetRetr(t1, t2 int32) {
	if t1 != 0 {
		t.State.Plan.Retr1 = t1
	}
	if t2 != 0 {
		t.State.Plan.Retr2 = t2
	}
	t.repace()
}

// ResetRetr takes SetRetr back.
func (t *Transaction) ResetRetr() {
	t.State.Plan.Retr1, t.State.Plan.Retr2 = 0, 0
	t.repace()
}

// repace gives the branches the new intervals, from the next retransmission
// on.
func (t *Transaction) repace() {
	for _, b := range t.branches {
		switch {
		case b.retrAt == 0:
		case b.slow:
			b.retrIn = t.interval2()
		default:
			b.retrIn = t.interval1() / 2 // doubled before it is used
		}
	}
}

// Expired ends transactions that outlived any timer (t_clean): there are none
// unless a goroutine of the engine hangs. It returns their number.
func (l *Layer) Expired() int {
	n := 0
	l.Each(func(t *Transaction) {
		if t.Age() > staleAfter && t.flags&waiting == 0 {
			n++
			t.flags |= released
			t.wait()
		}
	})
	return n
}

// staleAfter is older than any transaction gets by its timers.
const staleAfter = time.Hour
