// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"bytes"
	"context"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// udpPaths are the ways in which a UDP socket can be read; all tests of UDP run
// over each.
var udpPaths = []struct {
	name    string
	options func() Options
}{
	{"fast", func() Options { return Options{} }},
	{"portable", func() Options { return Options{UDP: UDPOptions{Portable: true}} }},
	{"memory", func() Options { return Options{Network: NewMemoryNetwork()} }},
}

func overPaths(t *testing.T, f func(t *testing.T, o Options)) {
	for _, p := range udpPaths {
		t.Run(p.name, func(t *testing.T) {
			if p.name == "fast" && !fastUDP {
				t.Skip("this system has no fast path")
			}
			f(t, p.options())
		})
	}
}

// receiverFunc makes a function a Receiver.
type receiverFunc func(p Packet, out *Out)

func (f receiverFunc) Receive(p Packet, out *Out) { f(p, out) }

// echo sends each message back.
func echo(p Packet, out *Out) {
	err := out.Send(Destination{Proto: p.Socket.Proto, Addr: p.Src, Socket: p.Socket, Conn: p.Conn}, p.Data)
	if err != nil {
		panic(err)
	}
	p.Buffer.Release()
}

func listenOn(protos Proto, addrs ...string) []Listen {
	var list []Listen
	for _, a := range addrs {
		list = append(list, Listen{Proto: protos, Addr: netip.MustParseAddrPort(a)})
	}
	return list
}

// start runs a layer until the end of the test and checks that nothing of it
// is left then.
func start(t testing.TB, o Options, f func(Packet, *Out)) *Layer {
	t.Helper()
	return startWith(t, o, nil, f)
}

// startWith is start with a prober.
func startWith(t testing.TB, o Options, prober Prober, f func(Packet, *Out)) *Layer {
	t.Helper()
	before := bytes.Count(goroutines(), goroutine)
	if o.UDP.Children == 0 {
		o.UDP.Children = 2
	}
	l, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l.prober = prober
	if err := l.Listen(); err != nil {
		t.Fatal(err)
	}
	if err := l.Serve(func() Receiver { return receiverFunc(f) }); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop(t, l)
		var after []byte
		for end := time.Now().Add(patience); time.Now().Before(end); {
			if after = goroutines(); bytes.Count(after, goroutine) <= before {
				return
			}
			time.Sleep(time.Millisecond)
		}
		t.Errorf("goroutines: %d before, %d after Stop\n%s", before, bytes.Count(after, goroutine), after)
	})
	return l
}

// goroutine begins each of goroutines.
var goroutine = []byte("\ngoroutine ")

// goroutines returns the stacks of those that run. runtime.NumGoroutine counts one that has just ended, too, and in a bubble of
// synctest no time passes until it is gone.
func goroutines() []byte {
	buf := make([]byte, 1<<20)
	buf[0] = '\n'
	return buf[:1+runtime.Stack(buf[1:], true)]
}

func stop(t testing.TB, l *Layer) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := l.Stop(ctx); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

// peer opens a socket of a test peer on the network of the layer.
func peer(t testing.TB, l *Layer, addr string) PacketConn {
	t.Helper()
	c, err := l.network.ListenPacket(netip.MustParseAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// exchange sends a datagram and returns the next one received.
func exchange(t testing.TB, c PacketConn, to netip.AddrPort, data []byte) []byte {
	t.Helper()
	if err := c.WriteTo(data, to); err != nil {
		t.Fatal(err)
	}
	return receive(t, c)
}

func receive(t testing.TB, c PacketConn) []byte {
	t.Helper()
	b := make([]byte, maxDatagram)
	guard := time.AfterFunc(patience, func() { c.CloseRead() })
	defer guard.Stop()
	n, _, _, err := c.ReadFrom(b)
	if err != nil {
		t.Fatalf("nothing received: %v", err)
	}
	return b[:n]
}

// message makes a text of n bytes that is long enough to be a message.
func message(n int) []byte {
	return []byte(strings.Repeat("0123456789abcdef", n/16+1)[:n])
}

func TestUDPEcho(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		for _, host := range []string{"127.0.0.1", "[::1]"} {
			t.Run(host, func(t *testing.T) {
				o := o
				o.Sockets = listenOn(UDP, host+":0")
				l := start(t, o, echo)
				s := l.Sockets()[0]
				c := peer(t, l, host+":0")
				for _, n := range []int{32, 500, BufferSize - 1, BufferSize, BufferSize + 1, 9000, maxUDPPayload} {
					if want, got := message(n), exchange(t, c, s.Addr, message(n)); !bytes.Equal(got, want) {
						t.Errorf("%d bytes came back as %d", n, len(got))
					}
				}
			})
		}
	})
}

