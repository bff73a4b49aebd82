// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"github.com/kahea-sip/kahea/core/sip"
)

// Reply takes a received reply to its transaction: the reply route runs, the
// timers of the branch follow, and what concerns the client is sent upstream.
// False tells that there is no such transaction; the reply is then forwarded
// without state, if at all.
func (l *Layer) Reply(r *Received) bool {
	t, branch := l.replied(r)
	if t == nil {
		return false
	}
	t.enter(r.Out, r.From)
	t.refs.Add(1)
	defer t.Unref()
	defer t.Unlock()
	return t.receive(branch, r)
}

// HasReply reports whether a reply belongs to a transaction (t_check_trans).
func (l *Layer) HasReply(r *Received) bool {
	t, branch := l.replied(r)
	if t == nil {
		return false
	}
	defer t.unlock()
	return branch < len(t.branches)
}

// replied returns the transaction that a reply belongs to, locked, and the index
// of the branch that its Via names; nil where there is none.
func (l *Layer) replied(r *Received) (*Transaction, int) {
	via, err := r.Msg.Via(0)
	if err != nil {
		return nil, 0
	}
	id, branch, ok := l.parseBranchID(via.Branch)
	if !ok {
		return nil, 0
	}
	return l.find(id, r.From), branch
}

func (t *Transaction) receive(index int, r *Received) bool {
	if index >= len(t.branches) {
		return false
	}
	b := t.branches[index]
	m := r.Msg
	cseq, err := m.CSeq()
	if err != nil {
		return false
	}
	if cseq.Method == sip.MethodCancel && t.Method != sip.MethodCancel {
		if t.witness != nil {
			t.witness.Replied(r)
		}
		t.cancelReplied(b, m.Status)
		return true
	}
	if cseq.Method != t.Method || cseq.Number != t.key.cseq+b.shift {
		return false
	}
	if b.shift != 0 {
		shiftCSeq(m, -b.shift)
	}
	if t.cfg.CallIDMatching.Get() != 0 && m.CallID() != t.key.callID {
		return false
	}
	t.l.count(t).received.Add(1)
	if t.witness != nil {
		t.witness.Replied(r)
	}
	r.Tx = t
	defer func() { r.Tx = nil }()
	if m.Status < 200 {
		t.provisional(b, r)
		return true
	}
	t.final(b, r)
	return true
}

// provisional handles a 1xx.
func (t *Transaction) provisional(b *Branch, r *Received) {
	m := r.Msg
	if b.finished {
		return // late
	}
	before := b.status
	b.status = m.Status
	t.emit(ReplyIn, b, nil, m, m.Status)
	keep := t.replyRoute(b, r)
	b.replied = true
	if b.finished || r.held {
		return
	}
	t.proceed(b, before)
	if b.wantCancel {
		t.sendCancel(b, false)
	}
	if keep {
		t.passProvisional(b, m)
	}
}

// proceed moves the timers of a branch for a provisional reply.
func (t *Transaction) proceed(b *Branch, before int) {
	now := t.l.now()
	if t.Method != sip.MethodInvite {
		if b.retrAt != 0 {
			b.retrIn = t.interval2()
		}
		return
	}
	if b.stop != nil {
		return
	}
	b.retrAt = 0
	first := before < 100
	if first || t.cfg.RestartFR.Get() != 0 || b.status >= 180 && b.status > before {
		b.frAt = t.until(now + t.timeoutFRInv())
	}
	if first {
		b.schedule()
	}
	// Later the timer stands for an earlier time than needed at worst, and
	// is set anew when it gets there: a restart costs nothing now.
}

// passProvisional sends a 1xx upstream.
func (t *Transaction) passProvisional(b *Branch, m *sip.Message) {
	switch {
	case t.local:
		t.emit(LocalReplyIn, b, nil, m, m.Status)
		return
	case m.Status == 100 || t.status >= 200 || t.flags&(replica|canceled) != 0:
		return // as Kamailio, nothing more is said about a call that was cancelled
	}
	t.relayReply(b, m, m.Status)
}

// final handles a final reply.
func (t *Transaction) final(b *Branch, r *Received) {
	m := r.Msg
	success := m.Status < 300
	if b.finished && !(success && t.Method == sip.MethodInvite) {
		t.repeatedFinal(b, m)
		return
	}
	b.status = m.Status
	b.frAt, b.retrAt = 0, 0
	t.disarm(&b.timer)
	if t.Method == sip.MethodInvite && !success {
		t.sendACK(b, m)
	}
	t.emit(ReplyIn, b, nil, m, m.Status)
	first := !b.finished
	t.replyRoute(b, r)
	if r.held {
		b.replied = true
		// A script that never goes on must not keep the branch for ever.
		if first {
			b.frAt = t.until(t.l.now() + t.timeoutFR())
			b.schedule()
		}
		return
	}
	t.finalRouted(b, r, first)
	b.replied = true // in failure routes it is the current one yet
}

// finalRouted goes on behind the reply route.
func (t *Transaction) finalRouted(b *Branch, r *Received, first bool) {
	m := r.Msg
	b.status, b.finished, b.faked, b.wantCancel = m.Status, true, false, false
	freeText(b.stop)
	b.stop = nil
	if m.Status < 300 {
		b.more = noTargets
		t.succeed(b, m, first)
		return
	}
	if t.Method != sip.MethodInvite || b.ack != nil {
		if b.more.Left() == 0 {
			freeText(b.sent)
			b.sent = nil
		}
	}
	if t.local {
		t.emit(LocalReplyIn, b, nil, m, m.Status)
	}
	b.reply, b.packet, b.borrowed = m, r.Packet, true
	t.branchEnded(b)
	if b.borrowed {
		b.borrowed = false
		if t.status < 200 && !b.dropped {
			r.Adopted = true
		} else {
			b.reply = nil
		}
	}
}

