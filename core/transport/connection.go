// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/netip"
	"time"
)

// Connection describes a stream connection at one moment.
type Connection struct {
	ID    ConnID
	Proto Proto
	// Local and Remote are the two ends.
	Local, Remote netip.AddrPort
	// Socket is the one that accepted the connection, or that it was opened
	// for.
	Socket *Socket
	// State is what core.tcp_list shows.
	State ConnState
	// Outgoing tells that this server opened it.
	Outgoing bool
	// Opened is when it was opened or accepted.
	Opened time.Time
	// Expires is how long it may still stay unused; negative for ever.
	Expires time.Duration
	// Queued is how many bytes wait to be sent.
	Queued int
	// Aliases are the ports besides Remote's under which it is found.
	Aliases []uint16
}

// ConnState is the state of a connection.
type ConnState uint8

// The states of a connection.
const (
	ConnConnecting ConnState = iota
	ConnOpen
	ConnClosing
)

// ConnCounts are the numbers of core.tcp_info.
type ConnCounts struct {
	// Open counts all connections, Max is the limit.
	Open, Max int
	// Secure counts those of TLS and WSS.
	Secure int
	// Queued is the number of bytes that wait on all connections.
	Queued int
	// ByProto counts the connections of each protocol.
	ByProto [WSS + 1]int
}

// Connections lists the stream connections by ID.
func (l *Layer) Connections() []Connection { return nil }

// Connection finds one stream connection.
func (l *Layer) Connection(id ConnID) (c Connection, ok bool) { return Connection{}, false }

// ConnectionTo finds the open connection that a message to d would take.
func (l *Layer) ConnectionTo(d Destination) (c Connection, ok bool) { return Connection{}, false }

// ConnCounts returns the numbers of connections.
func (l *Layer) ConnCounts() ConnCounts { return ConnCounts{} }

// CloseConn closes a connection when what waits was sent, and says whether
// there was one.
func (l *Layer) CloseConn(id ConnID) bool { return false }

// KeepConn makes a connection live for at least d unused from now, as
// registrar's tcp_persistent_flag does; 0 goes back to the common lifetime.
func (l *Layer) KeepConn(id ConnID, d time.Duration) bool { return false }

// AliasConn makes a connection found under its remote address with another
// port too (RFC 5923, force_tcp_alias).
func (l *Layer) AliasConn(id ConnID, port uint16) bool { return false }

// OnClose adds a function that is told of every connection that has closed,
// on a goroutine of the connection. It must not wait.
func (l *Layer) OnClose(f func(c Connection)) {}
