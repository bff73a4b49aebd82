// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"bytes"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/sip"
)

// patience is how long a peer waits for a message that must come. It passes
// only when a test fails.
const patience = 5 * time.Second

// message is one that a peer received or sent, kept for later lines of the
// script. It owns its text.
type message struct {
	*sip.Message
	text []byte
}

func parse(b []byte) (*message, error) {
	m := &message{new(sip.Message), bytes.Clone(b)}
	if err := m.Parse(m.text); err != nil {
		return nil, fmt.Errorf("%w in:\n%s", err, b)
	}
	return m, nil
}

// peer is a SIP element that the script plays: one socket, and what it needs
// to remember to answer and to go on with a dialog.
type peer struct {
	name  string
	proto string // "udp" or "tcp"
	addr  netip.AddrPort
	conn  net.Conn       // TCP, once connected or accepted
	udp   *net.UDPConn   // UDP
	lis   net.Listener   // TCP
	in    chan *message  // what arrived
	errs  chan error     // what could not be read
	stop  chan struct{}  // closed at the end
	wg    sync.WaitGroup // readers
	mu    sync.Mutex     // guards conn

	request *message // last request received
	reply   *message // last response received
	sent    *message // last request sent
	invite  *message // last INVITE sent or received
	accept  *message // 2xx to it, as sent or received
	cseq    uint32   // last CSeq number sent
	tags    int
}

// newPeer opens the socket of a peer on loopback.
func newPeer(name, proto, host string) (*peer, error) {
	p := &peer{name: name, proto: proto, in: make(chan *message, 1024), errs: make(chan error, 16), stop: make(chan struct{})}
	switch proto {
	case "udp":
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(host)})
		if err != nil {
			return nil, err
		}
		p.udp = c
		p.addr = c.LocalAddr().(*net.UDPAddr).AddrPort()
		p.wg.Go(p.readUDP)
	case "tcp":
		l, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
		if err != nil {
			return nil, err
		}
		p.lis = l
		p.addr = l.Addr().(*net.TCPAddr).AddrPort()
		p.wg.Go(p.accepts)
	default:
		return nil, fmt.Errorf("unknown protocol %q: udp or tcp", proto)
	}
	return p, nil
}

func (p *peer) close() {
	close(p.stop)
	if p.udp != nil {
		p.udp.Close()
	}
	if p.lis != nil {
		p.lis.Close()
	}
	p.mu.Lock()
	if p.conn != nil {
		p.conn.Close()
	}
	p.mu.Unlock()
	p.wg.Wait()
}

func (p *peer) readUDP() {
	buf := make([]byte, 65536)
	for {
		n, err := p.udp.Read(buf)
		if err != nil {
			return
		}
		p.take(buf[:n])
	}
}

func (p *peer) accepts() {
	for {
		c, err := p.lis.Accept()
		if err != nil {
			return
		}
		p.use(c)
	}
}

// use makes c the connection of the peer and reads from it.
func (p *peer) use(c net.Conn) {
	p.mu.Lock()
	p.conn = c
	p.mu.Unlock()
	p.wg.Go(func() { p.readTCP(c) })
}

func (p *peer) readTCP(c net.Conn) {
	defer c.Close()
	var framer sip.Framer
	var have []byte
	buf := make([]byte, 65536)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		have = append(have, buf[:n]...)
		for len(have) > 0 {
			n, kind, err := framer.Next(have)
			if err != nil {
				p.errs <- err
				return
			}
			if kind == sip.FrameIncomplete {
				break
			}
			if kind == sip.FrameMessage {
				p.take(have[:n])
			}
			have = have[n:]
		}
	}
}

func (p *peer) take(b []byte) {
	m, err := parse(b)
	if err != nil {
		p.errs <- err
		return
	}
	select {
	case p.in <- m:
	case <-p.stop:
	}
}

// next returns the next message that arrives.
func (p *peer) next() (*message, error) {
	select {
	case m := <-p.in:
		p.remember(m)
		return m, nil
	case err := <-p.errs:
		return nil, err
	case <-time.After(patience):
		return nil, fmt.Errorf("nothing arrived at %s", p.name)
	}
}

// remember keeps what later lines refer to.
func (p *peer) remember(m *message) {
	if m.IsRequest() {
		p.request = m
		if m.Method == sip.MethodInvite {
			p.invite, p.accept = m, nil
		}
		return
	}
	p.reply = m
	if q, err := m.CSeq(); err == nil && q.Method == sip.MethodInvite && m.Status/100 == 2 {
		p.accept = m
	}
}

// send sends text to a server address.
func (p *peer) send(to netip.AddrPort, text []byte) error {
	if m, err := parse(text); err == nil {
		if m.IsRequest() {
			p.sent = m
			if m.Method == sip.MethodInvite {
				p.invite, p.accept = m, nil
			}
			if q, err := m.CSeq(); err == nil {
				p.cseq = max(p.cseq, q.Number)
			}
		} else if m.Status/100 == 2 && p.invite != nil {
			if q, err := m.CSeq(); err == nil && q.Method == sip.MethodInvite {
				p.accept = m
			}
		}
	}
	if p.udp != nil {
		_, err := p.udp.WriteToUDPAddrPort(text, to)
		return err
	}
	p.mu.Lock()
	c := p.conn
	p.mu.Unlock()
	if c == nil {
		var err error
		if c, err = net.Dial("tcp", to.String()); err != nil {
			return err
		}
		p.use(c)
	}
	_, err := c.Write(text)
	return err
}
