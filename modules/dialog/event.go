// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// Event is something that happens in the life of a dialog, or a set of such
// events.
type Event uint16

// The events.
const (
	Created Event = 1 << iota
	// Spiraled: an INVITE of a known dialog came by again.
	Spiraled
	// Ringing: the first provisional reply was sent.
	Ringing
	// AnsweredEvent: a 2xx was sent; ConfirmedEvent: its ACK came.
	AnsweredEvent
	ConfirmedEvent
	// Failed: the INVITE had a negative final reply. Call is that of its
	// transaction.
	Failed
	// RequestWithin: a request other than ACK and BYE.
	RequestWithin
	// Terminated: by a BYE, also one that was asked for here.
	Terminated
	// Expired: the call has lasted too long.
	Expired
	// Closed: all is over of a call that was answered, once for each. Its BYE
	// has its final reply, and then Message is the BYE and Call that of its
	// transaction; or the BYEs that were sent here have theirs; or nobody
	// waits for one.
	Closed
	// Destroyed: the dialog is forgotten.
	Destroyed
)

// Notice tells of an event.
type Notice struct {
	Event  Event
	Dialog *Dialog
	// Call is the one at work, nil where a timer or a command is.
	Call *module.Call
	// Message is the request or reply that led to the event, nil for none.
	Message *sip.Message
}

type listener struct {
	mask Event
	f    func(*Notice)
}

// On calls f for events of all dialogs: no lock of the dialog is held, that of a
// transaction may be. f must not wait. It is for the Start of a module that
// requires dialog.
func (m *Module) On(events Event, f func(*Notice)) {
	m.heard = append(m.heard, listener{events, f})
	m.mask |= events
}

func (m *Module) tell(e Event, d *Dialog, c *module.Call, msg *sip.Message) {
	if m.mask&e == 0 {
		return
	}
	n := Notice{e, d, c, msg}
	for i := range m.heard {
		if m.heard[i].mask&e != 0 {
			m.heard[i].f(&n)
		}
	}
}

// Of returns the dialog that a Call belongs to, or nil.
func (m *Module) Of(c *module.Call) *Dialog { return live(c) }

// run runs an event route with the message of c, or a made-up one where c is
// nil.
func (m *Module) run(d *Dialog, name string, c *module.Call) {
	route, ok := m.host.Route(module.EventRoute, name)
	if !ok {
		return
	}
	m.runRoute(d, c, module.EventRoute, route)
}

func (m *Module) runRoute(d *Dialog, c *module.Call, kind module.RouteKind, route module.RouteRef) {
	if c == nil {
		c = m.host.NewCall()
		defer m.host.FreeCall(c)
	}
	was, dialog, rc := c.Route, c.State.Dialog, c.RC
	c.Route, c.State.Dialog = kind, d
	c.Gen.Program.Run(c, route)
	c.Route, c.State.Dialog, c.RC = was, dialog, rc
}

// runReply runs an event route with a reply of the INVITE's transaction, or with
// the INVITE where the reply was made here.
func (m *Module) runReply(d *Dialog, name string, n *transaction.Notice) {
	route, ok := m.host.Route(module.EventRoute, name)
	if !ok {
		return
	}
	m.tm.InRequest(n.Tx, n.From, func(c *module.Call) {
		if n.Reply != nil {
			c.Msg = n.Reply
			c.Packet.Src = n.Reply.Source
		}
		m.runRoute(d, c, module.EventRoute, route)
	})
}

// requestIn sees each transaction begin.
func (m *Module) requestIn(n *transaction.Notice) {
	st := &n.Tx.State
	d, _ := st.Dialog.(*Dialog)
	switch n.Tx.Method {
	case sip.MethodInvite:
		if n.Request.ToTag() != "" {
			return
		}
		flagged := m.flag >= 0 && st.Flags&(1<<m.flag) != 0 && (d == nil || d.State() == Draft)
		if flagged || d != nil && m.timeoutAVP != nil {
			m.tm.InRequest(n.Tx, n.From, func(c *module.Call) {
				if flagged {
					d = m.begin(c, c.Msg, c.State, c.Packet, c.Gen)
				} else {
					d.readTimeout(c)
				}
			})
		}
		if d != nil {
			m.bind(n.Tx, d)
		}
	case sip.MethodBye:
		if d != nil && d.State() == Deleted {
			d.use(1)
			n.Tx.On(transaction.ReplyOut|transaction.Destroyed, d.byeHeard)
		}
	}
}

// byeHeard follows the transaction of a BYE.
func (d *Dialog) byeHeard(n *transaction.Notice) {
	switch {
	case n.Event == transaction.Destroyed:
		d.use(-1)
	case n.Code >= 200:
		d.m.tm.InRequest(n.Tx, n.From, func(c *module.Call) { d.closed(c, c.Msg) })
	}
}

// closed tells that all is over of a call that was answered.
func (d *Dialog) closed(c *module.Call, msg *sip.Message) {
	d.mu.Lock()
	first := d.answered != 0 && !d.told
	d.told = true
	d.mu.Unlock()
	if first {
		d.m.tell(Closed, d, c, msg)
	}
}
