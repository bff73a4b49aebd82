// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httptest"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/timer"
)

// overNetworks runs a test of TCP over both networks.
func overNetworks(t *testing.T, f func(t *testing.T, o Options)) {
	t.Run("system", func(t *testing.T) { f(t, Options{}) })
	t.Run("memory", func(t *testing.T) { f(t, Options{Network: NewMemoryNetwork()}) })
}

// sipText is a request with a body of n bytes.
func sipText(callID string, n int) []byte {
	return fmt.Appendf(nil, "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nCall-ID: %s\r\nContent-Length: %d\r\n\r\n%s",
		callID, n, strings.Repeat("x", n))
}

// dial opens a connection of a test peer to a socket of the layer.
func dial(t testing.TB, l *Layer, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := l.network.Dial(context.Background(), netip.AddrPort{}, to)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

// listener is a test peer that accepts connections.
func listener(t testing.TB, l *Layer, addr string) (net.Listener, netip.AddrPort) {
	t.Helper()
	ln, err := l.network.Listen(netip.MustParseAddrPort(addr))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln, addrPort(ln.Addr())
}

func accept(t testing.TB, ln net.Listener) net.Conn {
	t.Helper()
	c, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	return c
}

func write(t testing.TB, c net.Conn, data []byte) {
	t.Helper()
	if _, err := c.Write(data); err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, c io.Reader, want []byte) {
	t.Helper()
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if err != nil || !bytes.Equal(got, want) {
		t.Fatalf("received %d bytes, %v: %.200q\nwant %.200q", n, err, got[:n], want)
	}
}

// expectEnd reads until the other side closes.
func expectEnd(t testing.TB, c io.Reader) []byte {
	t.Helper()
	rest, err := io.ReadAll(c)
	if err != nil && !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("connection is not closed: %v", err)
	}
	return rest
}

// patience is how long a test waits for what must come.
const patience = 30 * time.Second

// eventually waits for what another goroutine is about to do.
func eventually(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !f(); runtime.Gosched() {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

func TestTCPEcho(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		for _, host := range []string{"127.0.0.1", "[::1]"} {
			o := o
			o.Sockets = listenOn(TCP, host+":0")
			o.TCP.ConnQueueMax = 1 << 20
			l := start(t, o, echo)
			c := dial(t, l, l.Sockets()[0].Addr)
			for _, n := range []int{0, 10, 1900, 2048, 5000, 60000} {
				go c.Write(sipText("a", n))
				expect(t, c, sipText("a", n))
			}
			stop(t, l)
		}
	})
}

