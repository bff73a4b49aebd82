// SPDX-License-Identifier: Apache-2.0

package transport

// Out is a worker's way out. It belongs to the worker's goroutine and satisfies
// Sender; only a Receiver inside of Receive uses it.
type Out struct {
	layer *Layer
}

var _ Sender = (*Out)(nil)

// Send sends data to d, see Sender.
func (o *Out) Send(d Destination, data []byte) error { return o.layer.Send(d, data) }

// Lend gives the worker's place to another worker, because this one is about to
// wait: what is queued is sent, the other one goes on with the socket, and this
// one is done when Receive returns. More calls do nothing, and so does a call on
// a stream connection, which stalls nobody but itself.
func (o *Out) Lend() {}