func TestPacketOfUDP(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		for _, row := range []struct{ name, listen, to, from string }{
			{"IPv4", "127.0.0.1:0", "127.0.0.1", "127.0.0.1:0"},
			{"IPv4 wildcard", "0.0.0.0:0", "127.0.0.2", "127.0.0.1:0"},
			{"IPv6", "[::1]:0", "::1", "[::1]:0"},
			{"IPv6 wildcard", "[::]:0", "::1", "[::1]:0"},
		} {
			t.Run(row.name, func(t *testing.T) {
				o := o
				o.Sockets = listenOn(UDP, row.listen)
				got := make(chan Packet, 1)
				l := start(t, o, func(p Packet, _ *Out) { got <- p })
				s := l.Sockets()[0]
				c := peer(t, l, row.from)
				to := netip.AddrPortFrom(netip.MustParseAddr(row.to), s.Addr.Port())
				if err := c.WriteTo(message(100), to); err != nil {
					t.Fatal(err)
				}
				p := <-got
				if p.Src != c.LocalAddr() || p.Dst != to || p.Socket != s || p.Conn != 0 {
					t.Errorf("got src %v dst %v socket %v conn %d, want src %v dst %v", p.Src, p.Dst, p.Socket, p.Conn, c.LocalAddr(), to)
				}
				if since := time.Since(p.Time); since < 0 || since > time.Minute {
					t.Errorf("received %v ago", since)
				}
				p.Buffer.Release()
			})
		}
	})
}

// What is too short for a message is passed over, what follows it is not.
func TestShortDatagrams(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		l := start(t, o, echo)
		c := peer(t, l, "127.0.0.1:0")
		to := l.Sockets()[0].Addr
		for _, s := range []string{"", "\r\n\r\n", "jaK\x00", "\x00", strings.Repeat("x", minDatagram-1)} {
			if err := c.WriteTo([]byte(s), to); err != nil {
				t.Fatal(err)
			}
		}
		if got := exchange(t, c, to, message(minDatagram)); !bytes.Equal(got, message(minDatagram)) {
			t.Errorf("got %q", got)
		}
	})
}

// All that is sent in a burst arrives, each message in a buffer of its own.
func TestUDPBurst(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		const n = 100
		var mu sync.Mutex
		var kept []Packet
		all := make(chan bool)
		l := start(t, o, func(p Packet, _ *Out) {
			mu.Lock()
			defer mu.Unlock()
			if kept = append(kept, p); len(kept) == n {
				close(all)
			}
		})
		c := peer(t, l, "127.0.0.1:0")
		for i := range n {
			b := message(100 + i)
			b[0] = byte(i)
			if err := c.WriteTo(b, l.Sockets()[0].Addr); err != nil {
				t.Fatal(err)
			}
		}
		<-all
		seen := map[byte]bool{}
		for _, p := range kept {
			if seen[p.Data[0]] || len(p.Data) != 100+int(p.Data[0]) {
				t.Errorf("message %d: %d bytes, seen before: %t", p.Data[0], len(p.Data), seen[p.Data[0]])
			}
			seen[p.Data[0]] = true
			p.Buffer.Release()
		}
	})
}

// A worker that waits after Lend does not keep its socket from being read, and
// still sends when it wakes up.
func TestLend(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		o.UDP.Children = 1
		const lenders = 20
		hold := make(chan bool)
		l := start(t, o, func(p Packet, out *Out) {
			if p.Data[0] == 'W' {
				out.Lend()
				out.Lend()
				<-hold
			}
			echo(p, out)
		})
		c := peer(t, l, "127.0.0.1:0")
		to := l.Sockets()[0].Addr
		for round := range 3 { // later rounds use parked workers
			waits := append([]byte("W"), message(100)...)
			for range lenders {
				if err := c.WriteTo(waits, to); err != nil {
					t.Fatal(err)
				}
			}
			if got := exchange(t, c, to, message(50)); !bytes.Equal(got, message(50)) {
				t.Fatalf("round %d: got %q", round, got)
			}
			for range lenders {
				hold <- true
			}
			for range lenders {
				if got := receive(t, c); !bytes.Equal(got, waits) {
					t.Fatalf("round %d: got %q", round, got)
				}
			}
		}
		l.workers.mu.Lock()
		parked := len(l.workers.parked)
		l.workers.mu.Unlock()
		if parked > maxParked {
			t.Errorf("%d workers are parked", parked)
		}
	})
}

