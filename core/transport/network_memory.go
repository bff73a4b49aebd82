// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// MemoryNetwork is a network inside the process, for tests: several layers and
// test peers that use the same one reach each other. Nothing is lost as long as
// the receiver keeps up, and everything arrives in the order in which it was sent.
// Any address can be bound. Make it with NewMemoryNetwork.
type MemoryNetwork struct {
	mu        sync.Mutex
	packets   map[netip.AddrPort]*memoryPackets  // guarded by mu
	listeners map[netip.AddrPort]*memoryListener // guarded by mu
	nextPort  uint16                             // guarded by mu
	drop      func(src, dst netip.AddrPort, data []byte) bool
}

var _ Network = (*MemoryNetwork)(nil)

// NewMemoryNetwork returns an empty network.
func NewMemoryNetwork() *MemoryNetwork {
	return &MemoryNetwork{
		packets:   map[netip.AddrPort]*memoryPackets{},
		listeners: map[netip.AddrPort]*memoryListener{},
		nextPort:  32768,
	}
}

// Drop loses each datagram for which f returns true; nil loses none. f must not
// keep data.
func (m *MemoryNetwork) Drop(f func(src, dst netip.AddrPort, data []byte) bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop = f
}

// port gives a port where none is named; mu is held.
func (m *MemoryNetwork) port(a netip.AddrPort) netip.AddrPort {
	if a.Port() != 0 {
		return a
	}
	m.nextPort++
	return netip.AddrPortFrom(a.Addr(), m.nextPort)
}

// ListenPacket binds a UDP socket.
func (m *MemoryNetwork) ListenPacket(addr netip.AddrPort) (PacketConn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	addr = m.port(addr)
	if m.packets[addr] != nil {
		return nil, syscall.EADDRINUSE
	}
	c := &memoryPackets{net: m, local: addr, in: make(chan memoryDatagram, memoryQueue), done: make(chan struct{})}
	m.packets[addr] = c
	return c, nil
}

// memoryQueue is how many datagrams wait at a socket; more are lost.
const memoryQueue = 4096

type memoryDatagram struct {
	src  netip.AddrPort
	dst  netip.Addr
	data []byte
}

// memoryPackets is a UDP socket of a MemoryNetwork.
type memoryPackets struct {
	net   *MemoryNetwork
	local netip.AddrPort
	in    chan memoryDatagram
	once  sync.Once
	done  chan struct{} // closed by CloseRead
}

func (c *memoryPackets) LocalAddr() netip.AddrPort { return c.local }

func (c *memoryPackets) ReadFrom(b []byte) (int, netip.AddrPort, netip.Addr, error) {
	select {
	case <-c.done:
		return 0, netip.AddrPort{}, netip.Addr{}, net.ErrClosed
	default:
	}
	select {
	case d := <-c.in:
		return copy(b, d.data), d.src, d.dst, nil
	case <-c.done:
		return 0, netip.AddrPort{}, netip.Addr{}, net.ErrClosed
	}
}

func (c *memoryPackets) WriteTo(b []byte, dst netip.AddrPort) error {
	if len(b) > maxUDPPayload {
		return syscall.EMSGSIZE
	}
	c.net.mu.Lock()
	to := c.net.packets[dst]
	if to == nil {
		to = c.net.packets[netip.AddrPortFrom(anyAddr(dst.Addr()), dst.Port())]
	}
	drop := c.net.drop
	c.net.mu.Unlock()
	src := c.local
	if src.Addr().IsUnspecified() {
		src = netip.AddrPortFrom(loopback(dst.Addr()), src.Port())
	}
	if to == nil || drop != nil && drop(src, dst, b) {
		return nil
	}
	select {
	case to.in <- memoryDatagram{src, dst.Addr(), append([]byte(nil), b...)}:
	default:
	}
	return nil
}

// maxUDPPayload is the most that a datagram holds, in bytes.
const maxUDPPayload = 65507

func (c *memoryPackets) CloseRead() error {
	c.once.Do(func() { close(c.done) })
	return nil
}

func (c *memoryPackets) Close() error {
	c.net.mu.Lock()
	defer c.net.mu.Unlock()
	if c.net.packets[c.local] == c {
		delete(c.net.packets, c.local)
	}
	return c.CloseRead()
}

// anyAddr is the wildcard address of the family of a.
func anyAddr(a netip.Addr) netip.Addr {
	if a.Is4() {
		return netip.IPv4Unspecified()
	}
	return netip.IPv6Unspecified()
}

func loopback(a netip.Addr) netip.Addr {
	if a.Is4() {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return netip.IPv6Loopback()
}

// Listen binds a TCP socket.
func (m *MemoryNetwork) Listen(addr netip.AddrPort) (net.Listener, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	addr = m.port(addr)
	if m.listeners[addr] != nil {
		return nil, syscall.EADDRINUSE
	}
	l := &memoryListener{net: m, local: addr, in: make(chan net.Conn), done: make(chan struct{})}
	m.listeners[addr] = l
	return l, nil
}

// Dial opens a connection to a listener of the network.
func (m *MemoryNetwork) Dial(ctx context.Context, local, remote netip.AddrPort) (net.Conn, error) {
	m.mu.Lock()
	l := m.listeners[remote]
	if l == nil {
		l = m.listeners[netip.AddrPortFrom(anyAddr(remote.Addr()), remote.Port())]
	}
	if !local.Addr().IsValid() {
		local = netip.AddrPortFrom(loopback(remote.Addr()), 0)
	}
	local = m.port(local)
	m.mu.Unlock()
	if l == nil {
		return nil, syscall.ECONNREFUSED
	}
	ours, theirs := memoryPipe(local, remote)
	select {
	case l.in <- theirs:
		return ours, nil
	case <-l.done:
		return nil, syscall.ECONNREFUSED
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Source is the loopback address.
func (m *MemoryNetwork) Source(dst netip.Addr) (netip.Addr, error) { return loopback(dst), nil }

// memoryListener is a TCP socket of a MemoryNetwork.
type memoryListener struct {
	net   *MemoryNetwork
	local netip.AddrPort
	in    chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.in:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *memoryListener) Close() error {
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	if l.net.listeners[l.local] == l {
		delete(l.net.listeners, l.local)
	}
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return net.TCPAddrFromAddrPort(l.local) }
