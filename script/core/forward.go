// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"sync"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

// The protocols of the forward functions.
const (
	protoOfURI = transport.ProtoNone
	overUDP    = transport.UDP
	overTCP    = transport.TCP
	overTLS    = transport.TLS
)

var (
	errBadURI       = errors.New("the next hop is no SIP URI")
	errUnresolvable = errors.New("the next hop has no address")
	errNoSocket     = errors.New("no socket can reach the next hop")
)

// forward makes the function that sends the request on without state
// (RFC 3261 16.11).
func forward(proto transport.Proto) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		q, err := nextHop(c, a, proto)
		if err != nil {
			return c.Fail("forward", err)
		}
		d, err := destination(c, q)
		if err != nil {
			c.Err = transaction.ErrUnresolvable
			return c.Fail("forward", err)
		}
		if !onSend(c, &d) {
			return module.True
		}
		text := printed.Get().(*[]byte)
		*text = printRequest((*text)[:0], c, &d)
		err = c.Out.Send(d, *text)
		printed.Put(text)
		if err != nil {
			return c.Fail("forward", err)
		}
		return module.True
	}
}

// nextHop is where the arguments, else the request, want to go.
func nextHop(c *module.Call, a module.Args, proto transport.Proto) (locate.Query, error) {
	uri := c.Target.URI
	if c.Target.DstURI != "" && !a[0].Given {
		uri = c.Target.DstURI
	}
	u, err := sip.ParseURI(uri)
	if err != nil || !u.IsSIP() {
		return locate.Query{}, errBadURI
	}
	q := locate.Query{Host: u.Host, Port: u.Port, Transport: u.Transport(), Secure: u.Scheme == sip.SchemeSIPS}
	if m := u.Maddr(); m != "" {
		q.Host = m
	}
	if proto != protoOfURI {
		q.Transport, q.Secure = proto, q.Secure && proto.Secure()
	}
	if a[0].Given && a.Str(0) != "uri:host" {
		q.Host, q.Port = a.Str(0), 0
		if proto == protoOfURI {
			q.Transport, q.Secure = transport.UDP, false
		}
	}
	if a[1].Given && a.Str(1) != "uri:port" {
		n, ok := sip.ParseUint(a.Str(1))
		if !ok || n > 65535 {
			return q, errPort
		}
		q.Port = int(n)
	}
	return q, nil
}

// destination finds address and socket.
func destination(c *module.Call, q locate.Query) (transport.Destination, error) {
	l := c.Host.Locator()
	found, ok := l.Ready(q)
	if !ok {
		var err error
		c.Block(func() { found, err = l.Locate(c.Context(), q) })
		if err != nil {
			return transport.Destination{}, errUnresolvable
		}
	}
	at, ok := found.Next()
	if !ok {
		return transport.Destination{}, errUnresolvable
	}
	d := transport.Destination{Proto: at.Proto, Addr: at.Addr, Socket: c.Target.Socket, Conn: c.Target.Conn,
		NoConnect: c.ForwardNoConnect, Close: c.ForwardClose}
	if d.Socket == nil || d.Socket.Proto != at.Proto {
		d.Socket = c.Packet.Socket
	}
	if d.Socket == nil || d.Socket.Proto != at.Proto || d.Socket.Addr.Addr().Is4() != at.Addr.Addr().Unmap().Is4() {
		d.Socket = c.Host.Transport().Choose(at.Proto, at.Addr.Addr())
	}
	if d.Socket == nil {
		return d, errNoSocket
	}
	return d, nil
}

// onSend runs onsend_route; false when it dropped the request.
func onSend(c *module.Call, d *transport.Destination) bool {
	if c.Gen == nil || c.Gen.OnSend == module.NoRoute {
		return true
	}
	to := *d
	kind, event, rc := c.Route, c.Event, c.RC
	c.Route, c.Event = module.OnSendRoute, &to
	out := c.Gen.Program.Run(c, c.Gen.OnSend)
	c.Route, c.Event, c.RC = kind, event, rc
	return !out.Drop
}

// printed are buffers for requests on their way to a Sender, which copies what
// it keeps.
var printed = sync.Pool{New: func() any { b := make([]byte, 0, transport.BufferSize); return &b }}

// printRequest appends the request as it leaves.
func printRequest(dst []byte, c *module.Call, d *transport.Destination) []byte {
	s := d.Socket
	o := sip.Outgoing{RequestURI: c.Target.URI, Transport: d.Proto, Host: s.Host, Port: s.Port, Rport: c.AddLocalRport,
		ConnID: uint32(c.Packet.Conn), Route: c.Target.Path, Local: s.Addr, Remote: d.Addr, Socket: s}
	if c.AdvertisedHost != "" {
		o.Host = c.AdvertisedHost
	}
	if c.AdvertisedPort != 0 {
		o.Port = c.AdvertisedPort
	}
	o.Branch = c.Mem.Keep(c.Host.Transactions().StatelessBranch(c.Mem.Begin(), c.Msg))
	return sip.AppendRequest(dst, c.Msg, &o)
}
