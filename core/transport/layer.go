// SPDX-License-Identifier: Apache-2.0

// Package transport carries SIP messages over the network.
package transport

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/timer"
)

// Layer has all sockets and connections of the server. All its methods are
// safe for concurrent use after Listen, except Serve, StopReading and Stop.
type Layer struct {
	opt     Options
	clock   timer.Clock
	log     *slog.Logger
	network Network
	count   counters
	sockets []*Socket
	routes  routes
	workers workers
	streams streams
	procs   int // GOMAXPROCS before Serve; 0 when it was not changed

	watchers []Watcher
	filter   Filter
	prober   Prober

	quieted atomic.Bool   // reading was stopped
	quiet   chan struct{} // closed when nothing is read any more, and no message is at work
	stop    atomic.Bool   // Stop was called
	stopped atomic.Bool   // nothing may be sent any more
	myself  atomic.Pointer[names]
	mu      sync.Mutex // held to replace myself
}

var _ Sender = (*Layer)(nil)

// Serves tells whether connections of a stream protocol can be accepted and
// opened.
func (l *Layer) Serves(p Proto) bool {
	_, ok := l.streams.protos[p]
	return ok || p == UDP
}

// New makes a layer; it opens nothing.
func New(o Options) (*Layer, error) {
	l := &Layer{opt: o, clock: o.Clock, log: o.Log, network: o.Network, quiet: make(chan struct{})}
	if l.clock == nil {
		l.clock = timer.NewReal()
	}
	if l.opt.Poll == nil {
		l.opt.Poll = func(time.Duration) {}
	}
	if l.log == nil {
		l.log = slog.New(slog.DiscardHandler)
	}
	if l.network == nil {
		l.network = &systemNetwork{&l.opt}
	}
	l.workers = workers{layer: l, maxLent: o.UDP.MaxLent}
	if l.workers.maxLent == 0 {
		l.workers.maxLent = 1024
	}
	l.streams.init(l)
	l.changeNames(func(*names) {})
	for _, a := range o.Aliases {
		l.AddAlias(a)
	}
	if err := l.declareCounters(); err != nil {
		return nil, err
	}
	return l, nil
}

// Listen binds all sockets. On an error none stays open. A protocol other than
// UDP and TCP must have been given with Use.
func (l *Layer) Listen() error {
	for _, ln := range l.opt.Sockets {
		protos := []Proto{ln.Proto}
		if ln.Proto == ProtoNone {
			protos = []Proto{UDP, TCP}
			if l.opt.TCP.Disabled {
				protos = protos[:1]
			}
		}
		for _, p := range protos {
			if err := l.open(p, ln); err != nil {
				l.closeSockets()
				return err
			}
		}
	}
	for _, s := range l.sockets {
		if s.packets != nil {
			if err := s.packets.keep(); err != nil {
				l.closeSockets()
				return fmt.Errorf("cannot bind udp %s: %w", s.Addr, err)
			}
		}
		l.addWeb(s)
	}
	l.changeNames(func(n *names) {
		for _, s := range l.sockets {
			n.addSocket(s)
		}
	})
	return nil
}

// open binds one socket. The children of a UDP socket share it: with a socket
// each (SO_REUSEPORT) a busy worker would keep the packets that the kernel has
// chosen for it from the idle ones.
func (l *Layer) open(p Proto, ln Listen) error {
	s := &Socket{Proto: p, Index: len(l.sockets)}
	var err error
	if p == UDP {
		if err = l.openPackets(s, ln.Addr); err == nil {
			s.Addr = s.packets.addr()
			s.workers = ln.Workers
		}
	} else {
		err = l.streams.listen(s, ln.Addr)
	}
	if err != nil {
		return err
	}
	s.name(ln)
	l.sockets = append(l.sockets, s)
	return nil
}

func (l *Layer) closeSockets() {
	for _, s := range l.sockets {
		if s.packets != nil {
			s.packets.close()
		}
		if s.listener != nil {
			s.listener.Close()
		}
	}
	l.sockets = nil
}

// children is the number of workers of a UDP socket.
func (l *Layer) children(s *Socket) int {
	switch {
	case s.workers > 0:
		return s.workers
	case l.opt.UDP.Children > 0:
		return l.opt.UDP.Children
	}
	return 8
}

// Threads is the number of threads that wait in the kernel past Go's
// scheduler, each of which keeps one of GOMAXPROCS.
func (l *Layer) Threads() int {
	n := 0
	for _, s := range l.sockets {
		if s.packets != nil {
			n += s.packets.threads()
		}
	}
	return n
}

