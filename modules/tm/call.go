// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// saved is what a route of a transaction changes in the Call that it runs
// with, and what the Call has again afterwards.
type saved struct {
	msg         *sip.Message
	packet      transport.Packet
	mem         *transport.Buffer
	state       *transaction.State
	route       module.RouteKind
	tx          *transaction.Transaction
	held        bool
	branch      int
	maxForwards int
	rc          module.Result
	gen         *module.Generation
	event       any
	madeUp      bool
}

func save(c *module.Call) saved {
	return saved{c.Msg, c.Packet, c.Mem, c.State, c.Route, c.Tx, c.TxHeld, c.Branch, c.MaxForwards, c.RC, c.Gen, c.Event, c.MadeUp}
}

func (s *saved) restore(c *module.Call) {
	c.Msg, c.Packet, c.Mem, c.State = s.msg, s.packet, s.mem, s.state
	c.Route, c.Tx, c.TxHeld, c.Branch = s.route, s.tx, s.held, s.branch
	c.MaxForwards, c.RC, c.Gen, c.Event, c.MadeUp = s.maxForwards, s.rc, s.gen, s.event, s.madeUp
}

// run runs a route with the request of t. from is the Call at work, nil where
// a timer is: then one is made for the route.
func (m *TM) run(t *transaction.Transaction, from any, kind module.RouteKind, branch int, ref module.RouteRef) module.Outcome {
	c, own := m.call(from)
	if own {
		defer m.host.FreeCall(c)
	}
	s := save(c)
	defer s.restore(c)
	m.enter(c, t, kind, branch)
	return c.Gen.Program.Run(c, ref)
}

// InRequest runs f with a Call whose message is the request of t: for modules
// that are told of an event and want to read variables of the request. from is
// the notice's. The lock is held.
func (m *TM) InRequest(t *transaction.Transaction, from any, f func(c *module.Call)) {
	c, own := m.call(from)
	if own {
		defer m.host.FreeCall(c)
	}
	s := save(c)
	defer s.restore(c)
	m.enter(c, t, module.RequestRoute, -1)
	f(c)
}

// call returns the Call at work, or a new one.
func (m *TM) call(from any) (c *module.Call, own bool) {
	if c, ok := from.(*module.Call); ok && c != nil {
		return c, false
	}
	return m.host.NewCall(), true
}

// enter makes c the Call of a transaction's request. The lock is held.
func (m *TM) enter(c *module.Call, t *transaction.Transaction, kind module.RouteKind, branch int) {
	c.Msg, c.Packet, c.Mem, c.State = t.Request(), t.Packet, t.Packet.Buffer, &t.State
	c.Route, c.Tx, c.TxHeld, c.Branch = kind, t, true, branch
	c.RC, c.MadeUp = module.True, false
	if kind != module.BranchRoute {
		c.MaxForwards = -1
	}
	if g, ok := t.Gen.(*module.Generation); ok {
		c.Gen = g
	}
}

// lock takes the lock of c's transaction, unless the script runs inside it.
// It returns false when there is none; otherwise unlock follows.
func lock(c *module.Call) bool {
	if c.Tx == nil {
		return false
	}
	if !c.TxHeld {
		c.Tx.Lock(c.Out, c)
	}
	return true
}

func unlock(c *module.Call) {
	if !c.TxHeld {
		c.Tx.Unlock()
	}
}

// plan is where the script's wishes for the transaction stand. The lock of a
// transaction that the script does not run inside of is not needed for those
// that only routes of the request read.
func plan(c *module.Call) *transaction.Plan {
	if c.Tx != nil && c.State != &c.Tx.State && c.TxHeld {
		return &c.Tx.State.Plan
	}
	return &c.State.Plan
}
