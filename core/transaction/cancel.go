// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/sip"
)

// cancelBranch cancels a branch that is pending: at once when it had a
// provisional reply (RFC 3261 9.1), else by CancelMethod. cause is for the
// Reason header, 0 for none.
func (t *Transaction) cancelBranch(b *Branch, cause int) {
	if b.finished || b.stop != nil || t.Method != sip.MethodInvite {
		return
	}
	if cause != 0 && t.cfg.LocalCancelReason.Get() != 0 {
		b.cause = cause
	}
	if b.blind {
		t.flags &^= suspended
		t.fake(b, 487)
		return
	}
	if b.status < 100 {
		switch t.cfg.CancelMethod.Get() {
		case 0:
			t.fake(b, 487)
			return
		case 1:
			b.wantCancel = true
			return
		}
	}
	t.sendCancel(b, true)
}

// sendCancel sends the CANCEL of a branch, at once or after it was kept back
// until a provisional reply. The request is not repeated any
// more; the branch then waits for its final reply as long as fr_timer says.
func (t *Transaction) sendCancel(b *Branch, atOnce bool) {
	b.wantCancel = false
	if b.sent == nil {
		return
	}
	b.stop = fit(sip.AppendCANCEL(newText(len(b.sent)), b.sent, t.cancelHeaders(b, atOnce)))
	_ = t.transmit(b.dest, b.stop)
	now := t.l.now()
	b.frAt = now + t.timeoutFR()
	b.retrAt = 0
	if !b.dest.Proto.Reliable() {
		b.retrIn = t.interval1()
		b.retrAt = now + b.retrIn
	}
	b.schedule()
}

// cancelHeaders are the Reason fields of a CANCEL (RFC 3326). As with Kamailio
// one that waited does not say that the call was answered elsewhere.
func (t *Transaction) cancelHeaders(b *Branch, atOnce bool) string {
	switch {
	case t.reasons != "":
		return t.reasons
	case b.cause == 0:
		return ""
	case b.cause == 200 && atOnce:
		return "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n"
	}
	return "Reason: SIP;cause=" + strconv.Itoa(b.cause) + "\r\n"
}

// cancelReplied handles a reply to our CANCEL: it need not be repeated.
func (t *Transaction) cancelReplied(b *Branch, code int) {
	if b.stop == nil || code < 200 {
		return
	}
	b.retrAt = 0
}

// cancelOthers cancels all pending branches but b.
func (t *Transaction) cancelOthers(b *Branch, cause int) {
	for _, o := range t.branches {
		if o != b {
			t.cancelBranch(o, cause)
		}
	}
}

// cancelPending cancels all pending branches.
func (t *Transaction) cancelPending(cause int) { t.cancelOthers(nil, cause) }

// CancelBranches cancels pending branches: all, but not keep, or only one
// (t_cancel_branches). cause is for the Reason header, 0 for none.
func (t *Transaction) CancelBranches(only, keep *Branch, cause int) {
	for _, b := range t.branches {
		if b != keep && (only == nil || b == only) {
			t.cancelBranch(b, cause)
		}
	}
	t.afterCancel()
}

// Cancel cancels the INVITE transaction t because of a CANCEL that came for
// it, or as a script asks. reasons are the Reason fields of that CANCEL, with
// CRLF, and are copied.
func (t *Transaction) Cancel(reasons string, cause int) {
	if t.status >= 200 || t.Method != sip.MethodInvite {
		return
	}
	t.flags |= canceled
	if reasons != "" && !t.State.Plan.NoCancelReason {
		t.reasons = t.Packet.Buffer.Copy(reasons)
	}
	t.cancelPending(cause)
	t.afterCancel()
}

// afterCancel ends a transaction whose branches are all done: cancelling may
// have answered those without a reply.
func (t *Transaction) afterCancel() {
	if t.status >= 200 || t.pending() {
		return
	}
	if len(t.branches) == 0 {
		t.flags &^= suspended
		t.sendOwn(487, "")
		return
	}
	t.complete()
}

// RelayCancel relays a CANCEL: the request of c, its own transaction, is
// answered with 200, and the branches of invite are cancelled hop by hop
// (RFC 3261 9.2, 16.10). The lock of c is held; that of invite, to which the
// caller has a reference, is taken.
func (c *Transaction) RelayCancel(invite *Transaction) {
	invite.Lock(c.out, c.from)
	defer invite.Unlock()
	if invite.status >= 200 {
		c.sendOwn(200, "ok -- no more pending branches")
		return
	}
	c.sendOwn(200, "canceling")
	invite.emit(CancelIn, nil, c.Request(), nil, 0)
	invite.Cancel(invite.reasonsOf(c.Request()), 0)
}

// reasonsOf are the Reason fields of a CANCEL as far as they are passed on.
func (t *Transaction) reasonsOf(m *sip.Message) string {
	if t.cfg.E2ECancelReason.Get() == 0 {
		return ""
	}
	var all string
	for i := m.First(sip.HeaderReason); i >= 0; i = m.Next(sip.HeaderReason, i) {
		h := m.Header(i)
		all += m.Raw()[h.Start:h.End]
	}
	return all
}

// FindInvite finds the INVITE transaction of a CANCEL, with a reference, or
// nil (t_lookup_cancel).
func (l *Layer) FindInvite(m *sip.Message) *Transaction {
	var k key
	if l.newKey(&k, m, l.Settings(), true) != nil {
		return nil
	}
	return l.lookup(&k)
}
