// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"errors"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// Bits of the flags argument of t_relay_to.
const (
	relayNo100 = 1 << iota
	relayNoInternalReply
	relayNoFailover
)

// relayHop relays the request of c: the common part of all t_relay functions.
func (m *TM) relayHop(c *module.Call, o *transaction.Relay, flags int) module.Result {
	if flags&relayNo100 != 0 {
		o.No100 = true
	}
	if flags&relayNoFailover != 0 {
		o.NoFailover = true
	}
	switch {
	case c.Msg.Method != sip.MethodCancel && badURI(c, o):
		return m.failed(c, transaction.ErrRequestURI)
	case !c.Msg.HasEnd():
		return m.failed(c, transaction.ErrGeneral) // cut off, perhaps in the middle of the headers
	case c.Tx != nil && !c.TxHeld:
		return m.relayFound(c)
	case c.Tx == nil && c.Msg.Method == sip.MethodAck:
		return m.relayACK(c, o)
	}
	if c.Tx == nil {
		if c.Msg.Method == sip.MethodCancel && m.unmatchedCancel(c, o) {
			return module.True
		}
		if r := m.create(c); r != module.True {
			return r
		}
	}
	if flags&relayNoInternalReply != 0 {
		c.Plan.NoInternalReply = true
	}
	if c.Msg.Method == sip.MethodCancel {
		if t := m.layer.FindInvite(c.Msg); t != nil {
			defer t.Unref()
			c.Tx.RelayCancel(t)
			return module.True
		}
	}
	m.readTimers(c)
	if err := c.Tx.Relay(o); err != nil {
		return m.failed(c, err)
	}
	return module.True
}

// badURI tells that the Request-URI cannot be read or is of a scheme that
// nobody knows. It is so even where $du leads the way: the next hop could do
// no more with it (RFC 3261 16.3 step 2).
func badURI(c *module.Call, o *transaction.Relay) bool {
	if o.Host != "" || o.URI != "" {
		return false
	}
	u, err := sip.ParseURI(c.Target.URI)
	return err != nil || u.Scheme == sip.SchemeOther
}

// relayFound is t_relay for a request whose transaction was only looked up.
func (m *TM) relayFound(c *module.Call) module.Result {
	r := c.Received()
	c.Tx.Retransmit(&r)
	return module.True
}

// relayACK relays an ACK: the one for a negative reply ends here, all others
// go on without state.
func (m *TM) relayACK(c *module.Call, o *transaction.Relay) module.Result {
	r := c.Received()
	if m.layer.ACK(&r) == transaction.NegativeACK {
		return module.True
	}
	if err := m.layer.Forward(&r, &o.Hop); err != nil {
		return m.failed(c, err)
	}
	return module.True
}

// unmatchedCancel deals with a CANCEL without INVITE as unmatched_cancel says;
// false leaves it to be relayed as any request.
func (m *TM) unmatchedCancel(c *module.Call, o *transaction.Relay) bool {
	mode := m.cancelMode.Get()
	if mode == 0 {
		return false
	}
	if t := m.layer.FindInvite(c.Msg); t != nil {
		t.Unref()
		return false
	}
	if mode == 1 {
		r := c.Received()
		if err := m.layer.Forward(&r, &o.Hop); err != nil {
			m.failed(c, err)
		}
	}
	return true
}

// failed notes an error for sl_reply_error and returns its number.
func (m *TM) failed(c *module.Call, err error) module.Result {
	var e *transaction.Error
	if !errors.As(err, &e) {
		e = transaction.ErrGeneral
	}
	c.Err = e
	if c.Route == module.FailureRoute && (e.Number == 1 || e == transaction.ErrTooMany) {
		return module.False
	}
	return module.Result(-e.Number)
}

// relay is t_relay([host, port]).
func (m *TM) relay(c *module.Call, a module.Args) module.Result {
	var o transaction.Relay
	if a[0].Given {
		hop, err := hostPort(a, transport.ProtoNone)
		if err != nil {
			return c.Fail("t_relay", err)
		}
		if o.Hop = hop; c.Packet.Socket != nil {
			o.Proto = c.Packet.Socket.Proto
		}
	}
	return m.relayHop(c, &o, 0)
}

// relayOver makes t_relay_to_udp and its kin.
func (m *TM) relayOver(proto transport.Proto) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		hop, err := hostPort(a, proto)
		if err != nil {
			return c.Fail("t_relay_to_"+proto.String(), err)
		}
		return m.relayHop(c, &transaction.Relay{Hop: hop}, 0)
	}
}

