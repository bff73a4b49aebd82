// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

// replied runs event_route[presence:notify-reply] for the reply to a NOTIFY. The
// transaction's lock is held.
func (p *Presence) replied(n *notice, e *transaction.Notice) {
	if p.onReply == module.NoRoute {
		return
	}
	p.tm.InRequest(e.Tx, e.From, func(c *module.Call) {
		x := p.local(c)
		was := *x
		x.show(c, n.snapshot)
		x.reply = e.Reply
		route := c.Route
		c.Route = module.EventRoute
		c.Gen.Program.Run(c, p.onReply)
		c.Route = route
		n.snapshot.deleted = p.wantsEnd(c)
		*x = was
	})
}

// wantsEnd tells whether the script has set $xavp(NAME=>delete_subscription) to 1.
func (p *Presence) wantsEnd(c *module.Call) bool {
	if p.xavpCfg == "" {
		return false
	}
	it := c.XAVPs.At(p.xavpCfg, 0)
	if it == nil || it.Fields == nil {
		return false
	}
	f := it.Fields.At("delete_subscription", 0)
	if f == nil {
		return false
	}
	v, ok := number(f.Value)
	return ok && v == 1
}