func TestTCPFraming(t *testing.T) {
	one, two := sipText("one", 30), sipText("two", 0)
	http := []byte("GET /metrics HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
	for _, row := range []struct {
		name     string
		in, want []byte
		options  TCPOptions
	}{
		{"two at once", slice(one, two), slice(one, two), TCPOptions{}},
		{"keep-alive", []byte("\r\n\r\n"), []byte("\r\n"), TCPOptions{}},
		{"keep-alive before a message", slice([]byte("\r\n\r\n"), one), slice([]byte("\r\n"), one), TCPOptions{}},
		{"line end between messages", slice(one, []byte("\r\n"), two), slice(one, two), TCPOptions{}},
		{"no answer to keep-alives", slice([]byte("\r\n\r\n"), one), one, TCPOptions{NoCRLFPing: true}},
		{"HTTP", http, http, TCPOptions{}},
		{"no Content-Length", []byte("OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\n"),
			[]byte("OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\n"), TCPOptions{AcceptNoContentLength: true}},
		{"many at once", bytes.Repeat(one, 100), bytes.Repeat(one, 100), TCPOptions{}},
	} {
		t.Run(row.name, func(t *testing.T) {
			overNetworks(t, func(t *testing.T, o Options) {
				o.Sockets = listenOn(TCP, "127.0.0.1:0")
				o.TCP = row.options
				o.TCP.ConnQueueMax = 1 << 20
				l := start(t, o, echo)
				whole := dial(t, l, l.Sockets()[0].Addr)
				go whole.Write(row.in)
				expect(t, whole, row.want)
				if len(row.in) > 1000 {
					return
				}
				single := dial(t, l, l.Sockets()[0].Addr)
				go func() {
					for i := range row.in {
						single.Write(row.in[i : i+1])
					}
				}()
				expect(t, single, row.want)
			})
		})
	}
}

func slice(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// What cannot be SIP ends the connection, with bounded memory. Headers that are
// whole are handed on before, to be answered with what is wrong.
func TestTCPRefuses(t *testing.T) {
	for _, row := range []struct {
		name, text string
		fault      error // of what is handed on, nil where nothing is
	}{
		{"garbage", "hello world this is no SIP\r\n\r\n", sip.ErrNoLength},
		{"no Content-Length", "OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\n", sip.ErrNoLength},
		{"negative Content-Length", "OPTIONS sip:a SIP/2.0\r\nContent-Length: -1\r\nX: y\r\n\r\n", sip.ErrContentLength},
		{"huge Content-Length", "OPTIONS sip:a SIP/2.0\r\nContent-Length: 999999999999\r\n\r\n", sip.ErrTooLarge},
		{"header without end", "OPTIONS sip:a SIP/2.0\r\nX: " + strings.Repeat("y", 100<<10), nil},
		{"line without end", strings.Repeat("y", 100<<10), nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			overNetworks(t, func(t *testing.T, o Options) {
				o.Sockets = listenOn(TCP, "127.0.0.1:0")
				l := start(t, o, func(p Packet, out *Out) {
					if p.Fault != row.fault {
						t.Errorf("fault %v, want %v", p.Fault, row.fault)
					}
					echo(p, out)
				})
				c := dial(t, l, l.Sockets()[0].Addr)
				go c.Write([]byte(row.text))
				want := ""
				if row.fault != nil {
					want = row.text
				}
				if got := string(expectEnd(t, c)); got != want {
					t.Errorf("received %q, want %q", got, want)
				}
			})
		})
	}
}

func TestConnectionReuse(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		l := start(t, o, func(p Packet, _ *Out) { p.Buffer.Release() })
		ln, addr := listener(t, l, "127.0.0.1:0")
		one, two := sipText("one", 3), sipText("two", 0)
		d := Destination{Proto: TCP, Addr: addr}
		for _, m := range [][]byte{one, two} { // the second one while the first one connects
			if err := l.Send(d, m); err != nil {
				t.Fatal(err)
			}
		}
		c := accept(t, ln)
		expect(t, c, slice(one, two))
		if err := l.Send(Destination{Proto: TCP, Addr: addr, NoConnect: true}, one); err != nil {
			t.Fatal(err)
		}
		expect(t, c, one)
		list := l.Connections()
		if len(list) != 1 || !list[0].Outgoing || list[0].Remote != addr || list[0].State != ConnOpen || list[0].Socket != l.Sockets()[0] {
			t.Fatalf("connections: %+v", list)
		}
		if to, ok := l.ConnectionTo(d); !ok || to.ID != list[0].ID {
			t.Errorf("ConnectionTo: %+v %t", to, ok)
		}
		// A connection that is gone: the message takes a new one.
		closed := make(chan Connection, 1)
		l.OnClose(func(c Connection) { closed <- c })
		c.Close()
		if got := <-closed; got.ID != list[0].ID || got.Remote != addr {
			t.Errorf("closed: %+v", got)
		}
		if err := l.Send(Destination{Proto: TCP, Addr: addr, Conn: list[0].ID}, two); err != nil {
			t.Fatal(err)
		}
		expect(t, accept(t, ln), two)
	})
}

// Whoever waits for a connection to come to rest sees what it has still to do: bytes
// that are not looked at, an end that not all have been told of.
func TestConnectionAtRest(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		entered, leave := make(chan struct{}), make(chan struct{})
		l := start(t, o, func(p Packet, _ *Out) {
			p.Buffer.Release()
			entered <- struct{}{}
			<-leave
		})
		l.OnClose(func(Connection) {
			entered <- struct{}{}
			<-leave
		})
		c, text := dial(t, l, l.Sockets()[0].Addr), sipText("a", 0)
		write(t, c, text)
		<-entered
		if got := l.Connections()[0].Received; got != 0 {
			t.Errorf("%d bytes are done while their message is at work", got)
		}
		leave <- struct{}{}
		eventually(t, "all bytes are done", func() bool { return l.Connections()[0].Received == int64(len(text)) })
		write(t, c, text[:5])
		eventually(t, "a part of a message is done", func() bool { return l.Connections()[0].Received == int64(len(text))+5 })
		c.Close()
		<-entered
		if got := l.ConnCounts(); got.Open != 0 || got.Ending != 1 {
			t.Errorf("while the end is told: %+v", got)
		}
		leave <- struct{}{}
		eventually(t, "the end is told", func() bool { return l.ConnCounts().Ending == 0 })
	})
}

