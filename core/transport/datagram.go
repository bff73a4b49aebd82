// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"fmt"
	"net/netip"
	"sync/atomic"
	"syscall"
)

// packetSocket is a bound UDP socket. There are two: udpSocket, which waits in
// the kernel past Go's scheduler, and netSocket over a PacketConn.
type packetSocket interface {
	// send sends a datagram; it keeps nothing of data.
	send(data []byte, dst netip.AddrPort) error
	// newReader makes a reader; workers of one socket have one each.
	newReader() (reader, error)
	// addr is the bound address.
	addr() netip.AddrPort
	// threads is how many of GOMAXPROCS each reader keeps.
	threads() int
	// keep has the address to itself from now on, see Options.overlap.
	keep() error
	// closeRead ends all readers.
	closeRead()
	close()
}

// Sizes of datagrams, in bytes.
const (
	// minDatagram is the least that can be a message. Shorter ones are
	// keep-alives and probes; the limit is Kamailio's.
	minDatagram = 32
	maxDatagram = 65535
)

// openPackets binds a UDP socket.
func (l *Layer) openPackets(s *Socket, addr netip.AddrPort) error {
	var err error
	if l.opt.Network == nil && !l.opt.UDP.Portable && fastUDP {
		s.packets, err = newUDPSocket(l, s, addr)
	} else {
		s.packets, err = newNetSocket(l, s, addr)
	}
	if err != nil {
		return fmt.Errorf("cannot bind udp %s: %w", addr, err)
	}
	return nil
}

// netSocket is a UDP socket over a PacketConn.
type netSocket struct {
	layer   *Layer
	socket  *Socket
	conn    PacketConn
	stopped atomic.Bool
}

func newNetSocket(l *Layer, s *Socket, addr netip.AddrPort) (packetSocket, error) {
	conn, err := l.network.ListenPacket(addr)
	if err != nil {
		return nil, err
	}
	return &netSocket{layer: l, socket: s, conn: conn}, nil
}

func (n *netSocket) send(data []byte, dst netip.AddrPort) error { return n.conn.WriteTo(data, dst) }
func (n *netSocket) addr() netip.AddrPort                       { return n.conn.LocalAddr() }
func (n *netSocket) threads() int                               { return 0 }
func (n *netSocket) close()                                     { n.conn.Close() }

func (n *netSocket) keep() error {
	c, ok := n.conn.(syscall.Conn)
	if !ok {
		return nil // in memory
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	return keepAddress("", "", raw)
}

func (n *netSocket) closeRead() {
	n.stopped.Store(true)
	n.conn.CloseRead()
}

func (n *netSocket) newReader() (reader, error) {
	return &netReader{netSocket: n, large: make([]byte, maxDatagram)}, nil
}

// netReader reads each datagram into room for the largest one and copies it
// into a Buffer of its size.
type netReader struct {
	*netSocket
	large, answer []byte
}

func (r *netReader) close() {}

func (r *netReader) read(p *Packet) bool {
	for !r.stopped.Load() {
		n, src, dst, err := r.conn.ReadFrom(r.large)
		switch {
		case err != nil: // closed, or what an earlier send has caused
		case r.layer.probes(r.large[:n]):
			r.layer.probe(r.socket, src, r.large[:n], &r.answer)
		case n < minDatagram:
			r.layer.count.short.Inc()
		default:
			b := NewBuffer(n)
			*p = Packet{
				Data: b.Data[:copy(b.Data, r.large[:n])], Buffer: b,
				Src: src, Dst: r.socket.Addr, Socket: r.socket, Time: r.layer.clock.Now(),
			}
			if dst.IsValid() {
				p.Dst = netip.AddrPortFrom(dst, r.socket.Addr.Port())
			}
			return true
		}
	}
	return false
}
