// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// memoryStreamSize is what a direction of a connection of a MemoryNetwork holds
// before the writer has to wait, in bytes.
const memoryStreamSize = 64 << 10

// memoryStream is one direction of a connection.
type memoryStream struct {
	mu      sync.Mutex
	changed sync.Cond  // of mu
	data    []byte     // guarded by mu
	ended   bool       // guarded by mu; the writer has closed: what is there can be read
	broken  bool       // guarded by mu; the reader has closed
	reading memoryStop // guarded by mu
	writing memoryStop // guarded by mu
}

// memoryStop is a deadline.
type memoryStop struct {
	passed bool
	timer  *time.Timer
}

func newMemoryStream() *memoryStream {
	s := &memoryStream{}
	s.changed.L = &s.mu
	return s
}

// stop sets one of the deadlines.
func (s *memoryStream) stop(d *memoryStop, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
	}
	d.passed, d.timer = false, nil
	switch left := time.Until(at); {
	case at.IsZero():
	case left <= 0:
		d.passed = true
	default:
		var t *time.Timer
		t = time.AfterFunc(left, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			if d.timer == t {
				d.passed = true
				s.changed.Broadcast()
			}
		})
		d.timer = t
	}
	s.changed.Broadcast()
}

func (s *memoryStream) read(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.broken:
			return 0, net.ErrClosed
		case s.reading.passed:
			return 0, os.ErrDeadlineExceeded
		case len(s.data) > 0:
			n := copy(b, s.data)
			s.data = s.data[:copy(s.data, s.data[n:])]
			s.changed.Broadcast()
			return n, nil
		case s.ended:
			return 0, io.EOF
		}
		s.changed.Wait()
	}
}

// write writes b, with wait all of it.
func (s *memoryStream) write(b []byte, wait bool) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		switch {
		case s.ended:
			return n, net.ErrClosed
		case s.broken:
			return n, syscall.EPIPE
		case s.writing.passed:
			return n, os.ErrDeadlineExceeded
		}
		part := b[n:min(len(b), n+memoryStreamSize-len(s.data))]
		s.data = append(s.data, part...)
		n += len(part)
		if len(part) > 0 {
			s.changed.Broadcast()
		}
		if n == len(b) || !wait {
			return n, nil
		}
		s.changed.Wait()
	}
}

func (s *memoryStream) close(byReader bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if byReader {
		s.broken = true
	} else {
		s.ended = true
	}
	for _, d := range []*memoryStop{&s.reading, &s.writing} {
		if d.timer != nil {
			d.timer.Stop()
		}
	}
	s.changed.Broadcast()
}

// memoryConn is one end of a connection of a MemoryNetwork.
type memoryConn struct {
	in, out       *memoryStream
	local, remote netip.AddrPort
}

// memoryPipe makes the two ends of a connection.
func memoryPipe(a, b netip.AddrPort) (*memoryConn, *memoryConn) {
	ab, ba := newMemoryStream(), newMemoryStream()
	return &memoryConn{ba, ab, a, b}, &memoryConn{ab, ba, b, a}
}

func (c *memoryConn) Read(b []byte) (int, error)         { return c.in.read(b) }
func (c *memoryConn) Write(b []byte) (int, error)        { return c.out.write(b, true) }
func (c *memoryConn) TryWrite(b []byte) (int, error)     { return c.out.write(b, false) }
func (c *memoryConn) LocalAddr() net.Addr                { return net.TCPAddrFromAddrPort(c.local) }
func (c *memoryConn) RemoteAddr() net.Addr               { return net.TCPAddrFromAddrPort(c.remote) }
func (c *memoryConn) SetReadDeadline(t time.Time) error  { c.in.stop(&c.in.reading, t); return nil }
func (c *memoryConn) SetWriteDeadline(t time.Time) error { c.out.stop(&c.out.writing, t); return nil }

func (c *memoryConn) SetDeadline(t time.Time) error {
	c.SetReadDeadline(t)
	return c.SetWriteDeadline(t)
}

func (c *memoryConn) Close() error {
	c.in.close(true)
	c.out.close(false)
	return nil
}
