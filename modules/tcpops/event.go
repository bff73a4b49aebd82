// SPDX-License-Identifier: Apache-2.0

package tcpops

import (
	"errors"
	"sync"
	"syscall"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

// asked are the connections that tcp_enable_closed_event has named.
type asked struct {
	mu  sync.Mutex
	ids map[transport.ConnID]bool // guarded by mu
}

func newAsked() *asked { return &asked{ids: map[transport.ConnID]bool{}} }

func (a *asked) add(id transport.ConnID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ids[id] = true
}

// remove forgets a connection and says whether it was named.
func (a *asked) remove(id transport.ConnID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.ids[id]
	delete(a.ids, id)
	return was
}

// ask is tcp_enable_closed_event([conid]).
func (m *TCPOps) ask(c *module.Call, a module.Args) module.Result {
	id := own(c, a, 0)
	if m.events != eventsAsked {
		return module.False
	}
	m.asked.add(id)
	if _, ok := m.host.Transport().Connection(id); !ok {
		m.asked.remove(id) // it may have ended meanwhile
		return module.False
	}
	return module.True
}

// closed is told of each connection that has ended.
func (m *TCPOps) closed(at transport.Connection) {
	named := m.asked.remove(at.ID)
	if m.events == eventsNever || m.events == eventsAsked && !named || at.State == transport.ConnConnecting {
		return
	}
	name := eventOf(at.End)
	route, ok := m.host.Route(module.EventRoute, name)
	if name == "" || !ok {
		return
	}
	c := m.host.NewCall()
	defer m.host.FreeCall(c)
	p := &c.Packet
	p.Src, p.Dst, p.Socket, p.Conn = at.Remote, at.Local, at.Socket, at.ID
	c.Msg.Source, c.Route = p.Src, module.EventRoute
	c.Gen.Program.Run(c, route)
}

// eventOf is the event route for an end; empty where this server has let its
// time run out or stops, of which Kamailio tells nothing either.
func eventOf(end error) string {
	switch {
	case errors.Is(end, transport.ErrExpired), errors.Is(end, transport.ErrStopped):
		return ""
	case errors.Is(end, syscall.ECONNRESET):
		return eventReset
	case errors.Is(end, syscall.ETIMEDOUT):
		return eventTimeout
	}
	return eventClosed
}
