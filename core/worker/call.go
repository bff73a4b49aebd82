// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"log/slog"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// newCall makes a Call with its message and its logger.
func (e *Engine) newCall() *module.Call {
	c := &module.Call{Msg: transaction.NewMessage(), Host: e}
	c.SetLog(e.opt.Log.With("module", "script", "prefix", prefix{e, c}, "callid", callID{c}))
	return c
}

// prefix is the text of log_prefix for the message of a Call, evaluated when
// a line is really written.
type prefix struct {
	engine *Engine
	call   *module.Call
}

// LogValue implements slog.LogValuer.
func (p prefix) LogValue() slog.Value {
	t := p.engine.opt.LogPrefix
	if t == nil || p.call.Mem == nil || p.call.Gen == nil {
		return slog.StringValue("")
	}
	return slog.StringValue(t.Eval(p.call))
}

// callID is the Call-ID of the message, for logs that have a field for it.
type callID struct{ call *module.Call }

// LogValue implements slog.LogValuer.
func (i callID) LogValue() slog.Value {
	if i.call.Msg == nil || i.call.MadeUp {
		return slog.StringValue("")
	}
	return slog.StringValue(i.call.Msg.CallID())
}

// madeUp is the message of work that no packet started, so that variables and
// functions of an event route find what they expect.
const madeUp = "OPTIONS sip:you@kamailio.org SIP/2.0\r\n" +
	"Via: SIP/2.0/UDP 127.0.0.1\r\n" +
	"From: <sip:you@kamailio.org>;tag=0\r\n" +
	"To: <sip:you@kamailio.org>\r\n" +
	"Call-ID: 0-0@127.0.0.1\r\n" +
	"CSeq: 1 OPTIONS\r\n" +
	"Content-Length: 0\r\n\r\n"

// NewCall implements module.Host.
func (e *Engine) NewCall() *module.Call {
	c := e.calls.Get().(*module.Call)
	buf := transport.NewBuffer(len(madeUp))
	n := copy(buf.Data, madeUp)
	p := transport.Packet{Data: buf.Data[:n], Buffer: buf, Time: e.opt.Clock.Now()}
	if sockets := e.opt.Transport.Sockets(); len(sockets) > 0 {
		p.Socket, p.Src, p.Dst = sockets[0], sockets[0].Addr, sockets[0].Addr
	}
	c.Reset(c.Msg, p)
	c.Out, c.Gen, c.Route, c.MadeUp = e.opt.Transport, e.Generation(), module.EventRoute, true
	if err := c.Msg.Parse(p.Data); err != nil {
		panic(err) // the text above is at fault
	}
	c.Target.URI = c.Msg.RequestURI
	return c
}

// FreeCall implements module.Host.
func (e *Engine) FreeCall(c *module.Call) {
	e.done(c)
	e.calls.Put(c)
}

// Receive implements module.Host.
func (e *Engine) Receive(p transport.Packet) {
	c := e.calls.Get().(*module.Call)
	e.receive(c, p, e.opt.Transport)
	e.calls.Put(c)
}

// lender is a Sender of a worker whose place can be lent.
type lender interface{ Lend() }

// Block implements module.Host.
func (e *Engine) Block(c *module.Call, f func()) {
	if l, ok := c.Out.(lender); ok {
		l.Lend()
	}
	f()
}
