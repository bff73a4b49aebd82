// SPDX-License-Identifier: Apache-2.0

package transport

// Filter may change messages on their way in and out: what is on the wire is
// the filter's, all others see what it made of it.
type Filter interface {
	// Received returns what takes the place of p.Data: that itself, or other
	// data that nobody changes any more.
	Received(p Packet) []byte
	// Sending returns what leaves for d in the place of data, which is not the
	// filter's to keep or to change.
	Sending(d Destination, data []byte) []byte
}

// SetFilter sets the filter. It is for the start, before the first message.
func (l *Layer) SetFilter(f Filter) { l.filter = f }

// wire returns what leaves for d from s. Hot path: without a filter it is a
// comparison.
func (l *Layer) wire(d Destination, s *Socket, data []byte) []byte {
	if l.filter == nil || d.Plain || d.Unseen {
		return data
	}
	d.Socket = s
	return l.filter.Sending(d, data)
}
