// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// conn is a stream connection, from the wish to open it until it is closed.
type conn struct {
	streams       *streams
	id            ConnID
	proto         Proto   // changed under streams.mu and mu, see Upgrade
	socket        *Socket // changed as proto
	local, remote netip.AddrPort
	outgoing      bool
	security      any // as Destination.Security
	opened        time.Time
	reads         bool // counted in streams.reading
	partial       bool // a message was begun, see Frame.Partial; the reader's

	dial   context.Context // ends with close
	cancel context.CancelFunc
	ready  chan struct{} // closed when the connection is open or has failed

	used  atomic.Int64 // when it was last used, by the monotonic clock
	keep  atomic.Int64 // its own lifetime, 0 for the common one
	dueBy atomic.Int64 // when the peer must have completed a message or handshake; 0 for no limit
	takes atomic.Int64 // when the peer must have taken what is being written; 0 for no limit

	received atomic.Int64 // bytes that were read and taken, as far as they make a frame

	expired atomic.Bool // one of the limits above has ended it

	aliases []uint16 // guarded by streams.mu
	leaving bool     // guarded by streams.mu; nothing is sent any more, see Leave

	mu         sync.Mutex
	state      ConnState  // guarded by mu
	base       net.Conn   // guarded by mu; the TCP connection
	nc         net.Conn   // guarded by mu; base, or what secures it
	failure    error      // guarded by mu; why it could not be opened
	hopes      []*Refused // guarded by mu; whose messages wait for the connection to open
	framing    Framing    // guarded by mu
	pending    []byte     // guarded by mu; waits for the writer
	queued     int        // guarded by mu; pending and what the writer has
	writing    bool       // guarded by mu; a writer runs
	closeAfter bool       // guarded by mu; to be closed when nothing is queued
	lingers    bool       // guarded by mu; the reader closes it, see linger
	direct     direct     // guarded by mu
	quiet      sync.Cond  // of mu; told when queued becomes 0 or state ConnClosing
}

var (
	// errConnClosed: the connection closes; the sender may try another one.
	errConnClosed = errors.New("connection is closing")
	// errStopping: the layer has stopped reading.
	errStopping = errors.New("reading has stopped")
)

// run opens the connection, reads it to its end, and tells that it is closed.
func (c *conn) run() {
	defer c.streams.all.Done()
	err := c.open()
	if err == nil {
		err = c.read()
	}
	if c.reads {
		c.streams.reading.Done()
	}
	if errors.Is(err, errStopping) {
		<-c.streams.draining
		c.farewell(ErrStopped)
		c.flush()
	} else if errors.Is(err, syscall.ECONNRESET) {
		c.streams.layer.count.conReset.Inc()
	}
	info := c.info()
	switch info.End = err; {
	case c.expired.Load():
		info.End = ErrExpired
	case errors.Is(err, errStopping):
		info.End = ErrStopped
	}
	c.close()
	c.streams.mu.RLock()
	told := c.streams.onClose
	c.streams.mu.RUnlock()
	for _, f := range told {
		f(info)
	}
	c.streams.ending.Add(-1)
}

// open dials, if the connection is to be opened by us, and secures it.
func (c *conn) open() (err error) {
	defer func() {
		if err != nil {
			c.mu.Lock()
			c.failure = err
			hopes := c.hopes
			c.hopes = nil
			c.mu.Unlock()
			c.streams.remove(c) // who is told must not find it again
			close(c.ready)
			for _, r := range hopes {
				(*r)(err)
			}
		}
	}()
	t, count := c.streams, &c.streams.layer.count
	if c.outgoing {
		nc, err := t.layer.network.Dial(c.dial, c.local, c.remote)
		if err != nil {
			count.connectFailed.Inc()
			return err
		}
		if err := c.setBase(nc); err != nil {
			return err
		}
	}
	nc, err := c.secure()
	if err != nil {
		if c.outgoing {
			count.connectFailed.Inc()
		}
		return err
	}
	if c.outgoing {
		count.connectSuccess.Inc()
	}
	count.established.Inc()
	c.established(nc)
	return nil
}

// setBase keeps a dialled connection, so that close can reach it.
func (c *conn) setBase(nc net.Conn) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == ConnClosing {
		nc.Close()
		return errConnClosed
	}
	c.base = nc
	return nil
}