// A connection to a socket is found for messages from that socket's address
// only.
func TestConnectionPerSocket(t *testing.T) {
	o := Options{Network: NewMemoryNetwork(), Sockets: listenOn(TCP, "127.0.0.1:5060", "127.0.0.2:5060")}
	l := start(t, o, echo)
	ln, addr := listener(t, l, "127.0.0.9:5060")
	for _, s := range l.Sockets() {
		if err := l.Send(Destination{Proto: TCP, Addr: addr, Socket: s}, sipText("a", 0)); err != nil {
			t.Fatal(err)
		}
		if got := addrPort(accept(t, ln).RemoteAddr()).Addr(); got != s.Addr.Addr() {
			t.Errorf("connection of %s comes from %v", s.Text, got)
		}
	}
}

func TestTCPSendErrors(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		refused := netip.MustParseAddrPort("127.0.0.1:1")
		errs := make(chan error, 1)
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		o.TCP.Sync = true // else a machine that is slow to refuse is not waited for
		var d Destination
		l := start(t, o, func(p Packet, out *Out) { errs <- out.Send(d, p.Data) })
		c := dial(t, l, l.Sockets()[0].Addr)
		for _, row := range []struct {
			name string
			d    Destination
			want error
		}{
			{"refused", Destination{Proto: TCP, Addr: refused}, syscall.ECONNREFUSED},
			{"not to be opened", Destination{Proto: TCP, Addr: refused, NoConnect: true}, ErrNoConnection},
			{"gone", Destination{Proto: TCP, Conn: 99}, ErrNoConnection},
			{"no socket", Destination{Proto: TLS, Addr: refused}, ErrNoSocket},
			{"no socket of the family", Destination{Proto: TCP, Addr: netip.MustParseAddrPort("[::1]:1")}, ErrNoSocket},
		} {
			d = row.d
			write(t, c, sipText("a", 0))
			if err := <-errs; !errors.Is(err, row.want) {
				t.Errorf("%s: got %v, want %v", row.name, err, row.want)
			}
		}
	})
}

// refusing is a network whose Dial refuses when it is let.
type refusing struct {
	Network
	dials, let chan struct{}
}

func (n refusing) Dial(context.Context, netip.AddrPort, netip.AddrPort) (net.Conn, error) {
	n.dials <- struct{}{}
	<-n.let
	return nil, syscall.ECONNREFUSED
}

// TestRefusedIsGone: whoever learns that a connection was refused does not find it again. The time that a sender waits for that does not
// pass while something runs.
func TestRefusedIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := refusing{NewMemoryNetwork(), make(chan struct{}), make(chan struct{})}
		d := Destination{Proto: TCP, Addr: netip.MustParseAddrPort("127.0.0.1:1")}
		errs := make(chan error, 1)
		l := start(t, Options{Network: n, Sockets: listenOn(TCP, "127.0.0.1:0")}, func(p Packet, out *Out) { errs <- out.Send(d, p.Data) })
		in, err := n.Network.Dial(t.Context(), netip.AddrPort{}, l.Sockets()[0].Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		write(t, in, sipText("a", 0))
		<-n.dials
		c := l.streams.find(d, nil)
		l.streams.mu.RLock() // nothing leaves the tables
		close(n.let)
		for l.streams.mu.TryRLock() { // until it is to leave them
			l.streams.mu.RUnlock()
			runtime.Gosched()
		}
		select {
		case <-c.ready:
			t.Error("told while others can find it")
		default:
		}
		l.streams.mu.RUnlock()
		if err := <-errs; !errors.Is(err, syscall.ECONNREFUSED) {
			t.Error(err)
		}
	})
}

// hasty is a network whose Dial refuses at once, and counts.
type hasty struct {
	Network
	dials *atomic.Int64
}

func (n hasty) Dial(context.Context, netip.AddrPort, netip.AddrPort) (net.Conn, error) {
	n.dials.Add(1)
	return nil, syscall.ECONNREFUSED
}

