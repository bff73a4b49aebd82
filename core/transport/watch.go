// SPDX-License-Identifier: Apache-2.0

package transport

// Watcher sees all messages that are received and sent.
type Watcher interface {
	// Received tells of a message before anybody else sees it. It is not the
	// watcher's to keep.
	Received(p Packet)
	// Sent tells of data that left for d, whose Socket is the one that was
	// chosen. Data is not the watcher's to keep.
	Sent(d Destination, data []byte)
}

// Watch adds a watcher. It is for the start, before the first message.
func (l *Layer) Watch(w Watcher) { l.watchers = append(l.watchers, w) }

// received tells the watchers of a packet. Hot path: with nobody watching the
// caller asks for the length of a slice and nothing else.
func (l *Layer) received(p Packet) {
	for _, w := range l.watchers {
		w.Received(p)
	}
}

// sent tells the watchers of a message.
func (l *Layer) sent(d Destination, s *Socket, data []byte) {
	d.Socket = s
	for _, w := range l.watchers {
		w.Sent(d, data)
	}
}