// secure runs the handshake of the protocol.
func (c *conn) secure() (net.Conn, error) {
	p := c.streams.protos[c.proto]
	switch {
	case c.outgoing && p.Client != nil:
		return p.Client(c.dial, c.base, Destination{Proto: c.proto, Addr: c.remote, Socket: c.socket, Security: c.security})
	case !c.outgoing && p.Server != nil:
		return p.Server(c.base, c.socket)
	}
	return c.base, nil
}

// established lets what waits be written.
func (c *conn) established(nc net.Conn) {
	c.used.Store(int64(c.streams.layer.clock.Monotonic()))
	c.dueBy.Store(0)
	local := addrPort(nc.LocalAddr())
	c.streams.mu.Lock()
	c.local = local
	stopping := c.streams.stopping
	c.streams.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	defer close(c.ready)
	c.nc, c.hopes = nc, nil
	if c.state == ConnClosing {
		return // read will find it closed
	}
	c.state = ConnOpen
	if nc == c.base {
		c.direct.init(nc)
	}
	if stopping {
		nc.SetReadDeadline(longAgo)
	}
	c.startWriter()
}

// longAgo is a deadline that ends a read at once.
var longAgo = time.Unix(1, 0)

func (c *conn) stopReading() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nc != nil {
		c.nc.SetReadDeadline(longAgo)
	}
}

// close ends the connection; more calls do nothing.
func (c *conn) close() {
	c.streams.remove(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == ConnClosing {
		return
	}
	c.state = ConnClosing
	c.streams.queued.Add(-int64(c.queued))
	c.pending, c.queued = nil, 0
	c.quiet.Broadcast()
	c.cancel()
	switch {
	case c.nc != nil && c.nc != c.base:
		// Taking leave of the peer may wait for it.
		c.streams.all.Add(1)
		go func(nc net.Conn) {
			defer c.streams.all.Done()
			nc.Close()
		}(c.nc)
	case c.base != nil:
		c.base.Close()
	}
}

// over tells whether a time limit has passed, and counts it.
func (c *conn) over(now int64) bool {
	count := &c.streams.layer.count
	if by := c.takes.Load(); by != 0 && now > by {
		count.sendTimeout.Inc()
		return true
	}
	if by := c.dueBy.Load(); by != 0 {
		if now > by {
			count.conTimeout.Inc()
			return true
		}
		return false
	}
	life := c.life()
	if life >= 0 && now > c.used.Load()+int64(life) {
		count.conTimeout.Inc()
		return true
	}
	return false
}

// life is how long the connection may stay unused; negative for ever. streams.mu
// is held.
func (c *conn) life() time.Duration {
	if k := c.keep.Load(); k != 0 {
		return time.Duration(k)
	}
	p := c.proto
	if p == WSS {
		p = TLS // which it is based on
	}
	if of := c.streams.protos[p].Lifetime; of != nil {
		return of()
	}
	return c.streams.lifetime
}

// openPatience is how long a worker waits to learn whether a new connection is
// refused. A refusal from the same machine or network comes in less, and then
// the script can try another destination; to wait longer would stall the worker.
const openPatience = 5 * time.Millisecond

// await waits a moment for a connection that is being opened, and returns why
// it failed. With tcp_async=no it waits until all is sent.
func (c *conn) await(waiter *Out) error {
	sync := c.streams.layer.opt.TCP.Sync
	select {
	case <-c.ready:
	default:
		waiter.Lend()
		var patience <-chan time.Time
		if !sync {
			t := time.NewTimer(openPatience)
			defer t.Stop()
			patience = t.C
		}
		select {
		case <-c.ready:
		case <-patience:
			return nil
		}
	}
	if sync {
		waiter.Lend()
		c.flush()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failure
}

// refusal is why the closed connection could not be opened by us, so that a peer that refuses sooner than the sender has its message in
// the queue is not asked again; errConnClosed where it was open.
func (c *conn) refusal() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.outgoing && c.failure != nil {
		return c.failure
	}
	return errConnClosed
}

// flush waits until nothing is queued, or the connection has closed.
func (c *conn) flush() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.queued > 0 && c.state != ConnClosing {
		c.quiet.Wait()
	}
}

// stopError tells a read that was ended by stopReading from one that failed.
func (c *conn) stopError(err error) error {
	if !os.IsTimeout(err) {
		return err
	}
	c.streams.mu.RLock()
	defer c.streams.mu.RUnlock()
	if c.streams.stopping {
		return errStopping
	}
	return err
}
