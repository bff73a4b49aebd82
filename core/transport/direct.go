// SPDX-License-Identifier: Apache-2.0

package transport

import "net"

// tryWriter is a connection that can write as much as is possible without
// waiting.
type tryWriter interface {
	TryWrite(b []byte) (n int, err error)
}

// direct writes to a connection without waiting, so that a message whose peer
// keeps up costs no other goroutine. It belongs to the holder of conn.mu.
type direct struct{ to tryWriter }

// init finds out how to write to nc without waiting; where there is no way, the
// writer does all.
func (d *direct) init(nc net.Conn) {
	if t, ok := nc.(tryWriter); ok {
		d.to = t
	} else if t := newSystemTryWriter(nc); t != nil {
		d.to = t
	}
}

// write writes what is taken at once.
func (d *direct) write(data []byte) (int, error) {
	if d.to == nil {
		return 0, nil
	}
	return d.to.TryWrite(data)
}
