// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// Worker handles one message at a time. Its Call and message are used again
// for the next one, unless a transaction took them over.
type Worker struct {
	engine *Engine
	call   *module.Call
	work   *workCell
}

var _ transport.Receiver = (*Worker)(nil)

// NewWorker makes a worker; the transport asks for one for each place where
// it reads.
func (e *Engine) NewWorker() transport.Receiver {
	return &Worker{engine: e, call: e.newCall(), work: e.works.cell()}
}

// Receive takes a packet through the script to its end. What it produces goes
// to out.
func (w *Worker) Receive(p transport.Packet, out *transport.Out) {
	w.work.taken.Add(1)
	defer w.work.done.Add(1)
	w.engine.receive(w.call, p, out)
}

// receive is the way of a message, top to bottom.
func (e *Engine) receive(c *module.Call, p transport.Packet, out transport.Sender) {
	c.Reset(c.Msg, p)
	c.Out, c.Gen = out, e.Generation()
	defer e.done(c)
	if !e.received(c) || !e.parse(c) {
		return
	}
	if c.Msg.IsHTTP() && c.Msg.IsRequest() {
		e.http(c)
		return
	}
	if e.opt.RouteLocks > 0 {
		key := maphash.String(e.seed, c.Msg.CallID()) % uint64(e.opt.RouteLocks)
		e.routes.Lock(c, key)
		defer e.routes.Unlock(c, key)
	}
	if c.Msg.IsRequest() {
		e.request(c)
	} else {
		e.reply(c)
	}
}

// parse makes a message of the packet's bytes; false when it ends here. A log
// line for each that is no good would let anybody fill the disk: they are
// counted.
func (e *Engine) parse(c *module.Call) bool {
	m := c.Msg
	err := m.Parse(c.Packet.Data)
	m.Source, m.ForceRport = c.Packet.Src, e.opt.ForceRport
	if err != nil {
		e.count.parseErrors.Inc()
		if e.parseError(c) {
			e.refuse(c, err, true)
		}
		return false
	}
	err = c.Packet.Fault
	if err == nil && m.Status != 0 && m.IsHTTP() && !e.opt.HTTPReplies {
		err = errHTTPReply
	}
	if err == nil && len(e.httpTakers) > 0 && c.Packet.Conn != 0 && m.IsHTTP() && m.IsRequest() && !c.Packet.Socket.Upgraded() {
		return true
	}
	if err == nil && !complete(m) {
		err = errIncomplete
	}
	if err == nil {
		err = m.Check(c.Packet.Conn == 0)
	}
	if err != nil {
		e.count.badHeaders.Inc()
		if e.parseError(c) {
			e.refuse(c, err, c.Packet.Fault != nil)
		}
		return false
	}
	return true
}

// http hands a request of HTTP to the modules that serve it. Nothing of SIP is looked for in it.
func (e *Engine) http(c *module.Call) {
	c.Route = module.EventRoute
	for _, f := range e.httpTakers {
		if f(c) {
			return
		}
	}
	e.opt.Transport.CloseConn(c.Packet.Conn)
}

// complete reports whether a message has what no SIP message is without
// (RFC 3261 8.1.1), so that no later step needs to ask. It is too little to
// answer where it has not: there is no Via to follow, or no dialog to name.
func complete(m *sip.Message) bool {
	if _, err := m.Via(0); err != nil {
		return false
	}
	return m.HasHeader(sip.HeaderFrom) && m.HasHeader(sip.HeaderTo) && m.HasHeader(sip.HeaderCallID) && m.HasHeader(sip.HeaderCSeq)
}

// request runs request_route.
func (e *Engine) request(c *module.Call) {
	e.count.request(c.Msg)
	if e.opt.DNS || e.opt.RevDNS || e.opt.ReplyToVia {
		e.via(c)
	}
	c.Route = module.RequestRoute
	c.Target.URI = c.Msg.RequestURI
	c.AddLocalRport = e.opt.LocalRport
	if e.opt.AcceptAliases && c.Packet.Conn != 0 {
		e.alias(c)
	}
	for _, f := range e.onRequest {
		if !f(c) {
			e.count.droppedRequests.Inc()
			return
		}
	}
	defer e.requestEnd(c)
	e.route(c)
}

// route runs request_route. What fails in it is dealt with here, not in done:
// requestEnd lets the transaction go, and the request with it.
func (e *Engine) route(c *module.Call) {
	defer func() {
		if r := recover(); r != nil {
			e.crashed(c, r)
		}
	}()
	if !e.preRouting(c, module.RequestRoute) {
		e.count.droppedRequests.Inc()
		return
	}
	if out := e.run(c, c.Gen.Main, "request-route"); out.Result < 0 && c.Packet.Conn != 0 && !e.opt.KeepConns {
		e.opt.Transport.CloseConn(c.Packet.Conn)
	}
}

// run runs request_route or reply_route, and tells how long it took where
// somebody wants to know (latency_cfg_log).
func (e *Engine) run(c *module.Call, r module.RouteRef, what string) module.Outcome {
	if !e.opt.Log.Enabled(context.Background(), e.opt.LatencyLevel) {
		return c.Gen.Program.Run(c, r)
	}
	start := e.opt.Clock.Monotonic()
	out := c.Gen.Program.Run(c, r)
	if took := e.opt.Clock.Monotonic() - start; took >= e.opt.LatencyLimit {
		e.opt.Log.Log(context.Background(), e.opt.LatencyLevel, fmt.Sprintf("%s executed in: %d usec", what, took.Microseconds()))
	}
	return out
}

// alias makes the connection that a request came by the one to its sent-by
// port, where its Via asks for it.
func (e *Engine) alias(c *module.Call) {
	via, err := c.Msg.Via(0)
	if err != nil || !via.HasAlias {
		return
	}
	port := via.Port
	if port == 0 {
		port = c.Packet.Socket.Proto.DefaultPort()
	}
	e.opt.Transport.AliasConn(c.Packet.Conn, uint16(port))
}

// requestEnd runs what modules want done after the script of a request, also
// when the script failed inside the engine: a transaction must be let go. The
// last that asked for it is the first, so that tm, on which others build, lets
// the request go when nobody reads it any more.
func (e *Engine) requestEnd(c *module.Call) {
	for _, f := range slices.Backward(e.onRequestEnd) {
		f(c)
	}
}

// reply runs reply_route, then hands the reply to the transaction that waits
// for it, or upstream.
func (e *Engine) reply(c *module.Call) {
	e.count.reply(c.Msg)
	c.Route = module.CoreReplyRoute
	for _, f := range e.onReply {
		if !f(c) {
			e.count.droppedReplies.Inc()
			return
		}
	}
	if !e.preRouting(c, module.CoreReplyRoute) || c.Gen.Reply != module.NoRoute && e.run(c, c.Gen.Reply, "reply-route").Drop {
		e.count.droppedReplies.Inc()
		return
	}
	for _, f := range e.replyTakers {
		if f(c) {
			return
		}
	}
	e.forwardReply(c)
}

// done ends a message: a panic costs this message alone, and the memory is
// given back unless a transaction owns it now.
func (e *Engine) done(c *module.Call) {
	if r := recover(); r != nil {
		e.crashed(c, r)
	}
	if c.Adopted {
		c.Adopted = false
		c.Msg = transaction.NewMessage()
		return
	}
	c.Packet.Buffer.Release()
}
