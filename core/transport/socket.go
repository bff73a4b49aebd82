// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/netip"
	"time"
)

// Socket is one address that the server listens on and sends from. It is
// made at start and never changes after, so it may be read without a lock.
type Socket struct {
	Proto Proto
	Addr  netip.AddrPort
	// Name is the text behind "name" of the listen parameter, or empty.
	Name string
	// Host and Port are what other SIP elements are told (Via, Record-Route):
	// the advertised address where there is one, else Addr. An IPv6 host
	// stands in brackets.
	Host string
	Port int
	// SentBy is Host, with ":Port" where the port is not the default one or
	// was given: ready for Via and Record-Route.
	SentBy string
	// Advertised tells that Host and Port come from "advertise".
	Advertised bool
	// Text is "proto:host:port" of Addr, the form of $Ru, ul.dump and of the
	// socket column of location tables.
	Text string
	// Index is the place in Layer.Sockets.
	Index int
}

// Destination says where a message goes and from which socket.
type Destination struct {
	Proto Proto
	Addr  netip.AddrPort
	// Socket is the one to send from; nil lets the layer choose one
	// (by protocol, address family and, with mhomed, route).
	Socket *Socket
	// Conn is the identity of the stream connection to use, 0 for none. A
	// connection that is gone falls back to Addr.
	Conn ConnID
	// NoConnect forbids to open a connection for this message
	// (set_forward_no_connect, set_reply_no_connect).
	NoConnect bool
	// Close asks to close the connection after the message was sent
	// (set_reply_close, set_forward_close).
	Close bool
}

// ConnID names a stream connection as long as the process lives; 0 is none.
type ConnID uint64

// Packet is one received SIP message, not parsed yet.
type Packet struct {
	// Data is the message. It lies in Buffer and lives as long.
	Data   []byte
	Buffer *Buffer
	Src    netip.AddrPort
	// Dst is where it arrived: Socket.Addr, but for a socket bound to the
	// wildcard address.
	Dst    netip.AddrPort
	Socket *Socket
	Conn   ConnID
	Time   time.Time
}
