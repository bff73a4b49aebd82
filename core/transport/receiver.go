// SPDX-License-Identifier: Apache-2.0

package transport

// Receiver takes what was received. Each worker and each stream connection has
// its own, so Receive is never called from two goroutines at one time.
type Receiver interface {
	// Receive handles one message. It owns p.Buffer from now on: it releases
	// it or hands it to whoever keeps the message. What it sends with out
	// leaves before the next message is received. Before it waits for
	// something outside of the process it calls out.Lend.
	Receive(p Packet, out *Out)
}
