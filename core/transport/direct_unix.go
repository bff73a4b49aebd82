// SPDX-License-Identifier: Apache-2.0

//go:build unix

package transport

import (
	"net"
	"syscall"
)

// direct writes to a connection without waiting, so that a message whose peer
// keeps up costs no other goroutine. It belongs to the holder of conn.mu.
type direct struct {
	raw  syscall.RawConn // nil where it cannot be done
	call func(fd uintptr) bool
	data []byte
	n    int
	err  error
}

func (d *direct) init(nc net.Conn) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	d.raw = raw
	d.call = func(fd uintptr) bool {
		d.n, d.err = syscall.Write(int(fd), d.data)
		return true
	}
}

// write writes what the kernel takes at once.
func (d *direct) write(data []byte) (int, error) {
	if d.raw == nil {
		return 0, nil
	}
	d.data = data
	err := d.raw.Write(d.call)
	d.data = nil
	if err != nil {
		return 0, err
	}
	if d.err == syscall.EAGAIN || d.err == syscall.EINTR {
		return 0, nil
	}
	return max(d.n, 0), d.err
}
