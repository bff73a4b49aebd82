// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// forwardReply sends a reply that nobody took upstream without state.
func (e *Engine) forwardReply(c *module.Call) {
	m := c.Msg
	if e.opt.CheckVia && !e.ownVia(m) {
		e.count.droppedReplies.Inc()
		return
	}
	r := c.Received()
	_ = e.opt.Transactions.ForwardReply(&r) // it is counted
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
