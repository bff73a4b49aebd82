// SPDX-License-Identifier: Apache-2.0

package transport

// Sender sends messages. A worker's queue and the Layer itself satisfy it.
type Sender interface {
	// Send sends data to d. It copies data before it returns when it cannot
	// send at once. An error says that the message cannot leave (no socket
	// for the protocol, connection refused, queue full); a message that was
	// accepted may still be lost on the way.
	Send(d Destination, data []byte) error
}
