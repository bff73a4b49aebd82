// SPDX-License-Identifier: Apache-2.0

package websocket

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gobwas/ws"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// dumpMax bounds what ws.dump lists.
const dumpMax = 50

func (m *WebSocket) commands() []module.Command {
	return []module.Command{
		{Name: "ws.dump", Run: m.rpcDump, Doc: "Lists the first 50 connections; order (optional): id_hash, used_desc or used_asc."},
		{Name: "ws.close", Run: m.rpcClose, Doc: "Begins to close a connection, given by its number."},
		{Name: "ws.ping", Run: m.rpcSend(ws.OpPing), Doc: "Sends a Ping on a connection, given by its number."},
		{Name: "ws.pong", Run: m.rpcSend(ws.OpPong), Doc: "Sends a Pong on a connection, given by its number."},
		{Name: "ws.enable", Run: m.rpcAllow(true), Doc: "Takes new connections again."},
		{Name: "ws.disable", Run: m.rpcAllow(false), Doc: "Answers new handshakes with 503. Connections that are there stay."},
	}
}

// rpcDump is ws.dump.
func (m *WebSocket) rpcDump(r *module.Request) error {
	list := m.clients.all()
	order := "id_hash"
	if r.Len() > 0 {
		order, _ = r.Str(0)
	}
	byUse := func(a, b *client) int { return cmp.Compare(a.last.Load(), b.last.Load()) }
	switch order {
	case "id_hash":
	case "used_asc":
		slices.SortStableFunc(list, byUse)
	case "used_desc":
		slices.SortStableFunc(list, func(a, b *client) int { return byUse(b, a) })
	default:
		return module.Faultf(400, "Bad display order parameter")
	}
	all := module.Rows{}
	for _, c := range list {
		if at, ok := m.host.Transport().Connection(c.id); ok && len(all) < dumpMax {
			all = append(all, new(module.Struct).Add("", c.describe(&at)))
		}
	}
	truncated := "no"
	if len(list) > dumpMax {
		truncated = "yes"
	}
	s := r.Struct().Add("connections", all)
	s.Struct("info").Add("wscounter", len(all)).Add("truncated", truncated)
	return nil
}

// describe is the line of a connection.
func (c *client) describe(at *transport.Connection) string {
	state := "OPEN"
	if c.framing.left.Load() {
		state = "CLOSING"
	}
	if c.waiting.Load() {
		state += ", awaiting Pong"
	}
	return fmt.Sprintf("%[7]d: %[1]s:%[2]s -> %[1]s:%[3]s (state: %[4]s,  last used %[5]ds ago, sub-protocol: %[6]s)",
		at.Proto, at.Remote, at.Local, state, int(c.idle()/time.Second), subProtocol, uint64(c.id))
}

// named is the connection that a command names.
func (m *WebSocket) named(r *module.Request) (*client, error) {
	text, err := r.Str(0)
	if err != nil {
		return nil, module.Faultf(500, "Invalid Parameters")
	}
	id, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return nil, module.Faultf(500, "Invalid Parameters")
	}
	c := m.clients.find(transport.ConnID(id))
	if c == nil {
		return nil, module.Faultf(500, "Unknown connection ID")
	}
	return c, nil
}

// rpcClose is ws.close.
func (m *WebSocket) rpcClose(r *module.Request) error {
	c, err := m.named(r)
	if err == nil && !m.leave(c, ws.StatusNormalClosure, normalReason) {
		err = module.Faultf(500, "Error closing connection")
	}
	return err
}

// rpcSend makes ws.ping and ws.pong.
func (m *WebSocket) rpcSend(op ws.OpCode) func(r *module.Request) error {
	return func(r *module.Request) error {
		c, err := m.named(r)
		if err == nil && !m.ping(c, op) {
			err = module.Faultf(500, "Error sending frame")
		}
		return err
	}
}

// rpcAllow makes ws.enable and ws.disable.
func (m *WebSocket) rpcAllow(on bool) func(r *module.Request) error {
	return func(*module.Request) error {
		if m.clients.disabled.Swap(!on) == on {
			m.log.Warn("new WebSocket connections", "accepted", on)
		}
		return nil
	}
}
