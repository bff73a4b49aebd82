// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

// patience is how long a peer waits for a message that must come. It passes
// only when a test fails.
const patience = 30 * time.Second

// message is one that a peer received or sent, kept for later lines of the
// script. It owns its text.
type message struct {
	*sip.Message
	text []byte
	conn *conn // that brought it; nil over UDP
}

func parse(b []byte) (*message, error) {
	m := &message{Message: new(sip.Message), text: bytes.Clone(b)}
	if err := m.Parse(m.text); err != nil {
		return nil, fmt.Errorf("%w in:\n%s", err, b)
	}
	return m, nil
}

// peer is a SIP element that the script plays: one socket, and what it needs
// to remember to answer and to go on with a dialog.
//
// What arrives is read by a goroutine or, when the script wants to be sure that
// nothing is left in the kernel, by drain; mu is held from the reading to the
// storing, so that drain never misses what the goroutine has in its hands.
type peer struct {
	memory
	name     string
	proto    string   // "udp", "tcp", "tls", "ws" or "wss"
	identity identity // of TLS
	addr     netip.AddrPort
	udp      *net.UDPConn
	lis      *net.TCPListener
	wg       sync.WaitGroup // readers

	mu      sync.Mutex
	arrived []*message                       // guarded by mu
	failed  error                            // guarded by mu; the first thing that could not be read
	conns   []*conn                          // guarded by mu; in the order of their opening
	marks   map[netip.AddrPort]chan struct{} // guarded by mu; see drain
	sent    uint64                           // guarded by mu; datagrams that the server hands on
	short   uint64                           // guarded by mu; datagrams that it drops unseen
	wake    chan struct{}
}

// conn is a TCP connection of a peer, or one of TLS on top of it.
type conn struct {
	*net.TCPConn
	secure *secureConn // nil over TCP
	local  netip.AddrPort
	framer sip.Framer
	have   []byte // received, not yet framed

	web    *web  // of a client of WebSocket
	sent   int64 // bytes, without those of TLS
	closed bool  // by the other side
	leave  bool  // over TLS it has said so before
}

// newPeer opens the socket of a peer on loopback.
func newPeer(name, proto, host string, id identity) (*peer, error) {
	p := &peer{name: name, proto: proto, identity: id, wake: make(chan struct{}, 1), marks: map[netip.AddrPort]chan struct{}{}}
	ip := net.ParseIP(host)
	switch proto {
	case "udp":
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: ip})
		if err != nil {
			return nil, err
		}
		p.udp = c
		p.addr = c.LocalAddr().(*net.UDPAddr).AddrPort()
		if err := p.watch(c, p.readUDP, func() {}); err != nil {
			return nil, err
		}
	case "tcp", "tls":
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: ip})
		if err != nil {
			return nil, err
		}
		p.lis = l
		p.addr = l.Addr().(*net.TCPAddr).AddrPort()
		p.wg.Go(p.accepts)
	case "ws", "wss":
		addr, _ := netip.ParseAddr(host)
		p.addr = netip.AddrPortFrom(addr, 0) // until it connects
	default:
		return nil, fmt.Errorf("unknown protocol %q: udp, tcp, tls, ws or wss", proto)
	}
	return p, nil
}

// recount forgets what an earlier server was sent: the next one counts from 0.
func (p *peer) recount() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent, p.short = 0, 0
}

func (p *peer) close() {
	if p.udp != nil {
		p.udp.Close()
	}
	if p.lis != nil {
		p.lis.Close()
	}
	p.mu.Lock()
	conns := p.conns
	p.mu.Unlock()
	for _, c := range conns {
		c.Close()
	}
	p.wg.Wait()
}

// watch calls read whenever the socket may have something, until it is done, then
// end.
func (p *peer) watch(s syscall.Conn, read func(fd int) (done bool), end func()) error {
	raw, err := s.SyscallConn()
	if err != nil {
		return err
	}
	p.wg.Go(func() {
		defer end()
		raw.Read(func(fd uintptr) bool {
			p.mu.Lock()
			defer p.mu.Unlock()
			done := read(int(fd))
			select {
			case p.wake <- struct{}{}:
			default:
			}
			return done
		})
	})
	return nil
}

// readUDP takes all datagrams that wait. p.mu is held.
func (p *peer) readUDP(fd int) (done bool) {
	buf := make([]byte, 65536)
	for {
		n, _, err := syscall.Recvfrom(fd, buf, syscall.MSG_DONTWAIT)
		switch err {
		case nil:
			p.take(buf[:n], nil)
		case syscall.EINTR, syscall.ECONNREFUSED:
		case syscall.EAGAIN:
			return false
		default:
			return true
		}
	}
}

// readTCP takes all bytes that wait on a connection. p.mu is held.
func (p *peer) readTCP(c *conn, fd int) (done bool) {
	buf := make([]byte, 65536)
	for {
		n, err := syscall.Read(fd, buf)
		switch {
		case err == syscall.EINTR:
		case err == syscall.EAGAIN:
			return false
		case err != nil || n == 0:
			c.closed = true
			return true
		default:
			c.have = append(c.have, buf[:n]...)
			p.frame(c)
		}
	}
}

func (p *peer) frame(c *conn) {
	for len(c.have) > 0 {
		if c.web != nil && c.web.agreed {
			p.frames(c)
			return
		}
		n, kind, err := c.framer.Next(c.have)
		if err != nil {
			p.fail(err)
			c.have = nil
			return
		}
		if kind == sip.FrameIncomplete {
			return
		}
		if kind == sip.FrameMessage && (c.web == nil || !c.agree(c.have[:n])) {
			p.take(c.have[:n], c)
		}
		c.have = c.have[n:]
	}
}

