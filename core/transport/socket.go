// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
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

	packets  packetSocket // UDP
	listener net.Listener // stream protocols
	workers  int          // as Listen.Workers
	web      *Socket      // see As
	upgraded bool         // it is the web of another one
}

// Destination says where a message goes and from which socket.
type Destination struct {
	Addr netip.AddrPort
	// Socket is the one to send from; nil lets the layer choose one
	// (by protocol, address family and, with mhomed, route).
	Socket *Socket
	// Conn is the identity of the stream connection to use, 0 for none. A
	// connection that is gone falls back to Addr.
	Conn ConnID
	// Security says how a connection that is opened for the message is secured:
	// what the module of the protocol has put there, nil for nothing.
	Security any
	// Refused is told when the connection that was being opened for the message
	// could not be opened after all; nil for nobody. It may be called beside an error
	// of Send, for the same reason, and by the goroutine of the connection.
	Refused *Refused
	// Proto stands here with what is as small: transactions have several of these.
	Proto Proto
	// NoConnect forbids to open a connection for this message
	// (set_forward_no_connect, set_reply_no_connect).
	NoConnect bool
	// Close asks to close the connection after the message was sent
	// (set_reply_close, set_forward_close).
	Close bool
	// Unseen keeps the message from the watchers: it is a watcher's own.
	Unseen bool
	// Plain keeps the message from the filter: it leaves as it is.
	Plain bool
}

// Refused learns that a message was lost, because the connection for it could not be
// opened.
type Refused func(err error)

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
	// Fault is why the connection cannot go on behind this message, whose
	// body is missing (RFC 3261 18.3); nil for most. What answers it closes
	// the connection.
	Fault error
}

// name fills what is written about the socket from what it is bound to and
// what its listen line advertises.
func (s *Socket) name(ln Listen) {
	s.Name = ln.Name
	s.Text = s.Proto.String() + ":" + hostText(s.Addr.Addr()) + ":" + strconv.Itoa(int(s.Addr.Port()))
	s.Host, s.Port = hostText(s.Addr.Addr()), int(s.Addr.Port())
	if ln.AdvertiseHost != "" {
		s.Host, s.Advertised = bracket(ln.AdvertiseHost), true
	}
	if ln.AdvertisePort != 0 {
		s.Port, s.Advertised = ln.AdvertisePort, true
	}
	s.SentBy = s.Host
	if s.Port != 5060 || s.Proto.DefaultPort() != 5060 || ln.AdvertisePort != 0 {
		s.SentBy += ":" + strconv.Itoa(s.Port)
	}
}

// hostText is an address as a URI has it.
func hostText(a netip.Addr) string {
	if a.Is6() {
		return "[" + sip.AddrText(a.WithZone("")) + "]"
	}
	return a.String()
}

// bracket puts brackets around an IPv6 address that has none.
func bracket(host string) string {
	if strings.Contains(host, ":") && host[0] != '[' {
		return "[" + host + "]"
	}
	return host
}

// unbracket takes the brackets off.
func unbracket(host string) string {
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		return host[1 : len(host)-1]
	}
	return host
}
