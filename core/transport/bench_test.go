// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"runtime"
	"testing"
)

// echoOnce makes a layer that echoes, and a function that sends one datagram to
// it and waits for the answer without allocating.
func echoOnce(t testing.TB, o Options) func() {
	o.Sockets = listenOn(UDP, "127.0.0.1:0")
	o.UDP.Children = 1
	l := start(t, o, echo)
	c := peer(t, l, "127.0.0.1:0")
	to, msg, answer := l.Sockets()[0].Addr, message(500), make([]byte, maxDatagram)
	return func() {
		if err := c.WriteTo(msg, to); err != nil {
			t.Fatal(err)
		}
		if n, _, _, err := c.ReadFrom(answer); err != nil || !bytes.Equal(answer[:n], msg) {
			t.Fatal(n, err)
		}
	}
}

func TestUDPAllocs(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector empties pools")
	}
	for _, p := range udpPaths[:2] {
		t.Run(p.name, func(t *testing.T) {
			if p.name == "fast" && !fastUDP {
				t.Skip("this system has no fast path")
			}
			once := echoOnce(t, p.options())
			once()
			if n := allocsPerRun(500, once); n >= 0.1 {
				t.Errorf("%v allocations for a packet and its echo", n)
			}
		})
	}
}

// allocsPerRun counts allocations as testing.AllocsPerRun does, but leaves
// GOMAXPROCS alone, which the readers need.
func allocsPerRun(runs int, f func()) float64 {
	least := uint64(1 << 63)
	for range 3 { // a garbage collection empties the pools: take the best
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for range runs {
			f()
		}
		runtime.ReadMemStats(&after)
		least = min(least, after.Mallocs-before.Mallocs)
	}
	return float64(least) / float64(runs)
}

func BenchmarkUDPEcho(b *testing.B) {
	for _, p := range udpPaths[:2] {
		b.Run(p.name, func(b *testing.B) {
			once := echoOnce(b, p.options())
			b.ReportAllocs()
			b.SetBytes(500)
			for b.Loop() {
				once()
			}
		})
	}
}

// BenchmarkUDPSend measures the send alone: nobody reads, the kernel drops.
func BenchmarkUDPSend(b *testing.B) {
	for _, p := range udpPaths[:2] {
		b.Run(p.name, func(b *testing.B) {
			o := p.options()
			o.Sockets = listenOn(UDP, "127.0.0.1:0")
			l := start(b, o, echo)
			c := peer(b, l, "127.0.0.1:0")
			d := Destination{Proto: UDP, Addr: c.LocalAddr()}
			msg := message(500)
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Send(d, msg); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkIsMyself(b *testing.B) {
	l, err := New(Options{
		Network: NewMemoryNetwork(), Sockets: listenOn(UDP, "127.0.0.1:5060", "127.0.0.2:5060"),
		Aliases: []Alias{{Host: "sip.example.com"}, {Host: "example.com", Port: 5060}},
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		b.Fatal(err)
	}
	for _, row := range []struct {
		host string
		want bool
	}{{"127.0.0.2", true}, {"10.1.2.3", false}, {"SIP.example.com", true}, {"other.example.com", false}} {
		b.Run(row.host, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l.IsMyself(row.host, 5060, ProtoNone) != row.want {
					b.Fatal("wrong")
				}
			}
		})
	}
}

func BenchmarkChoose(b *testing.B) {
	l, err := New(Options{Network: NewMemoryNetwork(), MHomed: true, Sockets: listenOn(UDP, "127.0.0.1:5060", "[::1]:5060")})
	if err != nil {
		b.Fatal(err)
	}
	if err := l.Listen(); err != nil {
		b.Fatal(err)
	}
	dst := netip.MustParseAddr("127.0.0.9")
	b.ReportAllocs()
	for b.Loop() {
		if l.Choose(UDP, dst) == nil {
			b.Fatal("no socket")
		}
	}
}

func BenchmarkTCPEcho(b *testing.B) {
	l := start(b, Options{Sockets: listenOn(TCP, "127.0.0.1:0")}, echo)
	c, err := net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(l.Sockets()[0].Addr))
	if err != nil {
		b.Fatal(err)
	}
	defer c.Close()
	msg := sipText("a", 400)
	answer := make([]byte, len(msg))
	b.ReportAllocs()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		if _, err := c.Write(msg); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(c, answer); err != nil || !bytes.Equal(answer, msg) {
			b.Fatal(err)
		}
	}
}

// BenchmarkIdleConnection reports the memory of a connection that waits.
func BenchmarkIdleConnection(b *testing.B) {
	const n = 2000
	for b.Loop() {
		l, err := New(Options{Network: NewMemoryNetwork(), Sockets: listenOn(TCP, "127.0.0.1:0")})
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Listen(); err != nil {
			b.Fatal(err)
		}
		if err := l.Serve(func() Receiver { return receiverFunc(echo) }); err != nil {
			b.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range n {
			c := dial(b, l, l.Sockets()[0].Addr)
			write(b, c, sipText("a", 0))
			expect(b, c, sipText("a", 0))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		used := int64(after.HeapInuse+after.StackInuse) - int64(before.HeapInuse+before.StackInuse)
		b.ReportMetric(float64(used)/n, "B/conn")
		stop(b, l)
	}
}
