// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// identity is how a peer of TLS shows itself.
type identity struct {
	cert *tls.Certificate // nil for none, as a client may have
	name string           // that it asks the server for; empty for none
	max  uint16           // the newest version that it speaks; 0 for any
}

// secureConn is TLS on a connection of a peer. It knows when all that has come
// was looked at.
type secureConn struct {
	*tls.Conn
	raw *watchedConn
}

// secure puts TLS on a connection and reads from it from now on. The handshake
// runs with the first read or write.
func (p *peer) secure(c *conn, opened bool) {
	// The peers of a script trust anybody: what the server shows is its affair.
	config := &tls.Config{InsecureSkipVerify: true, ServerName: p.identity.name, MaxVersion: p.identity.max, ClientAuth: tls.RequestClientCert}
	if p.identity.cert != nil {
		config.Certificates = []tls.Certificate{*p.identity.cert}
		// Also one that the server has not asked for.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return p.identity.cert, nil }
	}
	raw := &watchedConn{TCPConn: c.TCPConn}
	c.secure = &secureConn{raw: raw}
	if opened {
		c.secure.Conn = tls.Client(raw, config)
	} else {
		c.secure.Conn = tls.Server(raw, config)
	}
	p.mu.Lock()
	p.conns = append(p.conns, c)
	p.mu.Unlock()
	p.wg.Go(func() { p.readSecure(c) })
}

func (p *peer) readSecure(c *conn) {
	buf := make([]byte, 65536)
	for {
		n, err := c.secure.Read(buf)
		p.mu.Lock()
		c.have = append(c.have, buf[:n]...)
		p.frame(c)
		c.closed, c.leave = err != nil, err == io.EOF
		p.mu.Unlock()
		select {
		case p.wake <- struct{}{}:
		default:
		}
		if err != nil {
			c.secure.raw.end()
			c.TCPConn.Close()
			return
		}
	}
}

// watchedConn tells whether what was read from it is still being looked at: the
// next Read says that it no longer is.
type watchedConn struct {
	*net.TCPConn
	mu    sync.Mutex
	busy  bool // guarded by mu; bytes were taken from the kernel and are in work
	ended bool // guarded by mu
}

// Read implements net.Conn. The bytes are taken from the kernel under the lock,
// so that drain never misses what lies between the two.
func (w *watchedConn) Read(b []byte) (n int, err error) {
	raw, err := w.SyscallConn()
	if err != nil {
		return 0, err
	}
	w.mu.Lock()
	w.busy = false
	w.mu.Unlock()
	var failed error
	err = raw.Read(func(fd uintptr) bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		n, failed = unix.Read(int(fd), b)
		if failed == unix.EAGAIN || failed == unix.EINTR {
			return false
		}
		w.busy = true
		return true
	})
	switch {
	case err != nil:
		return 0, err
	case failed != nil:
		return 0, failed
	case n == 0:
		return 0, net.ErrClosed
	}
	return n, nil
}

func (w *watchedConn) end() {
	w.mu.Lock()
	w.ended = true
	w.mu.Unlock()
}

// drain waits until all that the kernel holds is looked at.
func (s *secureConn) drain() error {
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Microsecond) {
		if s.raw.idle() {
			return nil
		}
	}
	return errNotRead
}

func (w *watchedConn) idle() bool {
	raw, err := w.SyscallConn()
	if err != nil {
		return true // closed
	}
	idle := true
	raw.Control(func(fd uintptr) {
		w.mu.Lock()
		defer w.mu.Unlock()
		n, err := unix.IoctlGetInt(int(fd), unix.TIOCINQ)
		idle = w.ended || err == nil && n == 0 && !w.busy
	})
	return idle
}

// farewell waits for the end of the last connection and compares how it came: the
// library tells the end that a close notify announces by io.EOF.
func (p *peer) farewell(want bool) error {
	if err := p.closedWithin(patience); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.conns); n == 0 || p.conns[n-1].leave != want {
		return fmt.Errorf("the last of %d connections of %s: want a close notify: %t", n, p.name, want)
	}
	return nil
}

// refused opens a connection and sees that the server closes it in the handshake:
// with TLS 1.3 the server refuses a client when that one believes to be done.
func (p *peer) refused(to netip.AddrPort) error {
	t, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
	if err != nil {
		return err
	}
	c := p.use(t, true)
	if c.secure == nil {
		return fmt.Errorf("%s does not speak TLS", p.name)
	}
	if c.secure.Handshake() == nil {
		return p.closedWithin(patience)
	}
	return nil
}
