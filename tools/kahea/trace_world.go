// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/transport"
)

// madeUp is the world of a trace: sockets that keep what is sent, and a name server to which every name is known.
type madeUp struct {
	*transport.MemoryNetwork
	view *traceView

	mu    sync.Mutex
	sends []*sent               // guarded by mu
	names map[string]netip.Addr // guarded by mu
}

// sent is a message that would have left.
type sent struct {
	number    int // from 1
	proto     transport.Proto
	from, to  netip.AddrPort
	text      string
	isRequest bool
}

var (
	_ transport.Network = (*madeUp)(nil)
	_ locate.Resolver   = (*madeUp)(nil)
)

func newMadeUp(view *traceView) *madeUp {
	return &madeUp{MemoryNetwork: transport.NewMemoryNetwork(), view: view, names: map[string]netip.Addr{}}
}

// Resolve gives each name an address of those that are for documentation (RFC 5737, RFC 3849 for IPv6), and says so. Only addresses
// are known: no service is.
func (m *madeUp) Resolve(_ context.Context, name string, t locate.Type) ([]locate.Record, error) {
	if t != locate.A {
		return nil, locate.ErrNotFound
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	name = strings.ToLower(name)
	addr, known := m.names[name]
	if !known {
		addr = netip.AddrFrom4([4]byte{198, 51, 100, byte(1 + len(m.names)%254)})
		m.names[name] = addr
		m.view.note("the name %s is made up to be %s", name, addr)
	}
	return []locate.Record{{Addr: addr, TTL: time.Hour}}, nil
}

// note keeps a message that was sent and tells it.
func (m *madeUp) note(proto transport.Proto, from, to netip.AddrPort, data []byte) {
	text := string(data)
	m.mu.Lock()
	s := &sent{number: len(m.sends) + 1, proto: proto, from: from, to: to, text: text, isRequest: !strings.HasPrefix(strings.ToUpper(text), "SIP/")}
	m.sends = append(m.sends, s)
	m.mu.Unlock()
	m.view.sends(s)
}

// sent gives the message of a number, nil where there is none.
func (m *madeUp) sent(n int) *sent {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n < 1 || n > len(m.sends) {
		return nil
	}
	return m.sends[n-1]
}

// lastRequest gives the number of the last request that was sent and can be answered, 0 where there is none.
func (m *madeUp) lastRequest() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := len(m.sends) - 1; i >= 0; i-- {
		if s := m.sends[i]; s.isRequest && !strings.HasPrefix(s.text, "ACK ") {
			return s.number
		}
	}
	return 0
}

// ListenPacket implements transport.Network.
func (m *madeUp) ListenPacket(addr netip.AddrPort) (transport.PacketConn, error) {
	c, err := m.MemoryNetwork.ListenPacket(addr)
	if err != nil {
		return nil, err
	}
	return &keptPackets{c, m}, nil
}

// keptPackets is a UDP socket that keeps what is sent.
type keptPackets struct {
	transport.PacketConn
	world *madeUp
}

// WriteTo implements transport.PacketConn.
func (c *keptPackets) WriteTo(data []byte, to netip.AddrPort) error {
	c.world.note(transport.UDP, c.LocalAddr(), to, data)
	return nil
}

// Dial implements transport.Network: everybody answers.
func (m *madeUp) Dial(_ context.Context, local, remote netip.AddrPort) (net.Conn, error) {
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(netip.AddrFrom4([4]byte{192, 0, 2, 1}), 0)
		if remote.Addr().Is6() {
			local = netip.AddrPortFrom(netip.MustParseAddr("2001:db8::1"), 0)
		}
	}
	return &keptConn{world: m, proto: transport.TCP, local: local, remote: remote, closed: make(chan struct{})}, nil
}

// keptConn is a connection that keeps what is written.
type keptConn struct {
	world         *madeUp
	proto         transport.Proto
	local, remote netip.AddrPort
	once          sync.Once
	closed        chan struct{}
}

var _ net.Conn = (*keptConn)(nil)

// Read implements net.Conn: nobody says anything.
func (c *keptConn) Read([]byte) (int, error) {
	<-c.closed
	return 0, io.EOF
}

// Write implements net.Conn.
func (c *keptConn) Write(b []byte) (int, error) {
	c.world.note(c.proto, c.local, c.remote, b)
	return len(b), nil
}

// Close implements net.Conn.
func (c *keptConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

// LocalAddr implements net.Conn.
func (c *keptConn) LocalAddr() net.Addr { return net.TCPAddrFromAddrPort(c.local) }

// RemoteAddr implements net.Conn.
func (c *keptConn) RemoteAddr() net.Addr { return net.TCPAddrFromAddrPort(c.remote) }

// SetDeadline implements net.Conn: nothing waits here.
func (c *keptConn) SetDeadline(time.Time) error { return nil }

// SetReadDeadline implements net.Conn.
func (c *keptConn) SetReadDeadline(time.Time) error { return nil }

// SetWriteDeadline implements net.Conn.
func (c *keptConn) SetWriteDeadline(time.Time) error { return nil }
