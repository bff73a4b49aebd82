// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

const (
	eventNetwork  = "network:msg"
	eventReplyOut = "corex:reply-out"
)

var (
	errNoRoute = errors.New("nio_intercept needs event_route[network:msg]")
	errNoAVP   = errors.New("nio_msg_avp: not an AVP")
)

// network runs event_route[network:msg] for what is received and sent.
type network struct {
	on, shortest int
	name         string

	host  module.Host
	route module.RouteRef
	text  module.Accessor // nil where nothing can be changed
}

var _ transport.Filter = (*network)(nil)

// passing is what the route is called with.
type passing struct{ incoming bool }

// prepare finds the AVP.
func (n *network) prepare(b module.Binder) error {
	if n.on == 0 {
		return nil
	}
	if n.name == "" {
		b.Log().Warn("nio_msg_avp is not set: event_route[network:msg] changes nothing", "module", "corex")
		return nil
	}
	v, err := b.Var(n.name)
	if err != nil {
		return fmt.Errorf("nio_msg_avp: %w", err)
	}
	if !strings.HasPrefix(n.name, "$avp(") {
		return errNoAVP
	}
	n.text = v
	return nil
}

// start lets the messages pass through the route.
func (n *network) start(h module.Host) error {
	if n.on == 0 {
		return nil
	}
	var ok bool
	if n.route, ok = h.Route(module.EventRoute, eventNetwork); !ok {
		return errNoRoute
	}
	n.host = h
	h.Transport().SetFilter(n)
	return nil
}

// Received implements transport.Filter.
func (n *network) Received(p transport.Packet) []byte { return n.pass(p, true) }

// Sending implements transport.Filter.
func (n *network) Sending(d transport.Destination, data []byte) []byte {
	p := transport.Packet{Data: data, Dst: d.Addr, Socket: d.Socket, Conn: d.Conn}
	if d.Socket != nil {
		p.Src = d.Socket.Addr
	}
	return n.pass(p, false)
}

// pass runs the route for a message, and returns what takes its place. The
// route has a Call of its own: the one whose message is sent may be in the
// middle of its script.
func (n *network) pass(p transport.Packet, incoming bool) []byte {
	if len(p.Data) == 0 || len(p.Data) < n.shortest {
		return p.Data
	}
	c := newCall(n.host, p)
	defer n.host.FreeCall(c)
	c.Event = &passing{incoming}
	c.Gen.Program.Run(c, n.route)
	c.Event = nil
	if n.text == nil {
		return p.Data
	}
	v := n.text.Get(c, module.Index{})
	if v.IsNull() {
		return p.Data
	}
	return v.AppendText(nil)
}

// newCall makes a call whose message is that of a packet, as far as it can be
// taken apart. What its script sends passes no route again.
func newCall(h module.Host, p transport.Packet) *module.Call {
	c := h.NewCall()
	own := c.Packet
	p.Buffer, p.Time = own.Buffer, own.Time
	c.Packet = p
	c.Out = plain{h.Transport()}
	// The text of a message that is none is all that its route asks for.
	_ = c.Msg.Parse(p.Data)
	c.Target.URI = c.Msg.RequestURI
	return c
}

// plain sends past the filter.
type plain struct{ layer *transport.Layer }

// Send implements transport.Sender.
func (s plain) Send(d transport.Destination, data []byte) error {
	d.Plain = true
	return s.layer.Send(d, data)
}

// isIncoming is is_incoming().
func isIncoming(c *module.Call, _ module.Args) module.Result {
	if p, ok := c.Event.(*passing); ok {
		return module.Bool(p.incoming)
	}
	return module.Bool(!c.MadeUp)
}
