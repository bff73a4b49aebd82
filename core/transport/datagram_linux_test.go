// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/netip"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/kahea-sip/kahea/core/timer"
)

// BenchmarkUDPWake measures what a packet costs a server that waits for it: the
// peer is a socket that waits in the kernel, so each packet has to wake a thread,
// as packets from outside do. It reports the processor time of both sides.
func BenchmarkUDPWake(b *testing.B) {
	for _, p := range udpPaths[:2] {
		b.Run(p.name, func(b *testing.B) {
			o := p.options()
			o.Sockets = listenOn(UDP, "127.0.0.1:0")
			o.UDP.Children = 2
			l := start(b, o, echo)
			end, err := newUDPSocket(l, &Socket{Proto: UDP}, netip.MustParseAddrPort("127.0.0.1:0"))
			if err != nil {
				b.Fatal(err)
			}
			defer end.close()
			r, err := end.newReader()
			if err != nil {
				b.Fatal(err)
			}
			runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + 1)
			defer func() { runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) - 1) }()
			to, msg := l.Sockets()[0].Addr, message(500)
			var packet Packet
			b.ReportAllocs()
			before := processorTime(b)
			for b.Loop() {
				if err := end.send(msg, to); err != nil {
					b.Fatal(err)
				}
				if !r.read(&packet) || len(packet.Data) != len(msg) {
					b.Fatal("wrong answer")
				}
				packet.Buffer.Release()
			}
			b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
		})
	}
}

// processorTime is what the process has used, in nanoseconds.
func processorTime(b *testing.B) int64 {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return u.Utime.Nano() + u.Stime.Nano()
}

// Readers that nobody needs rest, and come back when all others are at work.
func TestReadersRest(t *testing.T) {
	o := Options{Sockets: listenOn(UDP, "127.0.0.1:0"), UDP: UDPOptions{Children: 6}}
	hold, begun := make(chan bool), make(chan bool)
	l := start(t, o, func(p Packet, out *Out) {
		if p.Data[0] == 's' {
			begun <- true
			<-hold
		}
		echo(p, out)
	})
	u := l.Sockets()[0].packets.(*udpSocket)
	for u.resting.Load() != 5 {
		runtime.Gosched()
	}
	c := peer(t, l, "127.0.0.1:0")
	slow := []byte("s" + strings.Repeat("low", 20))
	for range 5 {
		if err := c.WriteTo(slow, u.local); err != nil {
			t.Fatal(err)
		}
		<-begun
	}
	// Five at work: the sixth must be called for it.
	for range 100 {
		if err := c.WriteTo(message(50), u.local); err != nil {
			t.Fatal(err)
		}
		receive(t, c)
	}
	for range 5 {
		hold <- true
		receive(t, c)
	}
	for u.resting.Load() != 5 {
		runtime.Gosched()
	}
}

// A collection that must stop the world does not wait for the readers, whose own wait
// is made longer than the test has patience.
func TestCollectionWhileReading(t *testing.T) {
	o := Options{Sockets: listenOn(UDP, "127.0.0.1:0", "[::1]:0"), UDP: UDPOptions{Children: 4}}
	l := start(t, o, echo)
	for _, s := range l.Sockets() {
		if err := unix.SetsockoptTimeval(s.packets.(*udpSocket).fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: int64(2 * patience / time.Second)}); err != nil {
			t.Fatal(err)
		}
	}
	c := peer(t, l, "127.0.0.1:0")
	for range 10 {
		exchange(t, c, l.Sockets()[0].Addr, message(100))
		began := time.Now()
		runtime.GC()
		if d := time.Since(began); d > patience {
			t.Fatalf("a collection took %v", d)
		}
	}
}

// A reader that yields lets the goroutines of its P run.
func TestYield(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var ran atomic.Bool
	go ran.Store(true)
	yield()
	if !ran.Load() {
		t.Error("the goroutine that waits for the processor has not run")
	}
}

// Batches that follow each other fast put the look off, slow ones do not.
func TestLookIsPutOff(t *testing.T) {
	clock := timer.NewManual(time.Unix(0, 0))
	l := start(t, Options{Sockets: listenOn(UDP, "127.0.0.1:0"), Clock: clock}, echo)
	u, err := newUDPSocket(l, &Socket{Proto: UDP}, netip.MustParseAddrPort("127.0.0.1:0"))
	if err != nil {
		t.Fatal(err)
	}
	defer u.close()
	r := &udpReader{udpSocket: u.(*udpSocket)}
	r.resting.Store(1)
	step := func(d, want time.Duration) {
		t.Helper()
		before := r.fetched
		r.fetched += d
		clock.Advance(d)
		r.n = 1
		r.crowded(false)
		r.putOff(before)
		if got, ok := clock.Next(); !ok || r.fetched+got != want {
			t.Fatalf("at %v the next look is at %v, want %v", r.fetched, r.fetched+got, want)
		}
	}
	at := lookPeriod + time.Millisecond
	step(time.Millisecond, at)
	for r.fetched < lookPeriod*3/4-time.Millisecond {
		step(time.Millisecond, at)
	}
	step(time.Millisecond, r.fetched+time.Millisecond+lookPeriod)
	at = r.fetched + lookPeriod
	for r.fetched < lookPeriod*3/4+lookPeriod-2*calmPeriod {
		step(calmPeriod, at)
	}
}
