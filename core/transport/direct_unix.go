// SPDX-License-Identifier: Apache-2.0

//go:build unix

package transport

import (
	"net"
	"syscall"
)

// systemTryWriter writes to a non-blocking descriptor.
type systemTryWriter struct {
	raw  syscall.RawConn
	call func(fd uintptr) bool // made once: a closure per write would be garbage
	data []byte
	n    int
	err  error
}

// newSystemTryWriter returns nil for what has no descriptor.
func newSystemTryWriter(nc net.Conn) tryWriter {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	w := &systemTryWriter{raw: raw}
	w.call = func(fd uintptr) bool {
		w.n, w.err = syscall.Write(int(fd), w.data)
		return true
	}
	return w
}

// TryWrite writes what the kernel takes at once.
func (w *systemTryWriter) TryWrite(data []byte) (int, error) {
	w.data = data
	err := w.raw.Write(w.call)
	w.data = nil
	switch {
	case err != nil:
		return 0, err
	case w.err == syscall.EAGAIN || w.err == syscall.EINTR:
		return 0, nil
	}
	return max(w.n, 0), w.err
}
