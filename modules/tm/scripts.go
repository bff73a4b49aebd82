// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"sync"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// scripts runs the routes of the configuration for the transactions.
type scripts struct{ *TM }

var _ transaction.Scripts = scripts{}

// Branch implements transaction.Scripts: it runs branch_route.
func (m scripts) Branch(t *transaction.Transaction, b *transaction.Branch, from any) bool {
	r := t.State.Plan.OnBranch
	if r == 0 {
		return true
	}
	return !m.run(t, from, module.BranchRoute, b.Index, module.RouteRef(r)).Drop
}

// Reply implements transaction.Scripts: it runs onreply_route. The message is
// the reply, the rest is the transaction's; branch flags are the branch's.
func (m scripts) Reply(t *transaction.Transaction, b *transaction.Branch, r *transaction.Received) bool {
	return m.replyRoute(t, b, r, module.RouteRef(b.OnReply))
}

// replyRoute runs a route for a reply.
func (m *TM) replyRoute(t *transaction.Transaction, b *transaction.Branch, r *transaction.Received, ref module.RouteRef) bool {
	c, ok := r.From.(*module.Call)
	if !ok || c == nil {
		return true
	}
	s := save(c)
	main := t.State.Target
	t.State.Target = b.Target
	c.Msg, c.Packet, c.Mem, c.State = r.Msg, r.Packet, r.Packet.Buffer, &t.State
	c.Route, c.Tx, c.TxHeld, c.Branch = module.ReplyRoute, t, true, b.Index
	e := replyContexts.Get().(*replyContext)
	*e = replyContext{b, r}
	c.RC, c.Event = module.True, e
	if g, ok := t.Gen.(*module.Generation); ok {
		c.Gen = g
	}
	out := c.Gen.Program.Run(c, ref)
	b.Target.Flags = t.State.Target.Flags
	t.State.Target = main
	s.restore(c)
	*e = replyContext{}
	replyContexts.Put(e)
	return !out.Drop
}

var replyContexts = sync.Pool{New: func() any { return new(replyContext) }}

// replyContext is Call.Event in a reply route, for t_suspend.
type replyContext struct {
	branch *transaction.Branch
	reply  *transaction.Received
}

// BranchFailure implements transaction.Scripts: it runs
// event_route[tm:branch-failure:NAME].
func (m scripts) BranchFailure(t *transaction.Transaction, b *transaction.Branch, r transaction.Route, from any) {
	m.run(t, from, module.BranchFailureRoute, b.Index, module.RouteRef(r))
}

// Failure implements transaction.Scripts: it runs failure_route.
func (m scripts) Failure(t *transaction.Transaction, r transaction.Route, from any) {
	m.run(t, from, module.FailureRoute, -1, module.RouteRef(r))
}

// OnSend implements transaction.Scripts: it runs onsend_route.
func (m scripts) OnSend(t *transaction.Transaction, b *transaction.Branch, d transport.Destination, data []byte, from any) bool {
	g, ok := t.Gen.(*module.Generation)
	if !ok || g == nil || g.OnSend == module.NoRoute {
		return true
	}
	c, own := m.call(from)
	if own {
		defer m.host.FreeCall(c)
	}
	s := save(c)
	defer s.restore(c)
	m.enter(c, t, module.OnSendRoute, b.Index)
	c.Event = &module.Sending{Destination: d, Text: data}
	return !g.Program.Run(c, g.OnSend).Drop
}

// OnSendReply implements transaction.Scripts: it runs onsend_route for a reply
// that goes upstream (onsend_route_reply, or a function of a script).
func (m scripts) OnSendReply(t *transaction.Transaction, b *transaction.Branch, reply *sip.Message, data []byte, from any) bool {
	g, ok := t.Gen.(*module.Generation)
	if !ok || g == nil || g.OnSend == module.NoRoute || !g.OnSendReplies && !m.host.Core().OnSendReplies {
		return true
	}
	c, own := m.call(from)
	if own {
		defer m.host.FreeCall(c)
	}
	s := save(c)
	defer s.restore(c)
	m.enter(c, t, module.OnSendRoute, b.Index)
	c.Msg, c.Event = reply, &module.Sending{Destination: t.ReplyTo(), Text: data}
	return !g.Program.Run(c, g.OnSend).Drop
}

// Local implements transaction.Scripts: it runs
// event_route[tm:local-request].
func (m scripts) Local(t *transaction.Transaction, _ *transaction.Branch, from any) {
	g, ok := t.Gen.(*module.Generation)
	if !ok || g == nil {
		g = m.host.Generation()
		t.Gen = g
	}
	r, ok := g.Program.Lookup(module.LocalRoute, "tm:local-request")
	if !ok {
		return
	}
	m.run(t, from, module.LocalRoute, -1, r)
}
