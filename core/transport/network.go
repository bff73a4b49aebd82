// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"net"
	"net/netip"
)

// Network makes sockets. Tests give one that lives in memory.
type Network interface {
	// ListenPacket binds a UDP socket.
	ListenPacket(addr netip.AddrPort) (PacketConn, error)
	// Listen binds a TCP socket.
	Listen(addr netip.AddrPort) (net.Listener, error)
	// Dial opens a TCP connection from local, whose address or port may be
	// zero, to remote.
	Dial(ctx context.Context, local, remote netip.AddrPort) (net.Conn, error)
	// Source is the address that packets to dst leave from.
	Source(dst netip.Addr) (netip.Addr, error)
}

// PacketConn is a UDP socket.
type PacketConn interface {
	// ReadFrom waits for a datagram. dst is where it was sent to, or not
	// valid where the socket is bound to one address.
	ReadFrom(b []byte) (n int, src netip.AddrPort, dst netip.Addr, err error)
	// WriteTo sends a datagram.
	WriteTo(b []byte, dst netip.AddrPort) error
	// LocalAddr is the bound address.
	LocalAddr() netip.AddrPort
	// CloseRead makes ReadFrom return net.ErrClosed, now and from now on.
	CloseRead() error
	// Close ends the socket.
	Close() error
}