// succeed handles a 2xx, also one that comes again or late (RFC 6026 7.2).
func (t *Transaction) succeed(b *Branch, m *sip.Message, first bool) {
	if t.local {
		t.localSuccess(b, m, first)
		return
	}
	if t.status >= 200 && t.Method != sip.MethodInvite {
		return
	}
	if t.flags&replica == 0 {
		t.relayReply(b, m, m.Status)
	}
	if !first {
		return
	}
	t.phase = accepted
	if t.Method == sip.MethodInvite {
		t.cancelOthers(b, m.Status)
	}
	t.wait()
	freeText(b.sent)
	b.sent = nil
}

// repeatedFinal handles a final reply that came before: the ACK for it was
// lost.
func (t *Transaction) repeatedFinal(b *Branch, m *sip.Message) {
	if t.Method != sip.MethodInvite || m.Status < 300 {
		return
	}
	if b.ack != nil {
		_ = t.transmit(b.dest, b.ack)
		return
	}
	t.sendACK(b, m)
	b.retrAt, b.frAt = 0, 0
	t.disarm(&b.timer)
}

// replyRoute runs the reply route of the branch and returns whether the reply
// goes on.
func (t *Transaction) replyRoute(b *Branch, r *Received) bool {
	if t.flags&replica != 0 {
		return false
	}
	if b.OnReply == 0 {
		return true
	}
	return t.scripts.Reply(t, b, r)
}

// fake ends a branch with a reply that we made up. A CANCEL that is on its way
// is still repeated, and the reply to the INVITE acknowledged.
func (t *Transaction) fake(b *Branch, code int) {
	b.status, b.faked, b.finished = code, true, true
	if b.stop == nil {
		b.quiet()
		return
	}
	b.schedule()
}

// finishBranch is fake for a branch whose end interests nobody.
func (t *Transaction) finishBranch(b *Branch, code int) {
	t.fake(b, code)
	b.dropped = true
}

// branchFailed ends a branch with a reply that we made up and looks what
// follows.
func (t *Transaction) branchFailed(b *Branch, code int) {
	t.fake(b, code)
	t.branchEnded(b)
}

// branchEnded follows the end of a branch with a negative reply.
func (t *Transaction) branchEnded(b *Branch) {
	if t.shouldFailover(b) && t.failover(b) {
		return
	}
	if t.status >= 200 && !t.local {
		return
	}
	if b.status >= 600 && !t.State.Plan.Disable6xx.or(t.cfg.Disable6xx.Get()) {
		t.cancelOthers(b, b.status)
		for _, o := range t.branches {
			o.more = noTargets
		}
	}
	if r := t.State.Plan.OnBranchFailure; r != 0 && !t.local && t.flags&canceled == 0 {
		t.picked = b
		t.State.Plan.OnBranchFailure = 0
		t.runFailing(func() { t.scripts.BranchFailure(t, b, r, t.from) })
		t.picked = nil
	}
	if t.pending() || t.status >= 200 {
		return
	}
	t.complete()
}

// shouldFailover tells whether the reply of a branch makes it try its next
// address (RFC 3263 4.3).
func (t *Transaction) shouldFailover(b *Branch) bool {
	if b.more.Left() == 0 || b.timedOut {
		return false
	}
	if b.status == 503 {
		return true
	}
	for _, code := range t.cfg.FailoverCodes {
		if b.status == code {
			return true
		}
	}
	return false
}

// runFailing runs a failure route: its edits of the request are forgotten
// afterwards, and State.Target begins as it was when the request was relayed.
func (t *Transaction) runFailing(f func()) {
	was, main := t.flags&inFailure, t.State.Target
	t.main = Hops(&main)
	t.flags |= inFailure
	f()
	t.flags = t.flags&^inFailure | was
	t.State.Target, t.main = main, Hops(&main)
	if t.saved() {
		t.Request().Edits().ResetTo(t.mark)
	}
}

// complete ends the transaction when all branches have failed: the best of
// their replies goes upstream, unless the failure route knows better.
func (t *Transaction) complete() {
	b := t.pick()
	if b == nil {
		return
	}
	if t.local && (t.cfg.LocalFailure.Get() == 0 || t.State.Plan.OnFailure == 0) {
		t.localDone(b)
		return
	}
	if t.flags&replica != 0 {
		t.status = b.status
		t.wait()
		return
	}
	if !t.local {
		t.emit(FailureReady, b, nil, b.reply, b.status)
	}
	if r := t.State.Plan.OnFailure; r != 0 {
		t.State.Plan.OnFailure = 0
		t.picked = b
		t.runFailing(func() { t.scripts.Failure(t, r, t.from) })
		t.picked = nil
		if t.status >= 200 || t.pending() || t.flags&(released|suspended) != 0 {
			return
		}
		if b = t.pick(); b == nil {
			return
		}
	}
	if t.local {
		t.localDone(b)
		return
	}
	t.emit(FailureDone, b, nil, b.reply, b.status)
	t.relayFailure(b)
}
