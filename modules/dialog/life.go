// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transaction"
)

// The life of a dialog, and who looks after it:
//
//	state        ends by                              deadline
//	Unconfirmed  the final reply of its transaction   early_timeout
//	Early        the same                             early_timeout
//	Answered     ACK, BYE                             noack_timeout, then 10 s
//	Confirmed    BYE, dlg_terminate, keep-alive       lifetime
//	(ending)     replies to our BYEs                  end_timeout
//	Deleted      the end of its transactions          end_timeout
//
// Whatever is lost, the deadline comes: in the table means that the timer is
// armed. So no dialog survives its call for longer than the sum of them.

// graceEnd is how long a call goes on that nobody acknowledged, or whose
// keep-alive failed.
const graceEnd = 10 * time.Second

func (m *Module) now() time.Duration { return m.host.Clock().Monotonic() }

// lookAt arms the timer. mu is held.
func (d *Dialog) lookAt(at time.Duration) {
	if d.gone {
		return
	}
	d.deadline = at
	d.timer.ArmAt(at)
}

// use adds n to the transactions and scripts that keep the dialog in the table.
func (d *Dialog) use(n int) {
	d.mu.Lock()
	d.uses += n
	over := d.uses <= 0 && d.byes <= 0 && d.state == Deleted
	d.mu.Unlock()
	if over {
		d.forget()
	}
}

// end makes the dialog an ended one; false says that it was one before. It stays
// in the table while somebody uses it.
func (d *Dialog) end(reason string) bool {
	was := d.close(reason)
	if was == Draft {
		return false
	}
	d.settle(was)
	return true
}

// close makes the dialog an ended one and returns what it was, Draft where there
// is nothing to do; settle follows, when the routes for its end have run.
func (d *Dialog) close(reason string) (was State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	was = d.state
	if was == Deleted || was == Draft {
		return Draft
	}
	d.state = Deleted
	if !d.ending {
		d.reason = reason
	}
	d.ended = d.m.host.Clock().Now().UnixMilli()
	d.lifeEnd = 0
	d.leaveProfiles()
	d.touch()
	d.lookAt(d.m.now() + time.Duration(d.m.endTimeout)*time.Second)
	return was
}

// settle takes an ended dialog out of the counts, and out of the table unless
// somebody uses it.
func (d *Dialog) settle(was State) {
	switch was {
	case Early:
		d.m.table.early.Add(-1)
	case Answered, Confirmed:
		d.m.table.active.Add(-1)
	}
	d.use(0)
}

// abandon ends a dialog whose users have had their time.
func (d *Dialog) abandon(reason string) {
	d.mu.Lock()
	d.uses, d.byes = 0, 0
	d.mu.Unlock()
	if !d.end(reason) {
		d.forget()
	}
}

// forget takes an ended dialog out of the table.
func (d *Dialog) forget() {
	d.mu.Lock()
	first := !d.gone
	d.gone = true
	d.timer.Stop()
	d.mu.Unlock()
	if first {
		d.m.table.remove(d)
		d.closed(nil, nil)
		d.m.tell(Destroyed, d, nil, nil)
	}
}

// Expire implements timer.Expirer: the deadline has come.
func (d *Dialog) Expire(*timer.Timer) {
	d.mu.Lock()
	now := d.m.now()
	switch {
	case d.gone:
		d.mu.Unlock()
		return
	case now < d.deadline:
		d.lookAt(d.deadline)
		d.mu.Unlock()
		return
	}
	switch state := d.state; {
	case state == Deleted, d.ending:
		d.mu.Unlock()
		d.abandon("its end was not acknowledged")
	case state < Answered:
		d.mu.Unlock()
		d.m.log.Info("a dialog had no final reply within early_timeout", "call_id", d.callID)
		d.abandon("no final reply within early_timeout")
	case state == Answered && now < d.lifeEnd:
		d.reason = "no ACK within noack_timeout"
		if end := now + graceEnd; end < d.lifeEnd {
			d.lifeEnd, d.lifetime = end, int(graceEnd/time.Second)
		}
		d.lookAt(d.lifeEnd)
		d.mu.Unlock()
	default:
		if d.reason == "" || state == Confirmed && d.failures < d.m.kaFailedLimit {
			d.reason = "timeout"
		}
		d.mu.Unlock()
		// Routes of the script and the resolver may wait.
		d.m.host.Transactions().Go("dialog timeout", d.timedOut)
	}
}

// setLife makes the call end seconds from now. mu is held.
func (d *Dialog) setLife(seconds int) {
	d.lifetime = seconds
	if d.state != Answered && d.state != Confirmed || d.ending {
		return
	}
	now := d.m.now()
	d.dflags |= flagChanged
	d.lifeEnd = now + time.Duration(seconds)*time.Second
	d.touch()
	at := d.lifeEnd
	if d.state == Answered {
		at = min(at, max(d.deadline, now))
	}
	d.lookAt(at)
}

// SetTimeout makes the call end after a time from now, or from its answer where it
// has none yet.
func (d *Dialog) SetTimeout(seconds int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.setLife(seconds)
}

// bind makes the dialog follow the transaction of its INVITE.
func (m *Module) bind(t *transaction.Transaction, d *Dialog) {
	d.mu.Lock()
	if d.bound || d.state == Draft || d.gone {
		d.mu.Unlock()
		return
	}
	d.bound = true
	d.dflags |= flagTransaction
	d.uses++
	d.mu.Unlock()
	t.On(transaction.ReplyOut|transaction.EndToEndACKIn|transaction.Destroyed, d.heard)
}

