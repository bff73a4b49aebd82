// SPDX-License-Identifier: Apache-2.0

// Package transport carries SIP messages over the network.
package transport

import (
	"context"
	"net/netip"
)

// Layer has all sockets and connections of the server. All its methods are
// safe for concurrent use after Serve.
type Layer struct {
	opt     Options
	sockets []*Socket
}

var _ Sender = (*Layer)(nil)

// New makes a layer; it opens nothing.
func New(o Options) (*Layer, error) { return &Layer{opt: o}, nil }

// Listen binds all sockets. On an error none stays open.
func (l *Layer) Listen() error { return nil }

// Serve starts the workers; each gets a receiver of its own from newReceiver.
// It raises GOMAXPROCS by Threads.
func (l *Layer) Serve(newReceiver func() Receiver) error { return nil }

// Threads is the number of threads that wait in the kernel past Go's
// scheduler, each of which keeps one of GOMAXPROCS.
func (l *Layer) Threads() int { return 0 }

// Stop stops reading, waits for the messages at work, sends what waits and
// closes everything; when ctx ends it closes at once and returns ctx's error.
func (l *Layer) Stop(ctx context.Context) error { return nil }

// Sockets lists the sockets in the order of the configuration. The slice is
// not to be changed.
func (l *Layer) Sockets() []*Socket { return l.sockets }

// SocketByText finds a socket by "proto:host:port", with or without protocol
// or port, by its advertised address, or by its name; nil where there is none.
func (l *Layer) SocketByText(text string) *Socket { return nil }

// Socket finds a socket by what it is bound to; ProtoNone and port 0 match
// any. It returns nil where there is none.
func (l *Layer) Socket(proto Proto, addr netip.AddrPort) *Socket { return nil }

// Choose finds the socket to send from to dst: the first one of protocol and
// address family, with mhomed the one on the source address of the route.
func (l *Layer) Choose(proto Proto, dst netip.Addr) *Socket { return nil }

// Send sends data to d from any goroutine, see Sender. A worker uses its Out.
func (l *Layer) Send(d Destination, data []byte) error { return nil }