// TestRefusedOnce: who refuses before the message is in the queue is not asked again.
func TestRefusedOnce(t *testing.T) {
	const times = 2000
	var dials atomic.Int64
	var wait sync.WaitGroup
	l := start(t, Options{Network: hasty{NewMemoryNetwork(), &dials}, Sockets: listenOn(TCP, "127.0.0.1:0")}, nil)
	for i := range uint16(times) {
		wait.Go(func() {
			to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), i+1)
			if err := l.Send(Destination{Proto: TCP, Addr: to}, sipText("a", 0)); err != nil && !errors.Is(err, syscall.ECONNREFUSED) {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if got := dials.Load(); got > times {
		t.Errorf("%d dials for %d messages", got, times)
	}
}

// TestRefusedLater: who does not wait for the connection learns of its refusal, from
// Send or afterwards.
func TestRefusedLater(t *testing.T) {
	var dials atomic.Int64
	l := start(t, Options{Network: hasty{NewMemoryNetwork(), &dials}, Sockets: listenOn(TCP, "127.0.0.1:0")}, nil)
	for i := range uint16(500) {
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), i+1)
		errs := make(chan error, 1)
		later := Refused(func(err error) { errs <- err })
		err := l.Send(Destination{Proto: TCP, Addr: to, Refused: &later}, sipText("a", 0))
		if err == nil {
			err = <-errs
		}
		if !errors.Is(err, syscall.ECONNREFUSED) {
			t.Fatal(err)
		}
	}
}

func TestCloseAfterSending(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		l := start(t, o, func(p Packet, out *Out) {
			if err := out.Send(Destination{Proto: TCP, Conn: p.Conn, Close: true}, p.Data); err != nil {
				t.Error(err)
			}
		})
		c := dial(t, l, l.Sockets()[0].Addr)
		write(t, c, sipText("a", 3))
		if got := expectEnd(t, c); !bytes.Equal(got, sipText("a", 3)) {
			t.Errorf("got %q", got)
		}
		eventually(t, "no connection", func() bool { return l.ConnCounts().Open == 0 })
		if l.CloseConn(1) {
			t.Error("closed a connection that is gone")
		}
		c = dial(t, l, l.Sockets()[0].Addr)
		eventually(t, "a connection", func() bool { return l.ConnCounts().Open == 1 })
		if !l.CloseConn(2) {
			t.Error("connection 2 is not known")
		}
		expectEnd(t, c)
	})
}

// TestLinger: whoever still sends when it is refused can read the answer: its connection is not closed with bytes unread.
func TestLinger(t *testing.T) {
	l := start(t, Options{Sockets: listenOn(TCP, "127.0.0.1:0")}, func(p Packet, out *Out) {
		if !errors.Is(p.Fault, sip.ErrHeadersTooLarge) || string(p.Data) != "GET / HTTP/1.1\r\n" {
			t.Errorf("got %q, %v", p.Data, p.Fault)
		}
		out.Send(Destination{Proto: TCP, Conn: p.Conn, Close: true}, []byte("no"))
	})
	c := dial(t, l, l.Sockets()[0].Addr)
	write(t, c, []byte("GET / HTTP/1.1\r\nA: "+strings.Repeat("b", 300_000)))
	if got, err := io.ReadAll(c); err != nil || string(got) != "no" {
		t.Errorf("got %q, %v", got, err)
	}
	if l.ConnCounts().Open != 1 {
		t.Error("closed before the peer has")
	}
	c.Close()
	eventually(t, "no connection", func() bool { return l.ConnCounts().Open == 0 })
}

func TestLifetime(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		clock := timer.NewManual(time.Unix(1e9, 0))
		o.Clock = clock
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		o.TCP.Lifetime = 60 * time.Second
		l := start(t, o, echo)
		short, kept := dial(t, l, l.Sockets()[0].Addr), dial(t, l, l.Sockets()[0].Addr)
		for _, c := range []net.Conn{short, kept} {
			write(t, c, sipText("a", 0))
			expect(t, c, sipText("a", 0))
		}
		list := l.Connections()
		if len(list) != 2 || list[0].Lifetime != 60*time.Second || list[0].Expires != 60*time.Second {
			t.Fatalf("connections: %+v", list)
		}
		if !l.KeepConn(list[1].ID, time.Hour) || l.KeepConn(99, time.Hour) {
			t.Error("KeepConn does not know the connections")
		}
		clock.Advance(40 * time.Second)
		write(t, short, sipText("a", 0)) // activity counts from here
		expect(t, short, sipText("a", 0))
		clock.Advance(40 * time.Second)
		if got := l.ConnCounts().Open; got != 2 {
			t.Fatalf("%d connections after 40 s unused, want 2", got)
		}
		clock.Advance(22 * time.Second)
		expectEnd(t, short)
		eventually(t, "one connection", func() bool { return l.ConnCounts().Open == 1 })
		clock.Advance(59 * time.Minute)
		expectEnd(t, kept)
	})
}

