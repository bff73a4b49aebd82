// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// Suspend keeps the message of c for a script that goes on later: a request,
// for which a transaction is made where there is none, or the reply whose
// reply route is running. The script must end after it.
func (m *TM) Suspend(c *module.Call) error {
	if x, ok := c.Event.(*replyContext); ok && c.Route == module.ReplyRoute {
		if err := c.Tx.SuspendReply(x.branch, x.reply); err != nil {
			return err
		}
		c.Adopted = true
		return nil
	}
	if c.Tx == nil {
		if c.Msg.Method == sip.MethodAck || m.create(c) != module.True {
			return errNoTransaction
		}
	}
	if !lock(c) {
		return errNoTransaction
	}
	defer unlock(c)
	return c.Tx.Suspend()
}

// Continue runs a route for a suspended transaction. c is the Call that asks,
// nil for none. The route runs as a failure route does, for a reply as a reply
// route. The script that suspended the request may go on with it: the route runs
// within. Inside of another transaction, and for a reply, it runs later, on a
// goroutine of its own, so that no two transactions wait for each other.
func (m *TM) Continue(c *module.Call, id transaction.ID, r module.RouteRef) error {
	if c != nil && c.TxHeld && c.Route == module.RequestRoute && c.Tx.ID() == id {
		return c.Tx.ContinueHeld(func(t *transaction.Transaction, _ *transaction.Branch, _ *transaction.Received) {
			m.run(t, c, module.FailureRoute, -1, r)
		})
	}
	if c != nil && c.TxHeld {
		m.layer.Go("t_continue", func() {
			if err := m.resume(nil, id, r); err != nil {
				m.host.Log().Error("t_continue failed", "err", err)
			}
		})
		return nil
	}
	return m.resume(c, id, r)
}

func (m *TM) resume(c *module.Call, id transaction.ID, ref module.RouteRef) error {
	var x transaction.Received
	if c != nil {
		x.Out, x.From = c.Out, c
	}
	return m.layer.Continue(id, &x, func(t *transaction.Transaction, b *transaction.Branch, r *transaction.Received) {
		if r == nil {
			m.run(t, x.From, module.FailureRoute, -1, ref)
			return
		}
		c, own := m.call(x.From)
		if own {
			defer m.host.FreeCall(c)
		}
		r.From = c
		m.replyRoute(t, b, r, ref)
	})
}