// When too many have lent their place, the next one waits in it.
func TestLendLimit(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		o.UDP.Children, o.UDP.MaxLent = 1, 2
		hold, entered := make(chan bool), make(chan bool, 10)
		l := start(t, o, func(p Packet, out *Out) {
			out.Lend()
			entered <- true
			<-hold
			echo(p, out)
		})
		c := peer(t, l, "127.0.0.1:0")
		for range 5 {
			if err := c.WriteTo(message(50), l.Sockets()[0].Addr); err != nil {
				t.Fatal(err)
			}
		}
		for range 3 {
			<-entered
		}
		select {
		case <-entered:
			t.Error("a fourth message was taken with two places lent")
		default:
		}
		close(hold)
		for range 5 {
			receive(t, c)
		}
	})
}

// Stop waits for the message at work, and what it sends still leaves.
func TestStopWaitsForReceive(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		entered, hold := make(chan bool), make(chan bool)
		l := start(t, o, func(p Packet, out *Out) {
			entered <- true
			<-hold
			echo(p, out)
		})
		c := peer(t, l, "127.0.0.1:0")
		if err := c.WriteTo(message(50), l.Sockets()[0].Addr); err != nil {
			t.Fatal(err)
		}
		<-entered
		stopped := make(chan error)
		go func() { stopped <- l.Stop(context.Background()) }()
		hold <- true
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		receive(t, c)
		if err := l.Send(Destination{Proto: UDP, Addr: c.LocalAddr()}, message(50)); err != ErrStopped {
			t.Errorf("sending after Stop: %v, want %v", err, ErrStopped)
		}
	})
}

func TestStopGivesUp(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		entered, hold := make(chan bool), make(chan bool)
		l := start(t, o, func(p Packet, out *Out) {
			entered <- true
			<-hold
		})
		c := peer(t, l, "127.0.0.1:0")
		if err := c.WriteTo(message(50), l.Sockets()[0].Addr); err != nil {
			t.Fatal(err)
		}
		<-entered
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := l.Stop(ctx); err != context.Canceled {
			t.Errorf("Stop: %v, want %v", err, context.Canceled)
		}
		close(hold)
		for !l.stopped.Load() { // the leak check of start needs the end
			runtime.Gosched()
		}
	})
}

func TestSendErrors(t *testing.T) {
	overPaths(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		l := start(t, o, echo)
		for _, row := range []struct {
			name string
			d    Destination
			data []byte
			want error // nil for any
		}{
			{"no socket of the family", Destination{Proto: UDP, Addr: netip.MustParseAddrPort("[::1]:5060")}, message(50), ErrNoSocket},
			{"no socket of the protocol", Destination{Proto: TCP, Addr: netip.MustParseAddrPort("127.0.0.1:5060")}, message(50), ErrNoSocket},
			{"too long", Destination{Proto: UDP, Addr: netip.MustParseAddrPort("127.0.0.1:5060")}, message(70000), nil},
		} {
			err := l.Send(row.d, row.data)
			if err == nil || row.want != nil && err != row.want {
				t.Errorf("%s: got %v, want %v", row.name, err, row.want)
			}
		}
	})
}

func TestListenErrors(t *testing.T) {
	for _, row := range []struct {
		name    string
		sockets []Listen
	}{
		{"address in use", listenOn(UDP, "127.0.0.1:7777", "127.0.0.1:7777")},
		{"no such protocol", append(listenOn(UDP, "127.0.0.1:7777"), listenOn(TLS, "127.0.0.1:7778")...)},
	} {
		network := NewMemoryNetwork()
		l, err := New(Options{Network: network, Sockets: row.sockets})
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Listen(); err == nil {
			t.Errorf("%s: no error", row.name)
		}
		if len(l.Sockets()) != 0 || len(network.packets) != 0 {
			t.Errorf("%s: a socket stayed open", row.name)
		}
	}
}

func TestStopWithoutServe(t *testing.T) {
	network := NewMemoryNetwork()
	l := bound(t, Options{Sockets: listenOn(ProtoNone, "127.0.0.1:5060"), Network: network})
	for range 2 {
		stop(t, l)
	}
	if len(network.packets)+len(network.listeners) != 0 {
		t.Error("a socket stayed open")
	}
}

func TestGOMAXPROCS(t *testing.T) {
	before := runtime.GOMAXPROCS(0)
	o := Options{Sockets: listenOn(ProtoNone, "127.0.0.1:0", "[::1]:0"), UDP: UDPOptions{Children: 3}}
	o.Sockets[1].Workers = 5
	l := start(t, o, echo)
	want := min(3, runtime.NumCPU()) + min(5, runtime.NumCPU())
	if !fastUDP {
		want = 0
	}
	if got := l.Threads(); got != want {
		t.Errorf("Threads: %d, want %d", got, want)
	}
	if got := runtime.GOMAXPROCS(0); got != before+want {
		t.Errorf("GOMAXPROCS: %d, want %d", got, before+want)
	}
	stop(t, l)
	if got := runtime.GOMAXPROCS(0); got != before {
		t.Errorf("GOMAXPROCS after Stop: %d, want %d", got, before)
	}
}