// A message must be complete in time, however slowly its bytes trickle in.
func TestReadTimeout(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		clock := timer.NewManual(time.Unix(1e9, 0))
		o.Clock = clock
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		o.TCP.ReadTimeout = 5 * time.Second
		l := start(t, o, echo)
		c := dial(t, l, l.Sockets()[0].Addr)
		text := sipText("a", 0)
		write(t, c, text) // so that the connection is known to be open
		expect(t, c, text)
		conn := l.streams.byNumber(l.Connections()[0].ID)
		for i := range 5 {
			write(t, c, text[i:i+1])
			eventually(t, "the limit is set", func() bool { return conn.dueBy.Load() != 0 })
			clock.Advance(time.Second)
		}
		if l.ConnCounts().Open != 1 {
			t.Fatal("closed before the time")
		}
		clock.Advance(2 * time.Second)
		expectEnd(t, c)
	})
}

func TestMaxConnections(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		o.TCP.MaxConnections = 2
		o.Counters = counter.New()
		l := start(t, o, echo)
		for range 2 {
			c := dial(t, l, l.Sockets()[0].Addr)
			write(t, c, sipText("a", 0))
			expect(t, c, sipText("a", 0))
		}
		expectEnd(t, dial(t, l, l.Sockets()[0].Addr))
		if err := l.Send(Destination{Proto: TCP, Addr: netip.MustParseAddrPort("127.0.0.1:1")}, sipText("a", 0)); err != ErrTooManyConnections {
			t.Errorf("got %v, want %v", err, ErrTooManyConnections)
		}
		if got := l.ConnCounts(); got.Open != 2 || got.Max != 2 || got.ByProto[TCP] != 2 || got.Secure != 0 {
			t.Errorf("counts: %+v", got)
		}
	})
}

// An address has its share of connections; those that we open do not count, and
// the end of one makes room.
func TestMaxFromAddress(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		o.TCP.MaxFromAddress = 2
		o.Counters = counter.New()
		l := start(t, o, echo)
		_, addr := listener(t, l, "127.0.0.1:0")
		if err := l.Send(Destination{Proto: TCP, Addr: addr}, sipText("own", 0)); err != nil {
			t.Fatal(err)
		}
		served := func() net.Conn {
			c := dial(t, l, l.Sockets()[0].Addr)
			write(t, c, sipText("a", 0))
			expect(t, c, sipText("a", 0))
			return c
		}
		first := served()
		served()
		expectEnd(t, dial(t, l, l.Sockets()[0].Addr))
		first.Close()
		eventually(t, "its end is seen", func() bool { return l.ConnCounts().Open == 2 })
		served()
		expectEnd(t, dial(t, l, l.Sockets()[0].Addr))
	})
}

// A peer that does not read costs a bounded queue, then its connection.
func TestPeerThatDoesNotRead(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		o.TCP.ConnQueueMax = 100 << 10
		l := start(t, o, echo)
		ln, addr := listener(t, l, "127.0.0.1:0")
		d := Destination{Proto: TCP, Addr: addr}
		if err := l.Send(d, sipText("first", 0)); err != nil {
			t.Fatal(err)
		}
		c := accept(t, ln)
		expect(t, c, sipText("first", 0))
		id := l.Connections()[0].ID
		big := sipText("big", 40000)
		var err error
		for n := 0; err == nil; n++ {
			if n > 1000 {
				t.Fatal("40 MB were queued")
			}
			err = l.Send(d, big)
			if queued := l.ConnCounts().Queued; queued > 100<<10 {
				t.Fatalf("%d bytes are queued", queued)
			}
		}
		if err != ErrQueueFull {
			t.Errorf("got %v, want %v", err, ErrQueueFull)
		}
		if _, ok := l.Connection(id); ok || l.ConnCounts().Queued != 0 {
			t.Error("the connection is still there")
		}
	})
}

