// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"bytes"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// replyOut runs event_route[corex:reply-out] for each reply that was sent.
type replyOut struct {
	callback string
	host     module.Host
	route    module.RouteRef
}

var _ transport.Watcher = (*replyOut)(nil)

// start watches what is sent, where there is a route for it.
func (o *replyOut) start(h module.Host) {
	var ok bool
	if o.route, ok = h.Route(module.EventRoute, eventReplyOut); ok {
		o.host = h
		h.Transport().Watch(o)
	}
}

// Received implements transport.Watcher.
func (o *replyOut) Received(transport.Packet) {}

// Sent implements transport.Watcher. What the route itself sends passes it
// not again: it is Plain.
func (o *replyOut) Sent(d transport.Destination, data []byte) {
	if d.Plain || !bytes.HasPrefix(data, []byte("SIP/2.0 ")) {
		return
	}
	p := transport.Packet{Data: data, Dst: d.Addr, Socket: d.Socket, Conn: d.Conn}
	if d.Socket != nil {
		p.Src = d.Socket.Addr
	}
	c := newCall(o.host, p)
	defer o.host.FreeCall(c)
	c.Gen.Program.Run(c, o.route)
}
