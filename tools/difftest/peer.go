// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/kahea-sip/kahea/tools/testport"
)

// packet is one thing that left the server towards a peer: a message, a keep-alive of line ends, or the end of a connection.
type packet struct {
	line  string // the peer's way it came by: alice, alice/tcp (alice connected), alice/in (the server connected)
	data  []byte
	reply func([]byte) error // sends to the server by the same way
	used  bool               // an expect step has taken it
}

const closedNote = "(connection closed by the server)"

// inbox collects what all peers of a case receive, in the order of arrival.
type inbox struct {
	mu       sync.Mutex
	packets  []*packet
	keepDups bool
	changed  chan struct{} // closed and replaced at each arrival
	last     time.Time
}

func newInbox() *inbox { return &inbox{changed: make(chan struct{}), last: time.Now()} }

// add takes a packet in. Unless the case wants to see them, UDP packets equal to an earlier one are retransmissions that depend on the
// speed of the machine, and are dropped.
func (b *inbox) add(p *packet) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.keepDups && !strings.Contains(p.line, "/") {
		for _, old := range b.packets {
			if old.line == p.line && bytes.Equal(old.data, p.data) {
				return
			}
		}
	}
	b.packets = append(b.packets, p)
	b.last = time.Now()
	close(b.changed)
	b.changed = make(chan struct{})
}

// take waits for the first packet on a line that no earlier take got and that want accepts.
func (b *inbox) take(line string, limit time.Duration, want func([]byte) bool) *packet {
	timeout := time.After(limit)
	for {
		b.mu.Lock()
		for _, p := range b.packets {
			if p.line == line && !p.used && want(p.data) {
				p.used = true
				b.mu.Unlock()
				return p
			}
		}
		changed := b.changed
		b.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			return nil
		}
	}
}

// counts tells how many packets each line has.
func (b *inbox) counts() map[string]int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := map[string]int{}
	for _, p := range b.packets {
		n[p.line]++
	}
	return n
}

// awaitCounts waits until every line has at least the packets wanted, or the limit passes.
func (b *inbox) awaitCounts(want map[string]int, limit time.Duration) {
	timeout := time.After(limit)
	for {
		b.mu.Lock()
		changed := b.changed
		b.mu.Unlock()
		have, enough := b.counts(), true
		for line, n := range want {
			enough = enough && have[line] >= n
		}
		if enough {
			return
		}
		select {
		case <-changed:
		case <-timeout:
			return
		}
	}
}

// awaitQuiet waits until nothing has arrived for a while.
func (b *inbox) awaitQuiet(quiet time.Duration) {
	for {
		b.mu.Lock()
		rest := quiet - time.Since(b.last)
		b.mu.Unlock()
		if rest <= 0 {
			return
		}
		time.Sleep(rest)
	}
}

// peer is a SIP endpoint of a case: a UDP socket and a TCP listener on the same port of the loopback address.
type peer struct {
	name   string
	port   int
	server string
	box    *inbox
	udp    net.PacketConn
	accept net.Listener
	dial   net.Conn // alice/tcp, once used
	web    *webConn // alice/ws, once opened
	wait   sync.WaitGroup

	mu    sync.Mutex
	conns []net.Conn
	held  map[string][]byte // line -> what hold keeps back

	call call // what this peer's dialog knows
}

func newPeer(name, server string, box *inbox) (*peer, error) {
	for range 50 {
		port, err := testport.Free()
		if err != nil {
			return nil, err
		}
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
		udp, err := net.ListenPacket("udp4", addr)
		if err != nil {
			continue
		}
		accept, err := net.Listen("tcp4", addr)
		if err != nil {
			udp.Close()
			continue
		}
		p := &peer{name: name, port: port, server: server, box: box, udp: udp, accept: accept, held: map[string][]byte{}}
		p.box.last = time.Now()
		p.wait.Add(2)
		go p.readUDP()
		go p.acceptAll()
		return p, nil
	}
	return nil, errors.New("no port that is free for UDP and TCP")
}

func (p *peer) addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

func (p *peer) close() {
	p.udp.Close()
	p.accept.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		c.Close()
	}
	p.mu.Unlock()
	p.wait.Wait()
}

func (p *peer) readUDP() {
	defer p.wait.Done()
	buf := make([]byte, 65536)
	for {
		n, _, err := p.udp.ReadFrom(buf)
		if err != nil {
			return
		}
		p.box.add(&packet{line: p.name, data: bytes.Clone(buf[:n]), reply: p.sendUDP})
	}
}

