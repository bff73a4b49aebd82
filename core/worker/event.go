// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
)

// BeginRoutes runs event_route[core:worker-one-init], before the first message
// is received.
func (e *Engine) BeginRoutes() {
	if r, ok := e.Route(module.EventRoute, module.EventWorkerInit); ok {
		c := e.NewCall()
		defer e.FreeCall(c)
		c.Gen.Program.Run(c, r)
	}
}

// received runs event_route[core:msg-received]; false drops the packet. The
// message of the route is a made-up one, as the packet is not parsed yet:
// $rcv() has what was received. Of what the route sets, the attribute-value
// pairs are kept for the message.
func (e *Engine) received(c *module.Call) bool {
	if c.Gen.Received == module.NoRoute || !e.opt.ReceivedRoute {
		return true
	}
	m := c.Msg
	c.Msg, c.MadeUp = transaction.NewMessage(), true
	if err := c.Msg.Parse([]byte(madeUp)); err != nil {
		panic(err) // the text is at fault
	}
	c.Target.URI = c.Msg.RequestURI
	drop := e.event(c, c.Gen.Received, &c.Packet)
	if c.Adopted {
		return false
	}
	c.Msg, c.MadeUp = m, false
	s := c.State
	*s = transaction.State{AVPs: s.AVPs, XAVPs: s.XAVPs, XAVUs: s.XAVUs, XAVIs: s.XAVIs, Branches: s.Branches[:0]}
	s.Target.Q = transaction.QUnset
	return !drop
}

// parseError runs event_route[core:receive-parse-error]; false takes away the
// answer that the message would get.
func (e *Engine) parseError(c *module.Call) bool {
	if c.Gen.ParseError == module.NoRoute {
		return true
	}
	c.Target.URI = c.Msg.RequestURI
	return !e.event(c, c.Gen.ParseError, &c.Packet)
}

// preRouting runs event_route[core:pre-routing] before the route of a kind;
// false says that this shall not run.
func (e *Engine) preRouting(c *module.Call, kind module.RouteKind) bool {
	if c.Gen.PreRouting == module.NoRoute {
		return true
	}
	drop := e.event(c, c.Gen.PreRouting, nil)
	c.Route = kind
	return !drop
}

// event runs an event route and says whether it ended with drop.
func (e *Engine) event(c *module.Call, r module.RouteRef, data any) (drop bool) {
	c.Route, c.Event = module.EventRoute, data
	drop = c.Gen.Program.Run(c, r).Drop
	c.RC, c.Event = 0, nil
	return drop
}
