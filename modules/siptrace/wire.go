// SPDX-License-Identifier: Apache-2.0

package siptrace

import (
	"bytes"
	"sync"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// wire copies what sockets receive and send (trace_mode).
type wire struct{ s *SIPTrace }

var _ transport.Watcher = wire{}

// Received implements transport.Watcher.
func (w wire) Received(p transport.Packet) {
	if w.s.on.Load() && isSIP(p.Data) {
		r := received(&p, &unmarked)
		w.s.fromWire(&r)
	}
}

// Sent implements transport.Watcher.
func (w wire) Sent(d transport.Destination, data []byte) {
	if w.s.on.Load() && isSIP(data) {
		r := w.s.sent(d, data, &unmarked)
		w.s.fromWire(&r)
	}
}

var version = []byte("SIP/2.0")

// isSIP tells whether the first line is that of a request or reply, unlike that
// of a keep-alive or HTTP.
func isSIP(data []byte) bool {
	if bytes.HasPrefix(data, version) {
		return true
	}
	line, _, _ := bytes.Cut(data, []byte("\n"))
	return bytes.HasSuffix(bytes.TrimSuffix(line, []byte("\r")), version)
}

// fromWire copies a message unless event_route[siptrace:msg] leaves it out.
func (s *SIPTrace) fromWire(r *record) {
	if s.event != module.NoRoute && s.dropped(r) {
		return
	}
	s.tell(s.deliver(nil, r, s.mode, r.raw))
}

// quiet sends what the event route sends: copies of it would lead to more.
type quiet struct{ transport.Sender }

// Send implements transport.Sender.
func (q quiet) Send(d transport.Destination, data []byte) error {
	d.Unseen = true
	return q.Sender.Send(d, data)
}

// dropped runs event_route[siptrace:msg] with a copy of the message, which the
// route may look at and keep as any other.
func (s *SIPTrace) dropped(r *record) bool {
	c := s.host.NewCall()
	defer s.host.FreeCall(c)
	text := c.Mem.Keep(append(c.Mem.Begin(), r.raw...))
	if c.Msg.Parse([]byte(text)) != nil {
		return false
	}
	c.MadeUp, c.Out = false, quiet{c.Out}
	if c.Msg.IsRequest() {
		c.Target.URI = c.Msg.RequestURI
	}
	return c.Gen.Program.Run(c, s.event).Drop
}

// messages are parsed to fill the columns of the database.
var messages = sync.Pool{New: func() any { return new(sip.Message) }}