// heard follows the transaction of the INVITE.
func (d *Dialog) heard(n *transaction.Notice) {
	switch n.Event {
	case transaction.ReplyOut:
		switch {
		case n.Code <= 100:
		case n.Code < 200:
			d.ring(n)
		case n.Code < 300:
			d.answer(n)
		default:
			d.fail(n)
		}
	case transaction.EndToEndACKIn:
		c, _ := n.From.(*module.Call)
		d.acknowledge(c, n.Request)
	case transaction.Destroyed:
		d.mu.Lock()
		open := d.state < Answered
		d.mu.Unlock()
		if open {
			d.end("its transaction had no final reply")
		}
		d.use(-1)
	}
}

// ring follows a provisional reply.
func (d *Dialog) ring(n *transaction.Notice) {
	d.mu.Lock()
	first := d.state == Unconfirmed
	if first {
		d.state, d.reason = Early, "provisional reply"
	}
	d.mu.Unlock()
	if first {
		d.m.table.early.Add(1)
		d.m.tell(Ringing, d, caller(n), n.Reply)
	}
}

// answer follows a 2xx. One of another branch, or that comes again, changes
// nothing.
func (d *Dialog) answer(n *transaction.Notice) {
	m := d.m
	callee := leg{}
	if msg := n.Reply; msg != nil {
		contact := ""
		if list, err := msg.Contacts(); err == nil && len(list) > 0 {
			contact = list[0].URI
		}
		skip := m.ownRoutes(n)
		callee = leg{tag: strings.Clone(msg.ToTag()), contact: strings.Clone(contact), routes: routeSet(msg, skip, true)}
		if n.Branch != nil {
			callee.socket = n.Branch.Destination().Socket
		}
	} else if m.host != nil {
		callee.socket = n.Tx.Packet.Socket
	}
	d.mu.Lock()
	was := d.state
	if was != Unconfirmed && was != Early {
		d.mu.Unlock()
		return
	}
	callee.cseq = d.callee.cseq
	d.callee = callee
	now := m.now()
	d.state, d.reason = Answered, "waits for the ACK"
	d.dflags |= flagAnswered
	d.answered = m.host.Clock().Now().UnixMilli()
	d.probed = now
	d.lifeEnd = now + time.Duration(d.lifetime)*time.Second
	d.lookAt(min(d.lifeEnd, now+time.Duration(m.noAckTimeout)*time.Second))
	d.touch()
	d.mu.Unlock()
	if was == Early {
		m.table.early.Add(-1)
	}
	m.runReply(d, "dialog:start", n)
	m.table.active.Add(1)
	m.tell(AnsweredEvent, d, caller(n), n.Reply)
}

// ownRoutes counts the Record-Route values of a 2xx, from its end, that belong to
// this server and to the caller's side: the route set of the callee is what
// stands before them.
func (m *Module) ownRoutes(n *transaction.Notice) int {
	behind := 0
	if n.Request != nil {
		if rr, err := n.Request.RecordRoutes(); err == nil {
			behind = len(rr)
		}
	}
	rr, err := n.Reply.RecordRoutes()
	if err != nil || !n.Tx.State.RecordRouted && (n.Branch == nil || len(rr) <= behind) || m.keepProxyRR&1 != 0 {
		return min(behind, len(rr))
	}
	own := 0
	for i := len(rr) - 1 - behind; i >= 0 && own < 2; i-- {
		u, err := rr[i].ParseURI()
		if err != nil || !m.host.Transport().IsMyURI(&u) {
			break
		}
		if own++; !u.Params.Has("r2") {
			break
		}
	}
	return behind + own
}

// fail follows a negative final reply.
func (d *Dialog) fail(n *transaction.Notice) {
	d.mu.Lock()
	open := d.state < Answered
	d.mu.Unlock()
	if !open {
		return
	}
	was := d.close("refused")
	if was == Draft {
		return
	}
	d.m.failed.Inc()
	d.m.runReply(d, "dialog:failed", n)
	d.settle(was)
	if d.m.mask&Failed != 0 {
		d.m.tm.InRequest(n.Tx, n.From, func(c *module.Call) { d.m.tell(Failed, d, c, n.Reply) })
	}
}

// acknowledge follows the ACK for the 2xx.
func (d *Dialog) acknowledge(c *module.Call, msg *sip.Message) (first bool) {
	d.mu.Lock()
	first = d.state == Answered && !d.ending
	if first {
		d.state, d.reason = Confirmed, "answered"
		d.dflags |= flagChanged
		d.lookAt(d.lifeEnd)
		d.touch()
	}
	d.mu.Unlock()
	if first {
		d.m.tell(ConfirmedEvent, d, c, msg)
	}
	return first
}

// hangUp follows a BYE.
func (d *Dialog) hangUp(c *module.Call, by Side) {
	d.mu.Lock()
	reported := d.ending
	d.ending = true
	d.dflags |= flagBye
	if !reported {
		d.reason = "BYE of the caller"
		if by == Callee {
			d.reason = "BYE of the callee"
		}
	}
	d.mu.Unlock()
	was := d.close("")
	if was == Draft {
		return
	}
	if !reported {
		d.m.run(d, "dialog:end", c)
	}
	d.settle(was)
	if !reported {
		d.m.tell(Terminated, d, c, c.Msg)
	}
}

// caller is the Call at work on a notice, or nil.
func caller(n *transaction.Notice) *module.Call {
	c, _ := n.From.(*module.Call)
	return c
}
