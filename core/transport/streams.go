// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/timer"
)

// streams has all stream connections. Each has a goroutine that opens it and
// reads it; a second one writes while the peer is slower than we are. Time
// limits of all connections are checked once a second by the clock of the
// layer.
//
// Lock order: streams.mu before conn.mu.
type streams struct {
	layer     *Layer
	protos    map[Proto]Stream // not changed after Listen
	receivers sync.Pool        // Receivers that no connection uses at this moment

	maxConns, maxSecure, connQueueMax, queueMax, maxMessage int
	maxFrom                                                 int // accepted of one address; 0 for any number
	lifetime, connectTimeout                                time.Duration
	sendTimeout, readTimeout                                time.Duration

	// reading counts the goroutines that accept and read, all all goroutines.
	reading, all sync.WaitGroup
	draining     chan struct{} // closed when nothing more will be sent
	queued       atomic.Int64  // bytes that wait on all connections
	ending       atomic.Int64  // connections out of the tables whose goroutine is not done
	alarm        timer.Alarm

	mu       sync.RWMutex
	lastID   ConnID                // guarded by mu
	byID     map[ConnID]*conn      // guarded by mu
	byRemote map[remoteKey][]*conn // guarded by mu; the newest is the last
	byProto  [WSS + 1]int          // guarded by mu
	accepts  map[netip.Addr]int    // accepted ones by address, where maxFrom bounds them; guarded by mu
	onClose  []func(Connection)    // guarded by mu
	stopping bool                  // guarded by mu; nothing more is read
	drained  bool                  // guarded by mu; nothing more is opened
}

// remoteKey is what a connection is found by.
type remoteKey struct {
	proto  Proto
	remote netip.AddrPort
}

// sweepEvery is how often the time limits are checked.
const sweepEvery = time.Second

func (t *streams) init(l *Layer) {
	o := &l.opt.TCP
	*t = streams{
		layer:          l,
		protos:         map[Proto]Stream{TCP: {}},
		maxConns:       cmp.Or(o.MaxConnections, 2048),
		maxSecure:      cmp.Or(o.MaxSecure, 2048),
		maxFrom:        o.MaxFromAddress,
		connQueueMax:   cmp.Or(o.ConnQueueMax, 32<<10),
		queueMax:       cmp.Or(o.QueueMax, 10<<20),
		maxMessage:     cmp.Or(o.MaxMessage, 64<<10),
		lifetime:       cmp.Or(o.Lifetime, 120*time.Second),
		connectTimeout: cmp.Or(o.ConnectTimeout, 10*time.Second),
		sendTimeout:    cmp.Or(o.SendTimeout, 10*time.Second),
		readTimeout:    cmp.Or(o.ReadTimeout, 20*time.Second),
		draining:       make(chan struct{}),
		byID:           map[ConnID]*conn{},
		byRemote:       map[remoteKey][]*conn{},
		accepts:        map[netip.Addr]int{},
	}
	t.alarm = l.clock.Alarm(t.sweep)
}

// listen binds the socket of a stream protocol.
func (t *streams) listen(s *Socket, addr netip.AddrPort) error {
	if p, ok := t.protos[s.Proto]; !ok || p.Upgraded {
		return fmt.Errorf("cannot listen on %s %s: %w", s.Proto, addr, ErrNotServed)
	}
	ln, err := t.layer.network.Listen(addr)
	if err != nil {
		return fmt.Errorf("cannot bind %s %s: %w", s.Proto, addr, err)
	}
	s.listener = ln
	s.Addr = netip.AddrPortFrom(addr.Addr(), addrPort(ln.Addr()).Port())
	return nil
}

