// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

// forwardReply sends a reply upstream without state (RFC 3261 16.11): the
// topmost Via is taken off, the next one says where to.
func (e *Engine) forwardReply(c *module.Call) {
	m := c.Msg
	if e.opt.CheckVia && !e.ownVia(m) {
		e.count.droppedReplies.Inc()
		return
	}
	if m.NumVias() < 2 {
		e.count.badReplies.Inc()
		return
	}
	via, err := m.Via(1)
	if err != nil {
		e.count.badReplies.Inc()
		return
	}
	to, err := transaction.ViaDestination(c.Context(), e.opt.Locator, via)
	if err != nil {
		e.count.badReplies.Inc()
		return
	}
	to.NoConnect = c.ReplyNoConnect
	to.Close = c.ReplyClose
	out := sip.Outgoing{Transport: to.Proto, Remote: to.Addr}
	if err := c.Out.Send(to, sip.AppendResponse(c.Mem.Begin(), m, &out)); err != nil {
		e.count.badReplies.Inc()
		return
	}
	e.count.forwardedReplies.Inc()
}

// ownVia reports whether the topmost Via names this server.
func (e *Engine) ownVia(m *sip.Message) bool {
	via, err := m.Via(0)
	if err != nil {
		return false
	}
	port := via.Port
	if port == 0 {
		port = via.Transport.DefaultPort()
	}
	return e.opt.Transport.IsMyself(via.Host, port, via.Transport)
}
