// SPDX-License-Identifier: Apache-2.0

package transport

import "errors"

// Errors of sending. Those of the operating system (connection refused, network
// unreachable, message too long) come as they are.
var (
	// ErrNoSocket: no socket has the protocol and address family.
	ErrNoSocket = errors.New("no socket for this protocol and address family")
	// ErrNoConnection: there is no connection, and none may be opened.
	ErrNoConnection = errors.New("no connection, and opening one is forbidden")
	// ErrTooManyConnections: the limit tcp_max_connections is reached.
	ErrTooManyConnections = errors.New("too many connections")
	// ErrSecondConnection: there is a connection from this address and port
	// already (tcp_accept_unique).
	ErrSecondConnection = errors.New("second connection from one address and port")
	// ErrQueueFull: the peer is too slow (tcp_conn_wq_max), or all peers
	// together are (tcp_wq_max).
	ErrQueueFull = errors.New("send queue is full")
	// ErrStopped: the layer is stopping.
	ErrStopped = errors.New("transport has stopped")
	// ErrExpired: a connection was not used for its lifetime, or its peer has
	// not completed or taken a message in time.
	ErrExpired = errors.New("time of the connection is over")
	// ErrNotServed: Listen has a protocol that nothing implements.
	ErrNotServed = errors.New("protocol is not available")
)