// addrPort reads the address of a connection or listener.
func addrPort(a net.Addr) netip.AddrPort {
	var ap netip.AddrPort
	switch a := a.(type) {
	case *net.TCPAddr:
		ap = a.AddrPort()
	case nil:
		return ap
	default:
		ap, _ = netip.ParseAddrPort(a.String())
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}

// acceptPause is how long to wait when accepting fails, as it does when the
// process has too many open files.
const acceptPause = 100 * time.Millisecond

// accept starts the loop that accepts connections on a socket.
func (t *streams) accept(s *Socket) {
	t.reading.Add(1)
	t.all.Add(1)
	go func() {
		defer t.all.Done()
		defer t.reading.Done()
		for failing := false; ; {
			nc, err := s.listener.Accept()
			switch {
			case err == nil:
				failing = false
				t.accepted(s, nc)
			case errors.Is(err, net.ErrClosed):
				return
			default:
				if !failing { // one line until it works again
					t.layer.log.Warn("cannot accept a connection", "socket", s.Text, "err", err)
				}
				failing = true
				t.pause(acceptPause)
			}
		}
	}()
}

// pause waits for d or until the layer stops.
func (t *streams) pause(d time.Duration) {
	timeout := time.NewTimer(d)
	defer timeout.Stop()
	select {
	case <-timeout.C:
	case <-t.draining:
	}
}

// accepted takes a new connection in, or closes it when there are too many.
func (t *streams) accepted(s *Socket, nc net.Conn) {
	c := &conn{
		streams: t, socket: s, proto: s.Proto, state: ConnConnecting, base: nc,
		local: addrPort(nc.LocalAddr()), remote: addrPort(nc.RemoteAddr()),
	}
	if err := t.add(c); err != nil {
		nc.Close()
		return
	}
	t.layer.count.passiveOpen.Inc()
}

// add puts a connection into the tables and starts its goroutine.
func (t *streams) add(c *conn) error {
	now := t.layer.clock.Monotonic()
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.drained || t.stopping && !c.outgoing {
		return ErrStopped
	}
	if len(t.byID) >= t.maxConns || c.proto.Secure() && t.byProto[TLS]+t.byProto[WSS] >= t.maxSecure {
		t.layer.count.localReject.Inc()
		return ErrTooManyConnections
	}
	if t.layer.opt.TCP.Unique && !c.outgoing && len(t.byRemote[remoteKey{c.proto, c.remote}]) > 0 {
		t.layer.count.localReject.Inc()
		return ErrSecondConnection
	}
	if t.bounded(c) {
		if t.accepts[c.remote.Addr()] >= t.maxFrom {
			t.layer.count.localReject.Inc()
			return ErrTooManyConnections
		}
		t.accepts[c.remote.Addr()]++
	}
	t.lastID++
	c.id = t.lastID
	c.opened = t.layer.clock.Now()
	c.framing = t.newFraming(c.proto, c.remote)
	c.quiet.L = &c.mu
	c.ready = make(chan struct{})
	c.used.Store(int64(now))
	c.dueBy.Store(int64(now + t.connectTimeout))
	c.dial, c.cancel = context.WithCancel(context.Background())
	t.byID[c.id] = c
	t.byProto[c.proto]++
	key := remoteKey{c.proto, c.remote}
	t.byRemote[key] = append(t.byRemote[key], c)
	if len(t.byID) == 1 {
		t.alarm.Set(now + sweepEvery)
	}
	if c.reads = !t.stopping; c.reads {
		t.reading.Add(1)
	}
	t.all.Add(1)
	go c.run()
	return nil
}

// bounded tells whether a connection counts for its address.
func (t *streams) bounded(c *conn) bool { return t.maxFrom > 0 && !c.outgoing }

// remove takes a connection out of the tables.
func (t *streams) remove(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byID[c.id] != c {
		return
	}
	delete(t.byID, c.id)
	t.ending.Add(1)
	t.byProto[c.proto]--
	if a := c.remote.Addr(); t.bounded(c) {
		if t.accepts[a]--; t.accepts[a] == 0 {
			delete(t.accepts, a)
		}
	}
	t.forgetAll(c)
}

// forgetAll takes a connection from under all its addresses; mu is held.
func (t *streams) forgetAll(c *conn) {
	t.forget(remoteKey{c.proto, c.remote}, c)
	for _, port := range c.aliases {
		t.forget(remoteKey{c.proto, netip.AddrPortFrom(c.remote.Addr(), port)}, c)
	}
}

// forget takes a connection from under one key; mu is held.
func (t *streams) forget(key remoteKey, c *conn) {
	list := slices.DeleteFunc(t.byRemote[key], func(o *conn) bool { return o == c })
	if len(list) == 0 {
		delete(t.byRemote, key)
		return
	}
	t.byRemote[key] = list
}

// find returns the connection that a message to d takes, or nil. from is the
// socket that the sender has asked for; a connection has to leave from its
// address then.
func (t *streams) find(d Destination, from *Socket) *conn {
	t.mu.RLock()
	defer t.mu.RUnlock()
	if c := t.byID[d.Conn]; c != nil && !c.leaving {
		return c
	}
	if t.protos[d.Proto].Upgraded {
		return t.findUpgraded(d)
	}
	list := t.byRemote[remoteKey{d.Proto, d.Addr}]
	if t.layer.opt.TCP.MatchPort && from != nil {
		for i := len(list) - 1; i >= 0; i-- {
			if list[i].local == from.Addr {
				return list[i]
			}
		}
	}
	for i := len(list) - 1; i >= 0; i-- {
		c := list[i]
		if from == nil || c.socket == from || c.local.Addr() == from.Addr.Addr() || from.Addr.Addr().IsUnspecified() {
			return c
		}
	}
	return nil
}

// send sends data on the connection of d, on one to its address, or on a new
// one from socket s; from is the socket that was asked for, nil for none.
func (t *streams) send(d Destination, s, from *Socket, data []byte, waiter *Out) error {
	// A connection may close between finding and sending; the next round
	// finds or opens another one.
	for range 3 {
		c := t.find(d, from)
		if c == nil {
			var err error
			if c, err = t.connect(d, s, from); err != nil {
				return err
			}
		}
		err := c.send(data, d.Close, d.Refused)
		switch {
		case err == errConnClosed:
			err = c.refusal()
		case err == nil && waiter != nil:
			err = c.await(waiter)
		}
		if err != errConnClosed {
			return err
		}
	}
	return ErrNoConnection
}

// connect makes a connection to d.Addr that will be opened from socket s.
func (t *streams) connect(d Destination, s, from *Socket) (*conn, error) {
	switch p := t.protos[d.Proto]; {
	case d.NoConnect || t.layer.opt.TCP.NoConnect || !d.Addr.IsValid() || d.Addr.Port() == 0 || p.Upgraded && p.Client == nil:
		return nil, ErrNoConnection
	case s == nil:
		return nil, ErrNoSocket
	}
	c := &conn{
		streams: t, socket: s, proto: d.Proto, state: ConnConnecting, outgoing: true,
		local: t.localFor(d, s, from), remote: d.Addr, security: d.Security,
	}
	if err := t.add(c); err != nil {
		return nil, err
	}
	return c, nil
}

// localFor chooses the address that a connection leaves from; not valid lets
// the kernel choose.
func (t *streams) localFor(d Destination, s, from *Socket) netip.AddrPort {
	o := &t.layer.opt.TCP
	local := s.Addr
	if from == nil {
		source := o.SourceIPv4
		if d.Addr.Addr().Is6() {
			source = o.SourceIPv6
		}
		if source.IsValid() {
			local = netip.AddrPortFrom(source, local.Port())
		} else if local.Addr().IsLoopback() && !d.Addr.Addr().IsLoopback() {
			return netip.AddrPort{}
		}
	}
	if local.Addr().IsUnspecified() && !o.ReusePort {
		return netip.AddrPort{}
	}
	if !o.ReusePort {
		return netip.AddrPortFrom(local.Addr(), 0)
	}
	return local
}

// sweep closes the connections whose time is over.
func (t *streams) sweep() {
	now := int64(t.layer.clock.Monotonic())
	var over []*conn
	t.mu.RLock()
	for _, c := range t.byID {
		if c.over(now) {
			over = append(over, c)
		}
	}
	t.mu.RUnlock()
	for _, c := range over {
		c.expired.Store(true)
		c.close()
	}
	t.mu.RLock()
	defer t.mu.RUnlock()
	if len(t.byID) > 0 {
		t.alarm.Set(time.Duration(now) + sweepEvery)
	}
}

// stopReading closes the listeners and ends the reading of all connections.
func (t *streams) stopReading() {
	t.mu.Lock()
	t.stopping = true
	all := make([]*conn, 0, len(t.byID))
	for _, c := range t.byID {
		all = append(all, c)
	}
	t.mu.Unlock()
	for _, s := range t.layer.sockets {
		if s.listener != nil {
			s.listener.Close()
		}
	}
	for _, c := range all {
		c.stopReading()
	}
}

// drain sends what waits, closes all connections and waits for their
// goroutines.
func (t *streams) drain() {
	t.mu.Lock()
	t.drained = true
	t.mu.Unlock()
	close(t.draining)
	t.all.Wait()
	t.alarm.Stop()
}

// closeAll closes all connections at once.
func (t *streams) closeAll() {
	t.mu.RLock()
	all := make([]*conn, 0, len(t.byID))
	for _, c := range t.byID {
		all = append(all, c)
	}
	t.mu.RUnlock()
	for _, c := range all {
		c.close()
	}
}