func TestQueueMax(t *testing.T) {
	o := Options{Network: silentNetwork{NewMemoryNetwork()}, Sockets: listenOn(TCP, "127.0.0.1:0")}
	o.TCP.QueueMax = 1000
	l := start(t, o, echo)
	var err error
	for port := range uint16(10) {
		to := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.9"), 1000+port)
		if err = l.Send(Destination{Proto: TCP, Addr: to}, sipText("a", 300)); err != nil {
			break
		}
		if l.ConnCounts().Queued > 1000 {
			t.Fatal("too much is queued")
		}
	}
	defer l.streams.closeAll()
	if err != ErrQueueFull {
		t.Errorf("got %v, want %v", err, ErrQueueFull)
	}
}

func TestSendTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := timer.NewManual(time.Unix(1e9, 0))
		o := Options{Network: NewMemoryNetwork(), Clock: clock, Sockets: listenOn(TCP, "127.0.0.1:0")}
		o.TCP.SendTimeout, o.TCP.ConnQueueMax = 3*time.Second, 1<<20
		l := start(t, o, echo)
		ln, addr := listener(t, l, "127.0.0.1:0")
		if err := l.Send(Destination{Proto: TCP, Addr: addr}, sipText("a", 0)); err != nil {
			t.Fatal(err)
		}
		filled := bytes.Repeat([]byte("x"), memoryStreamSize)
		if err := l.Send(Destination{Proto: TCP, Addr: addr}, filled); err != nil {
			t.Fatal(err)
		}
		accept(t, ln) // never reads
		c := l.streams.byNumber(l.Connections()[0].ID)
		synctest.Wait() // the writer too
		if c.takes.Load() == 0 {
			t.Fatal("nothing is being written")
		}
		clock.Advance(3 * time.Second)
		if l.ConnCounts().Open != 1 {
			t.Fatal("closed before the time")
		}
		clock.Advance(2 * time.Second)
		synctest.Wait()
		if l.ConnCounts().Open != 0 {
			t.Error("not closed")
		}
	})
}

// silentNetwork has peers that never answer.
type silentNetwork struct{ *MemoryNetwork }

func (silentNetwork) Dial(ctx context.Context, _, _ netip.AddrPort) (net.Conn, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestConnectTimeout(t *testing.T) {
	clock := timer.NewManual(time.Unix(1e9, 0))
	o := Options{Network: silentNetwork{NewMemoryNetwork()}, Clock: clock, Counters: counter.New(), Sockets: listenOn(TCP, "127.0.0.1:0")}
	l := start(t, o, echo)
	d := Destination{Proto: TCP, Addr: netip.MustParseAddrPort("127.0.0.1:9")}
	for range 2 {
		if err := l.Send(d, sipText("a", 0)); err != nil {
			t.Fatal(err)
		}
	}
	if list := l.Connections(); len(list) != 1 || list[0].State != ConnConnecting || list[0].Queued != 2*len(sipText("a", 0)) {
		t.Fatalf("connections: %+v", list)
	}
	clock.Advance(12 * time.Second)
	eventually(t, "given up", func() bool { return l.ConnCounts() == ConnCounts{Max: 2048, MaxSecure: 2048} })
}

func TestAliasConn(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		l := start(t, o, func(p Packet, _ *Out) {
			if !l0(p).AliasConn(p.Conn, 5070) {
				t.Error("no such connection")
			}
			l0(p).AliasConn(p.Conn, 5070)
			l0(p).Send(Destination{Proto: TCP, Addr: netip.AddrPortFrom(p.Src.Addr(), 5070), NoConnect: true}, p.Data)
		})
		theLayer.Store(l.Sockets()[0], l)
		defer theLayer.Delete(l.Sockets()[0])
		c := dial(t, l, l.Sockets()[0].Addr)
		write(t, c, sipText("a", 0))
		expect(t, c, sipText("a", 0))
		list := l.Connections()
		if len(list) != 1 || len(list[0].Aliases) != 1 || list[0].Aliases[0] != 5070 {
			t.Errorf("connections: %+v", list)
		}
		c.Close()
		eventually(t, "closed", func() bool { return l.ConnCounts().Open == 0 })
		l.streams.mu.Lock()
		defer l.streams.mu.Unlock()
		if len(l.streams.byRemote) != 0 {
			t.Errorf("still known: %v", l.streams.byRemote)
		}
	})
}

// theLayer lets a receiver reach its layer.
var theLayer sync.Map

func l0(p Packet) *Layer {
	for {
		if l, ok := theLayer.Load(p.Socket); ok {
			return l.(*Layer)
		}
		runtime.Gosched()
	}
}

