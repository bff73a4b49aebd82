// SPDX-License-Identifier: Apache-2.0

package websocket

import (
	"errors"
	"unicode/utf8"

	"github.com/gobwas/ws"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// What ws_close says where the script does not.
const (
	normalCode   = int(ws.StatusNormalClosure)
	normalReason = "Normal closure"
)

// maxReason is the room for a reason behind its status (RFC 6455 5.5), in bytes.
const maxReason = ws.MaxControlFramePayloadSize - 2

var (
	errNoClient = errors.New("there is no such WebSocket connection")
	errLeft     = errors.New("the connection is being closed already")
	errStatus   = errors.New("the status is none that may be sent: 1000 to 1003, 1007 to 1014, 3000 to 4999")
	errText     = errors.New("the reason is not UTF-8, or longer than 123 bytes")
)

// close is ws_close([status, reason[, connection_id]]).
func (m *WebSocket) close(c *module.Call, a module.Args) module.Result {
	id := c.Packet.Conn
	if a[2].Given {
		id = transport.ConnID(a.Int(2, 0))
	}
	reason := normalReason
	if a[1].Given {
		reason = a.Str(1)
	}
	if err := m.closeWith(id, a.Int(0, normalCode), reason); err != nil {
		return c.Fail("ws_close", err)
	}
	return module.True
}

// closeWith begins to close a connection.
func (m *WebSocket) closeWith(id transport.ConnID, code int, reason string) error {
	client := m.clients.find(id)
	switch {
	case client == nil:
		return errNoClient
	case !mayBeSent(code):
		return errStatus
	case len(reason) > maxReason || !utf8.ValidString(reason):
		return errText
	case !m.leave(client, ws.StatusCode(code), reason):
		return errLeft
	}
	return nil
}

// mayBeSent tells whether a Close frame may carry a status (RFC 6455 7.4, and what
// was registered since).
func mayBeSent(code int) bool {
	return code >= 1000 && code <= 1003 || code >= 1007 && code <= 1014 || code >= 3000 && code <= 4999
}

// event is what event_route[websocket:closed] runs with.
type event struct{ id transport.ConnID }

// closed is told of each connection that has closed.
func (m *WebSocket) closed(at transport.Connection) {
	client := m.clients.remove(at.ID)
	if client == nil {
		return
	}
	route, ok := m.host.Route(module.EventRoute, eventClosed)
	if !ok {
		return
	}
	c := m.host.NewCall()
	defer m.host.FreeCall(c)
	p := &c.Packet
	p.Src, p.Dst, p.Socket, p.Conn = at.Remote, at.Local, at.Socket, at.ID
	c.Msg.Source = p.Src
	c.Route, c.Event = module.EventRoute, &event{at.ID}
	c.Gen.Program.Run(c, route)
	c.Event = nil
}

// connectionID is $ws_conid.
func connectionID(c *module.Call) module.Value {
	if e, ok := c.Event.(*event); ok {
		return avp.Number(int64(e.id))
	}
	if s := c.Packet.Socket; s != nil && s.Upgraded() {
		return avp.Number(int64(c.Packet.Conn))
	}
	return avp.Number(0)
}