func (p *peer) take(b []byte, c *conn) {
	m, err := parse(b)
	if err != nil {
		p.fail(err)
		return
	}
	m.conn = c
	p.arrived = append(p.arrived, m)
}

func (p *peer) fail(err error) {
	if p.failed == nil {
		p.failed = fmt.Errorf("%s received: %w", p.name, err)
	}
}

func (p *peer) accepts() {
	for {
		c, err := p.lis.AcceptTCP()
		if err != nil {
			return
		}
		p.mu.Lock()
		mark := p.marks[c.RemoteAddr().(*net.TCPAddr).AddrPort()]
		p.mu.Unlock()
		if mark != nil {
			c.Close()
			close(mark)
			continue
		}
		p.use(c, false)
	}
}

// use reads from a connection from now on.
func (p *peer) use(t *net.TCPConn, opened bool) *conn {
	c := &conn{TCPConn: t, local: t.LocalAddr().(*net.TCPAddr).AddrPort()}
	p.read(c, opened)
	return c
}

// read reads from a connection from now on.
func (p *peer) read(c *conn, opened bool) {
	if p.base() == "tls" {
		p.secure(c, opened)
		return
	}
	p.mu.Lock()
	p.conns = append(p.conns, c)
	p.mu.Unlock()
	if err := p.watch(c, func(fd int) bool { return p.readTCP(c, fd) }, func() { c.Close() }); err != nil {
		p.fail(err)
	}
}

// drain reads what the kernel holds for the peer. Connections that wait to be
// accepted are reached by a connection of its own, which comes after them.
func (p *peer) drain() error {
	if p.udp != nil {
		raw, err := p.udp.SyscallConn()
		if err != nil {
			return err
		}
		return raw.Control(func(fd uintptr) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.readUDP(int(fd))
		})
	}
	if p.lis != nil {
		if err := p.reach(); err != nil {
			return err
		}
	}
	p.mu.Lock()
	conns := p.conns
	p.mu.Unlock()
	for _, c := range conns {
		if c.secure != nil {
			if err := c.secure.drain(); err != nil {
				return err
			}
			continue
		}
		raw, err := c.SyscallConn()
		if err != nil {
			return err
		}
		raw.Control(func(fd uintptr) {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.readTCP(c, int(fd))
		})
	}
	return nil
}

// reach returns when all connections to the peer are accepted. The lock is held
// until the mark is known to accepts.
func (p *peer) reach() error {
	mark := make(chan struct{})
	p.mu.Lock()
	c, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(p.addr))
	if err == nil {
		p.marks[c.LocalAddr().(*net.TCPAddr).AddrPort()] = mark
	}
	p.mu.Unlock()
	if err != nil {
		return err
	}
	defer c.Close()
	select {
	case <-mark:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%s accepts no connection", p.name)
	}
}

// next returns the next message that arrives.
func (p *peer) next() (*message, error) {
	late := time.After(patience)
	for {
		p.mu.Lock()
		if len(p.arrived) > 0 {
			m := p.arrived[0]
			p.arrived = p.arrived[1:]
			p.mu.Unlock()
			p.received(m)
			return m, nil
		}
		err := p.failed
		p.mu.Unlock()
		if err != nil {
			return nil, err
		}
		select {
		case <-p.wake:
		case <-late:
			return nil, fmt.Errorf("nothing arrived at %s", p.name)
		}
	}
}

// leastDatagram is what the server hands on; what is shorter it counts and
// drops before anybody sees it.
const leastDatagram = 32

// send sends bytes to the server, over the connection via where there is one.
func (p *peer) send(to netip.AddrPort, text []byte, via *conn) error {
	if p.udp != nil {
		p.mu.Lock()
		if len(text) < leastDatagram {
			p.short++
		} else {
			p.sent++
		}
		p.mu.Unlock()
		_, err := p.udp.WriteToUDPAddrPort(text, to)
		return err
	}
	c := via
	if c == nil {
		c = p.open()
	}
	if c == nil && p.isWeb() {
		var err error
		if c, err = p.dialWeb(to, handshake("/", to, nil), true); err != nil {
			return err
		}
	}
	if p.agreed(c) {
		return p.sendFrame(textFrame(text))
	}
	if c == nil {
		t, err := net.DialTCP("tcp", nil, net.TCPAddrFromAddrPort(to))
		if err != nil {
			return err
		}
		c = p.use(t, true)
	}
	return p.sendOver(c, text)
}

// sendOver sends bytes over a connection as they are.
func (p *peer) sendOver(c *conn, text []byte) error {
	p.mu.Lock()
	c.sent += int64(len(text))
	p.mu.Unlock()
	if c.secure != nil {
		_, err := c.secure.Write(text)
		return err
	}
	_, err := c.Write(text)
	return err
}

// open is the last connection that is still open, or nil.
func (p *peer) open() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := len(p.conns) - 1; i >= 0; i-- {
		if !p.conns[i].closed {
			return p.conns[i]
		}
	}
	return nil
}

// among finds the connection in those of the server, or gives nil. One that it is
// opening it may not know by our name yet.
func (c *conn) among(open []Connection) *Connection {
	own, other := c.local, c.RemoteAddr().(*net.TCPAddr).AddrPort()
	other = netip.AddrPortFrom(other.Addr().Unmap(), other.Port())
	for i, o := range open {
		if o.Remote == own && (o.Local == other || o.Opening) {
			return &open[i]
		}
	}
	return nil
}