// TLS as a module would add it.
func TestStreamWithHandshake(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		web := httptest.NewUnstartedServer(nil)
		web.StartTLS() // for its certificate
		cert := web.TLS.Certificates[0]
		web.Close()
		o.Sockets = listenOn(TLS, "127.0.0.1:0")
		l, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		l.Use(TLS, Stream{
			Server: func(c net.Conn, _ *Socket) (net.Conn, error) {
				tc := tls.Server(c, &tls.Config{Certificates: []tls.Certificate{cert}})
				return tc, tc.Handshake()
			},
			Client: func(ctx context.Context, c net.Conn, _ Destination) (net.Conn, error) {
				tc := tls.Client(c, &tls.Config{InsecureSkipVerify: true})
				return tc, tc.HandshakeContext(ctx)
			},
		})
		if err := l.Listen(); err != nil {
			t.Fatal(err)
		}
		if err := l.Serve(func() Receiver { return receiverFunc(echo) }); err != nil {
			t.Fatal(err)
		}
		defer stop(t, l)
		c := tls.Client(dial(t, l, l.Sockets()[0].Addr), &tls.Config{InsecureSkipVerify: true})
		write(t, c, sipText("a", 5))
		expect(t, c, sipText("a", 5))

		ln, addr := listener(t, l, "127.0.0.1:0")
		if err := l.Send(Destination{Proto: TLS, Addr: addr}, sipText("b", 0)); err != nil {
			t.Fatal(err)
		}
		s := tls.Server(accept(t, ln), &tls.Config{Certificates: []tls.Certificate{cert}})
		expect(t, s, sipText("b", 0))
		go io.Copy(io.Discard, c) // takes the leave
		go io.Copy(io.Discard, s)
		if got := l.ConnCounts(); got.Secure != 2 || got.ByProto[TLS] != 2 {
			t.Errorf("counts: %+v", got)
		}
	})
}

// Stop sends what waits, also on a connection that is still being opened.
func TestStopFlushes(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(TCP, "127.0.0.1:0")
		l := start(t, o, echo)
		ln, addr := listener(t, l, "127.0.0.1:0")
		if err := l.Send(Destination{Proto: TCP, Addr: addr}, sipText("a", 30000)); err != nil {
			t.Fatal(err)
		}
		stopped := make(chan error)
		go func() { stopped <- l.Stop(context.Background()) }()
		if got := expectEnd(t, accept(t, ln)); !bytes.Equal(got, sipText("a", 30000)) {
			t.Errorf("received %d bytes", len(got))
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if err := l.Send(Destination{Proto: TCP, Addr: addr}, sipText("a", 0)); err != ErrStopped {
			t.Errorf("sending after Stop: %v, want %v", err, ErrStopped)
		}
	})
}

// What is sent between StopReading and Stop leaves: by datagram, on a connection that
// is open, and on a new one. Nothing is read any more.
func TestStopReading(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = append(listenOn(TCP, "127.0.0.1:0"), listenOn(UDP, "127.0.0.1:0")...)
		received := make(chan struct{}, 2)
		l := start(t, o, func(Packet, *Out) { received <- struct{}{} })
		ln, addr := listener(t, l, "127.0.0.1:0")
		open := Destination{Proto: TCP, Addr: addr}
		if err := l.Send(open, sipText("a", 10)); err != nil {
			t.Fatal(err)
		}
		first := accept(t, ln)
		expect(t, first, sipText("a", 10))
		if err := l.StopReading(t.Context()); err != nil {
			t.Fatal(err)
		}
		udp, other := peer(t, l, "127.0.0.1:0"), peer(t, l, "127.0.0.1:0")
		if err := other.WriteTo(message(50), l.Sockets()[1].Addr); err != nil {
			t.Fatal(err)
		}
		ln2, addr2 := listener(t, l, "127.0.0.1:0")
		for _, d := range []Destination{open, {Proto: TCP, Addr: addr2}, {Proto: UDP, Addr: udp.LocalAddr()}} {
			if err := l.Send(d, sipText("b", 3000)); err != nil {
				t.Errorf("%v: %v", d.Proto, err)
			}
		}
		if got := receive(t, udp); !bytes.Equal(got, sipText("b", 3000)) {
			t.Errorf("%d bytes by datagram", len(got))
		}
		stopped := make(chan error)
		go func() { stopped <- l.Stop(context.Background()) }()
		for what, c := range map[string]net.Conn{"open": first, "new": accept(t, ln2)} {
			if got := expectEnd(t, c); !bytes.Equal(got, sipText("b", 3000)) {
				t.Errorf("%d bytes on the %s connection", len(got), what)
			}
		}
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if len(received) != 0 {
			t.Error("a message was read")
		}
	})
}

