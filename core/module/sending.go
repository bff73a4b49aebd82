// SPDX-License-Identifier: Apache-2.0

package module

import (
	"slices"

	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

var _ transaction.Caller = (*Call)(nil)

// Received is the message of c as the transaction layer wants it.
func (c *Call) Received() transaction.Received {
	return transaction.Received{Msg: c.Msg, Packet: c.Packet, State: c.State, Out: c.Out, Gen: c.Gen, From: c}
}

// ReceivedReply is Received for a reply that is given to the transactions; it is
// valid as long as the message. A Call has one, as a reply is given once: on the
// heap it would be 240 bytes for each.
func (c *Call) ReceivedReply() *transaction.Received {
	c.received = c.Received()
	return &c.received
}

// Sending is Call.Event in an onsend route: what leaves, and where to.
type Sending struct {
	transport.Destination
	// Text is the message as it leaves.
	Text []byte
}

// OnSend implements transaction.Caller.
func (c *Call) OnSend(d transport.Destination, text []byte) bool {
	if c.Gen == nil || c.Gen.OnSend == NoRoute || !c.Msg.IsRequest() && !c.Gen.OnSendReplies && !c.Host.Core().OnSendReplies {
		return true
	}
	if d.Socket == nil {
		d.Socket = c.Packet.Socket
	}
	// So that only where there is a route it is allocated.
	to := Sending{d, text}
	kind, event, rc := c.Route, c.Event, c.RC
	c.Route, c.Event = OnSendRoute, &to
	out := c.Gen.Program.Run(c, c.Gen.OnSend)
	c.Route, c.Event, c.RC = kind, event, rc
	return !out.Drop
}

// RunReply runs an event route in whose place of the message stands a reply that was
// sent, as Kamailio does.
func (c *Call) RunReply(r RouteRef, reply []byte) {
	m := transaction.NewMessage()
	defer transaction.FreeMessage(m)
	if m.Parse(slices.Clone(reply)) != nil { // what the script keeps of it outlives the reply
		return
	}
	msg, kind, event, rc := c.Msg, c.Route, c.Event, c.RC
	c.Msg, c.Route, c.Event = m, EventRoute, nil
	c.Gen.Program.Run(c, r)
	c.Msg, c.Route, c.Event, c.RC = msg, kind, event, rc
}