// Serve starts the workers; each gets a receiver of its own from newReceiver,
// which must be safe for concurrent use. It raises GOMAXPROCS by Threads until
// Stop.
func (l *Layer) Serve(newReceiver func() Receiver) error {
	l.workers.make = newReceiver
	l.streams.receivers.New = func() any { return newReceiver() }
	if n := l.Threads(); n > 0 {
		l.procs = runtime.GOMAXPROCS(0)
		runtime.GOMAXPROCS(l.procs + n)
	}
	for _, s := range l.sockets {
		if s.packets == nil {
			l.streams.accept(s)
			continue
		}
		for range l.children(s) {
			r, err := s.packets.newReader()
			if err != nil {
				return fmt.Errorf("cannot read %s: %w", s.Text, err)
			}
			l.workers.start(r)
		}
	}
	return nil
}

// StopReading stops reading and waits for the messages at work; when ctx ends it
// returns ctx's error. What is sent leaves until Stop.
func (l *Layer) StopReading(ctx context.Context) error {
	l.endReading()
	select {
	case <-l.quiet:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// endReading has quiet closed soon.
func (l *Layer) endReading() {
	if l.quieted.Swap(true) {
		return
	}
	for _, s := range l.sockets {
		if s.packets != nil {
			s.packets.closeRead()
		}
	}
	l.workers.stop()
	l.streams.stopReading()
	go func() {
		l.workers.wg.Wait()
		l.streams.reading.Wait()
		close(l.quiet)
	}()
}

// Stop stops reading, waits for the messages at work, sends what waits and
// closes everything; when ctx ends it closes at once and returns ctx's error.
// Nothing may be sent after it has returned. A second call does nothing.
func (l *Layer) Stop(ctx context.Context) error {
	if l.stop.Swap(true) {
		return nil
	}
	l.endReading()
	done := make(chan struct{})
	go func() {
		<-l.quiet
		l.stopped.Store(true)
		l.streams.drain()
		// Not before: a descriptor that is closed may soon be another file.
		for _, s := range l.sockets {
			if s.packets != nil {
				s.packets.close()
			}
		}
		close(done)
	}()
	var err error
	select {
	case <-done:
	case <-ctx.Done():
		err = ctx.Err()
		l.streams.closeAll()
	}
	if l.procs > 0 {
		runtime.GOMAXPROCS(l.procs)
	}
	return err
}

// Send sends data to d from any goroutine, see Sender. It never waits: the
// result of opening a connection is not known when it returns. A worker uses
// its Out.
func (l *Layer) Send(d Destination, data []byte) error { return l.send(d, data, nil) }

// send picks the socket and sends. For a worker, whose way out is waiter, it takes
// a moment to learn whether a connection that it opens is refused.
func (l *Layer) send(d Destination, data []byte, waiter *Out) error {
	s := d.Socket
	if s == nil || s.Proto != d.Proto || d.Addr.IsValid() && s.Addr.Addr().Is4() != isIPv4(d.Addr.Addr()) {
		s = l.socketFor(d)
	}
	if d.Proto != UDP {
		err := l.streams.send(d, s, d.Socket, l.wire(d, s, data), waiter)
		if len(l.watchers) != 0 && err == nil && !d.Unseen {
			l.sent(d, s, data)
		}
		return err
	}
	if s == nil {
		return ErrNoSocket
	}
	if l.stopped.Load() {
		return ErrStopped
	}
	err := s.packets.send(l.wire(d, s, data), d.Addr)
	if err != nil {
		l.count.sendErrors.Inc()
	}
	if len(l.watchers) != 0 && err == nil && !d.Unseen {
		l.sent(d, s, data)
	}
	return err
}

func isIPv4(a netip.Addr) bool { return a.Is4() || a.Is4In6() }

// socketFor chooses a socket of the protocol; one on the address of the socket
// that was asked for, where that one has another protocol.
func (l *Layer) socketFor(d Destination) *Socket {
	if d.Socket != nil && d.Socket.Addr.Addr().Is4() == isIPv4(d.Addr.Addr()) {
		if s := l.Socket(d.Proto, d.Socket.Addr); s != nil {
			return s
		}
		if s := l.Socket(d.Proto, netip.AddrPortFrom(d.Socket.Addr.Addr(), 0)); s != nil {
			return s
		}
	}
	return l.Choose(d.Proto, d.Addr.Addr())
}
