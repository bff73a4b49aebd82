// SPDX-License-Identifier: Apache-2.0

package transport

// Out is a worker's way out. It belongs to the worker's goroutine and satisfies
// Sender; only a Receiver inside of Receive uses it.
//
// It sends at once. A queue for each batch of received packets, sent with
// sendmmsg, was tried and dropped: it saves 65 ns of 1,100 (loopback, 500
// bytes, 2026-11-20), and an error would come too late for the sender to try
// another destination.
type Out struct {
	layer  *Layer
	worker *worker // nil for a stream connection
}

var _ Sender = (*Out)(nil)

// Send sends data to d, see Sender. Where it opens a connection it waits a few
// milliseconds for a refusal, with its place lent.
func (o *Out) Send(d Destination, data []byte) error { return o.layer.send(d, data, o) }

// Lend gives the worker's place to another worker, because this one is about to
// wait: the other one goes on with the socket, and this one is done when Receive
// returns. More calls do nothing, and so does a call on a stream connection,
// which stalls nobody but itself.
func (o *Out) Lend() {
	if o.worker != nil {
		o.worker.lend()
	}
}
