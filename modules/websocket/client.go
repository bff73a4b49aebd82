// SPDX-License-Identifier: Apache-2.0

package websocket

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"

	"github.com/kahea-sip/kahea/core/transport"
)

// client is a WebSocket connection.
type client struct {
	id      transport.ConnID
	framing framing
	clients *clients

	last    atomic.Int64 // when it was last used, by the monotonic clock
	waiting atomic.Bool  // a Ping was sent, and its Pong has not come
	leftAt  atomic.Int64 // when our Close was sent, 0 for not
}

// used implements witness.
func (c *client) used() { c.last.Store(int64(c.clients.now())) }

// ponged implements witness.
func (c *client) ponged() { c.waiting.Store(false) }

// idle is how long the connection was not used.
func (c *client) idle() time.Duration { return c.clients.now() - time.Duration(c.last.Load()) }

// clients has all connections. They outlive a generation, so that what is here
// does too.
type clients struct {
	now func() time.Duration

	// disabled tells that no new connections are taken (ws.disable).
	disabled atomic.Bool

	mu   sync.Mutex
	byID map[transport.ConnID]*client // guarded by mu
	most int64                        // guarded by mu
}

func newClients(now func() time.Duration) *clients {
	return &clients{now: now, byID: map[transport.ConnID]*client{}}
}

func (s *clients) add(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[c.id] = c
	s.most = max(s.most, int64(len(s.byID)))
}

// remove forgets a connection and returns it, nil where there is none.
func (s *clients) remove(id transport.ConnID) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.byID[id]
	delete(s.byID, id)
	return c
}

func (s *clients) find(id transport.ConnID) *client {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[id]
}

// all lists the connections by their number.
func (s *clients) all() []*client {
	s.mu.Lock()
	list := make([]*client, 0, len(s.byID))
	for _, c := range s.byID {
		list = append(list, c)
	}
	s.mu.Unlock()
	slices.SortFunc(list, func(a, b *client) int { return cmp.Compare(a.id, b.id) })
	return list
}

func (s *clients) numbers() (now, most int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int64(len(s.byID)), s.most
}

// ping sends a Ping, or a Pong that nobody has asked for.
func (m *WebSocket) ping(c *client, op ws.OpCode) bool {
	if c.framing.left.Load() {
		return false
	}
	if op == ws.OpPing {
		c.waiting.Store(true)
	}
	if !m.host.Transport().Transmit(c.id, appendFrame(nil, op, []byte(m.pingData))) {
		return false
	}
	m.count.transmitted.Inc()
	c.used()
	return true
}

// leave begins the closing handshake (RFC 6455 7.1.2).
func (m *WebSocket) leave(c *client, code ws.StatusCode, reason string) bool {
	if c.framing.left.Swap(true) {
		return false
	}
	c.leftAt.Store(int64(m.clients.now()) + 1)
	m.count.localClosed.Inc()
	m.count.transmitted.Inc()
	return m.host.Transport().Leave(c.id, closeFrame(code, reason))
}

// tend is the timer of the module: it closes what its client does not close after
// our Close.
func (m *WebSocket) tend() {
	now := int64(m.clients.now())
	for _, c := range m.clients.all() {
		if at := c.leftAt.Load(); at != 0 && now-at >= int64(m.removeDelay)*int64(time.Second) {
			m.host.Transport().CloseConn(c.id)
		}
	}
}