func (p *peer) acceptAll() {
	defer p.wait.Done()
	for {
		c, err := p.accept.Accept()
		if err != nil {
			return
		}
		p.follow(c, p.name+"/in")
	}
}

// follow reads a connection to its end.
func (p *peer) follow(c net.Conn, line string) {
	p.mu.Lock()
	p.conns = append(p.conns, c)
	p.mu.Unlock()
	p.wait.Add(1)
	go func() {
		defer p.wait.Done()
		var kept []byte
		buf := make([]byte, 65536)
		reply := func(data []byte) error { _, err := c.Write(data); return err }
		for {
			n, err := c.Read(buf)
			kept = append(kept, buf[:n]...)
			for {
				size := frame(kept)
				if size == 0 {
					break
				}
				p.box.add(&packet{line: line, data: bytes.Clone(kept[:size]), reply: reply})
				kept = kept[size:]
			}
			if err != nil {
				if !errors.Is(err, net.ErrClosed) { // not closed by this side
					p.box.add(&packet{line: line, data: []byte(closedNote), reply: reply})
				}
				return
			}
		}
	}()
}

// frame returns the length of the first whole message or line end in a stream, 0 when more must come.
func frame(data []byte) int {
	if bytes.HasPrefix(data, []byte("\r\n")) {
		return 2
	}
	if isSTUN(data) {
		if size := stunSize(data); size <= len(data) {
			return size
		}
		return 0
	}
	head := bytes.Index(data, []byte("\r\n\r\n"))
	if head < 0 {
		return 0
	}
	length, _ := strconv.Atoi(message(data).header("Content-Length"))
	if size := head + 4 + length; size <= len(data) {
		return size
	}
	return 0
}

func (p *peer) sendUDP(data []byte) error {
	to, err := net.ResolveUDPAddr("udp4", p.server)
	if err != nil {
		return err
	}
	_, err = p.udp.WriteTo(data, to)
	return err
}

// send sends by one of the peer's lines: its name alone for UDP, name/tcp for the connection that it opens when first used, name/ws for
// that of WebSocket, name/in for the connection that the server opened last.
func (p *peer) send(line string, data []byte) error {
	if held, ok := p.held[line]; ok {
		p.held[line] = append(held, data...)
		return nil
	}
	switch line {
	case p.name:
		return p.sendUDP(data)
	case p.name + "/tcp":
		if p.dial == nil {
			if err := p.connect(); err != nil {
				return err
			}
		}
		_, err := p.dial.Write(data)
		return err
	case p.name + "/ws":
		if err := p.openWeb(nil); err != nil {
			return err
		}
		_, err := p.web.Write(data)
		return err
	case p.name + "/in":
		p.mu.Lock()
		defer p.mu.Unlock()
		if len(p.conns) == 0 {
			return errors.New("the server has not connected")
		}
		_, err := p.conns[len(p.conns)-1].Write(data)
		return err
	}
	return fmt.Errorf("unknown line %q", line)
}

// connect opens the connection that name/tcp stands for.
func (p *peer) connect() error {
	c, err := dial(p.server)
	if err != nil {
		return err
	}
	p.dial = c
	p.follow(c, p.name+"/tcp")
	return nil
}

// dial connects from a port of testport's: what the system gives may be a number that stands in a case, and would be masked there.
func dial(server string) (net.Conn, error) {
	reuse := func(_, _ string, c syscall.RawConn) (err error) { // also where an earlier connection is not quite forgotten
		if e := c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1) }); e != nil {
			return e
		}
		return err
	}
	for range 50 {
		port, err := testport.Free()
		if err != nil {
			return nil, err
		}
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}, Control: reuse}
		c, err := d.Dial("tcp4", server)
		if err == nil || !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EADDRNOTAVAIL) {
			return c, err
		}
	}
	return nil, errors.New("no port to connect from")
}

// flush sends what hold kept back, in pieces of the given size (0: in one piece).
func (p *peer) flush(line string, size int) error {
	data := p.held[line]
	delete(p.held, line)
	if size <= 0 {
		return p.send(line, data)
	}
	for len(data) > 0 {
		n := min(size, len(data))
		if err := p.send(line, data[:n]); err != nil {
			return err
		}
		data = data[n:]
		time.Sleep(time.Millisecond) // lets the server read piece by piece
	}
	return nil
}