// hostPort reads the arguments host and port.
func hostPort(a module.Args, proto transport.Proto) (transaction.Hop, error) {
	h := transaction.Hop{Proto: proto}
	if !a[0].Given {
		return h, nil
	}
	h.Host = a.Str(0)
	if a[1].Given && a.Str(1) != "" && a.Str(1) != "0" {
		n, ok := sip.ParseUint(a.Str(1))
		if !ok || n > 65535 {
			return h, errors.New("the port is no number of 1 to 65535")
		}
		h.Port = int(n)
	}
	return h, nil
}

// relayTo is t_relay_to(), t_relay_to(proxy), t_relay_to(flags) and
// t_relay_to(proxy, flags).
func (m *TM) relayTo(c *module.Call, a module.Args) module.Result {
	var o transaction.Relay
	flags := 0
	for i := range a {
		if !a[i].Given {
			continue
		}
		if a[i].Err != nil {
			return c.Fail("t_relay_to", a[i].Err)
		}
		switch v := a[i].Data.(type) {
		case int:
			flags = v
		case transaction.Hop:
			o.Hop = v
		}
	}
	return m.relayHop(c, &o, flags)
}

// proxyOrFlags reads an argument of t_relay_to: flags are a number.
func proxyOrFlags(text string) (any, error) {
	if n, err := strconv.ParseInt(text, 0, 32); err == nil {
		return int(n), nil
	}
	return proxy(text)
}

// proxy reads "proto:host:port", of which proto and port may be missing.
func proxy(text string) (any, error) {
	var h transaction.Hop
	rest := text
	if head, tail, ok := strings.Cut(text, ":"); ok {
		if p, ok := transport.ParseProto(head); ok {
			h.Proto, rest = p, tail
		}
	} else if p, ok := transport.ParseProto(text); ok {
		return transaction.Hop{Proto: p}, nil
	}
	h.Host = rest
	i := strings.LastIndexByte(rest, ':')
	if i >= 0 && !strings.HasSuffix(rest, "]") && (strings.IndexByte(rest, ':') == i || rest[0] == '[') {
		n, ok := sip.ParseUint(rest[i+1:])
		if !ok || n > 65535 {
			return nil, errors.New("the port is no number of 1 to 65535")
		}
		h.Host, h.Port = rest[:i], int(n)
	}
	if h.Host == "" && h.Proto == transport.ProtoNone {
		return nil, errors.New("expected proto:host:port")
	}
	return h, nil
}

// relayCancel is t_relay_cancel().
func (m *TM) relayCancel(c *module.Call, _ module.Args) module.Result {
	if c.Msg.Method != sip.MethodCancel {
		return module.True
	}
	t := m.layer.FindInvite(c.Msg)
	if t == nil {
		return module.True
	}
	defer t.Unref()
	if c.Tx == nil {
		if r := m.create(c); r != module.True {
			return r
		}
	}
	c.Tx.RelayCancel(t)
	return module.Stop
}

// replicate makes the t_replicate functions: proto is that of the name.
func (m *TM) replicate(c *module.Call, hop transaction.Hop) module.Result {
	o := transaction.Relay{Hop: hop, Replicate: true, No100: true}
	if c.Msg.Method == sip.MethodCancel {
		o.No100 = true
	}
	return m.relayHop(c, &o, 0)
}

// replicateURI is t_replicate([uri]) and t_replicate(host, port).
func (m *TM) replicateURI(c *module.Call, a module.Args) module.Result {
	if a[1].Given {
		hop, err := hostPort(a, transport.ProtoNone)
		if err != nil {
			return c.Fail("t_replicate", err)
		}
		return m.replicate(c, hop)
	}
	return m.replicate(c, transaction.Hop{URI: a.Str(0)})
}

// replicateOver makes t_replicate_udp and its kin.
func (m *TM) replicateOver(proto transport.Proto) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		hop, err := hostPort(a, proto)
		if err != nil {
			return c.Fail("t_replicate_"+proto.String(), err)
		}
		return m.replicate(c, hop)
	}
}

// replicateTo is t_replicate_to(proto, hostport).
func (m *TM) replicateTo(c *module.Call, a module.Args) module.Result {
	h, err := proxy(a.Str(0) + ":" + a.Str(1))
	if err != nil {
		return c.Fail("t_replicate_to", err)
	}
	return m.replicate(c, h.(transaction.Hop))
}

// forwardTo is t_forward_nonack_to(proto, hostport).
func (m *TM) forwardTo(c *module.Call, a module.Args) module.Result {
	h, err := proxy(a.Str(0) + ":" + a.Str(1))
	if err != nil {
		return c.Fail("t_forward_nonack_to", err)
	}
	return m.relayHop(c, &transaction.Relay{Hop: h.(transaction.Hop)}, 0)
}
