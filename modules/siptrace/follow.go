// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
	"github.com/kahea-sip/kahea/modules/dialog"
)

// repliers is what siptrace needs of sl.
type repliers interface {
	// OnSent calls f for each reply that was sent without state.
	OnSent(f func(c *module.Call, d transport.Destination, text []byte))
	// OnACK calls f for each ACK to such a reply, before it ends.
	OnACK(f func(c *module.Call))
}

// dialogs is what siptrace needs of dialog.
type dialogs interface {
	On(events dialog.Event, f func(*dialog.Notice))
	Of(c *module.Call) *dialog.Dialog
}

// follow listens to those who send and receive what belongs to a message that
// was traced.
func (s *SIPTrace) follow() {
	s.host.Transactions().On(transaction.RequestIn, func(n *transaction.Notice) {
		if c, ok := n.From.(*module.Call); ok {
			if m := s.marked(c); m != nil {
				s.watch(n.Tx, m)
			}
		}
	})
	if sl, ok := s.host.Module("sl").(repliers); ok {
		sl.OnSent(func(c *module.Call, d transport.Destination, text []byte) {
			if m := s.marked(c); m != nil && s.on.Load() {
				r := s.sent(d, text, m)
				s.tell(s.script(c, &r))
			}
		})
		if s.ownACKs != 0 {
			sl.OnACK(func(c *module.Call) {
				if s.on.Load() {
					r := s.current(c, &unmarked)
					s.tell(s.script(c, &r))
				}
			})
		}
	}
	if d, ok := s.host.Module("dialog").(dialogs); ok {
		s.followDialogs(d)
	}
}

// tell has a copy that failed show in the log of who looks for it; the counter
// has it too.
func (s *SIPTrace) tell(err error) {
	if err != nil {
		s.log.Debug("a copy could not be sent", "err", err)
	}
}

// witness copies the messages of a transaction.
type witness struct {
	s *SIPTrace
	m *mark
}

var _ transaction.Witness = (*witness)(nil)

func (s *SIPTrace) watch(t *transaction.Transaction, m *mark) {
	t.Watch(&witness{s, m})
	t.On(transaction.NegativeACKIn, func(n *transaction.Notice) {
		if c, ok := n.From.(*module.Call); ok && s.on.Load() && n.Request == c.Msg && s.marked(c) == nil {
			r := s.current(c, m)
			s.tell(s.script(nil, &r))
		}
	})
}

// markOfACK returns the mark of the transaction that an ACK to a negative reply
// belongs to, and m where that is not traced: where the script traces the ACK too,
// one copy of it goes where those of its transaction go.
func (s *SIPTrace) markOfACK(c *module.Call, m *mark) *mark {
	r := c.Received()
	if w, ok := s.host.Transactions().ACKWitness(&r).(*witness); ok && w.s == s {
		return w.m
	}
	return m
}

// Sent implements transaction.Witness.
func (w *witness) Sent(d transport.Destination, data []byte) {
	if w.s.on.Load() {
		r := w.s.sent(d, data, w.m)
		w.s.tell(w.s.script(nil, &r))
	}
}

// Replied implements transaction.Witness.
func (w *witness) Replied(reply *transaction.Received) {
	if w.s.on.Load() {
		r := received(&reply.Packet, w.m)
		r.msg = reply.Msg
		w.s.tell(w.s.script(nil, &r))
	}
}

// markDialog has the dialog of an INVITE traced, also one that the script makes
// later.
func (s *SIPTrace) markDialog(c *module.Call, m *mark) error {
	all, ok := s.host.Module("dialog").(dialogs)
	if !ok {
		return errNoDialog
	}
	if c.Msg.MethodName != "INVITE" || c.Msg.ToTag() != "" {
		return errInvite
	}
	if d := all.Of(c); d != nil {
		d.Attach(s, m)
	}
	return nil
}

// followDialogs has the requests of dialogs traced that have a mark.
func (s *SIPTrace) followDialogs(all dialogs) {
	all.On(dialog.Created|dialog.ConfirmedEvent|dialog.RequestWithin|dialog.Terminated, func(n *dialog.Notice) {
		c := n.Call
		if c == nil || !s.on.Load() {
			return
		}
		if n.Event == dialog.Created {
			if m := s.marked(c); m != nil && m.kind == ofDialog {
				n.Dialog.Attach(s, m)
			}
			return
		}
		m, ok := n.Dialog.Attached(s).(*mark)
		if c.Msg.Method == sip.MethodAck && s.dialogACKs == 0 {
			return
		}
		if !ok || n.Message != c.Msg || !c.Msg.IsRequest() || s.marked(c) != nil {
			return
		}
		l := s.local(c)
		l.serial, l.mark = c.Serial, m
		r := s.current(c, m)
		s.tell(s.script(c, &r))
	})
}