func TestSync(t *testing.T) {
	overNetworks(t, func(t *testing.T, o Options) {
		o.Sockets = listenOn(UDP, "127.0.0.1:0")
		o.Sockets = append(o.Sockets, listenOn(TCP, "127.0.0.1:0")...)
		o.TCP.Sync = true
		to, done := make(chan netip.AddrPort, 1), make(chan error, 1)
		l := start(t, o, func(p Packet, out *Out) { done <- out.Send(Destination{Proto: TCP, Addr: <-to}, p.Data) })
		ln, addr := listener(t, l, "127.0.0.1:0")
		to <- addr
		if err := peer(t, l, "127.0.0.1:0").WriteTo(message(20000), l.Sockets()[0].Addr); err != nil {
			t.Fatal(err)
		}
		expect(t, accept(t, ln), message(20000))
		if err := <-done; err != nil {
			t.Error(err)
		}
		if got := l.ConnCounts().Queued; got != 0 {
			t.Errorf("%d bytes are queued after a send that waits", got)
		}
	})
}

// A second connection from one address and port is refused where it shall be
// (tcp_accept_unique).
func TestUnique(t *testing.T) {
	for _, unique := range []bool{false, true} {
		o := Options{Network: NewMemoryNetwork(), Sockets: listenOn(TCP, "127.0.0.1:5060", "127.0.0.1:5070")}
		o.TCP.Unique, o.Counters = unique, counter.New()
		l := start(t, o, echo)
		from := netip.MustParseAddrPort("127.0.0.9:4000")
		for i, s := range l.Sockets() {
			c, err := l.network.Dial(context.Background(), from, s.Addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if unique && i == 1 {
				expectEnd(t, c)
				continue
			}
			write(t, c, sipText("a", 0))
			expect(t, c, sipText("a", 0))
		}
	}
}

// Where it is asked for, the connection from the port of the socket is taken
// before a newer one (tcp_connection_match).
func TestMatchPort(t *testing.T) {
	for _, match := range []bool{false, true} {
		o := Options{Network: NewMemoryNetwork(), Sockets: listenOn(TCP, "127.0.0.1:5060", "127.0.0.1:5070")}
		o.TCP.MatchPort = match
		l := start(t, o, echo)
		from := netip.MustParseAddrPort("127.0.0.9:4000")
		var conns []net.Conn
		for _, s := range l.Sockets() {
			c, err := l.network.Dial(context.Background(), from, s.Addr)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(patience))
			write(t, c, sipText("a", 0))
			expect(t, c, sipText("a", 0))
			conns = append(conns, c)
		}
		if err := l.Send(Destination{Proto: TCP, Addr: from, Socket: l.Sockets()[0]}, sipText("b", 0)); err != nil {
			t.Fatal(err)
		}
		want := conns[1]
		if match {
			want = conns[0]
		}
		expect(t, want, sipText("b", 0))
	}
}

// While a worker waits for a connection that is being opened, another one has
// its place.
func TestAwaitLends(t *testing.T) {
	o := Options{Network: silentNetwork{NewMemoryNetwork()}, Sockets: append(listenOn(UDP, "127.0.0.1:0"), listenOn(TCP, "127.0.0.1:0")...)}
	o.UDP.Children, o.TCP.Sync = 1, true // with tcp_async=no it waits for ever
	l := start(t, o, func(p Packet, out *Out) {
		if p.Data[0] == 'W' {
			out.Send(Destination{Proto: TCP, Addr: netip.MustParseAddrPort("127.0.0.1:9")}, p.Data)
			return
		}
		echo(p, out)
	})
	c := peer(t, l, "127.0.0.1:0")
	to := l.Sockets()[0].Addr
	if err := c.WriteTo(append([]byte("W"), message(100)...), to); err != nil {
		t.Fatal(err)
	}
	if got := exchange(t, c, to, message(50)); !bytes.Equal(got, message(50)) {
		t.Fatalf("got %q", got)
	}
	l.streams.closeAll()
}
