// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"bytes"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// wire is a network that keeps only the last request to the server.
type wire struct {
	socket  *transport.Socket
	request []byte
}

func (w *wire) Send(_ transport.Destination, data []byte) error {
	if data[0] != 'S' {
		w.request = append(w.request[:0], data...)
	}
	return nil
}

func (w *wire) UpgradedTo(netip.AddrPort) *transport.Socket { return nil }

func (w *wire) Choose(transport.Proto, netip.Addr) *transport.Socket { return w.socket }

// bench is a proxy at work on one request after another, with everything
// pooled as in a worker.
type bench struct {
	wire  wire
	clock *timer.Manual
	layer *Layer
	state State
	text  []byte
	at    int // where the digits of the branch are
	call  int // and of the Call-ID
	n     int
}

func newBench(request string) *bench { return newBenchSize(request, 1<<16) }

// newBenchSize is newBench with so many buckets.
func newBenchSize(request string, buckets int) *bench {
	transport.Poison(false)
	Poison(false)
	b := &bench{clock: timer.NewManual(time.Unix(1700000000, 0))}
	b.wire.socket = &transport.Socket{Proto: transport.UDP, Addr: proxy, Host: "192.0.2.9", Port: 5060, SentBy: "192.0.2.9"}
	b.layer = New(Options{Network: &b.wire, Locator: locate.New(locate.Sources{Resolver: locate.Fixed{}, Clock: b.clock}, locate.DefaultConfig()),
		Wheel: timer.New(b.clock, timer.Options{Tick: 10 * time.Millisecond}), Secret: 42, TableSize: buckets, Go: func(_ string, f func()) { f() }})
	b.text = []byte(strings.ReplaceAll(request, "\n", "\r\n"))
	b.at = strings.Index(string(b.text), "z9hG4bK") + len("z9hG4bK")
	b.call = strings.Index(string(b.text), "Call-ID: call") + len("Call-ID: ")
	b.state.Reset()
	return b
}

func (b *bench) receive(text []byte, r *Received) {
	buf := transport.NewBuffer(len(text))
	n := copy(buf.Data, text)
	m := NewMessage()
	if err := m.Parse(buf.Data[:n]); err != nil {
		panic(err)
	}
	m.Source = alice
	b.state.Reset()
	b.state.Target.URI = m.RequestURI
	*r = Received{Msg: m, Packet: transport.Packet{Data: buf.Data[:n], Buffer: buf, Src: alice, Dst: proxy, Socket: b.wire.socket}, State: &b.state, Out: &b.wire}
}

var benchRelay Relay

// relayed relays a request with a new branch.
func (b *bench) relayed(r *Received) {
	b.n++
	for i, n := 0, b.n; i < 8; i++ {
		b.text[b.at+i] = hexDigits[n&15]
		b.text[b.call+i] = hexDigits[n&15]
		n >>= 4
	}
	b.receive(b.text, r)
	t, _, err := b.layer.Create(r)
	if err != nil {
		panic(err)
	}
	if err := t.Relay(&benchRelay); err != nil {
		panic(err)
	}
	t.EndScript()
	t.Unref()
}

// answered gives a reply to the request that was relayed last; text is its
// first line.
func (b *bench) answered(r *Received, line string, text []byte) []byte {
	text = append(text[:0], line...)
	rest := b.wire.request
	for len(rest) > 0 {
		end := bytes.IndexByte(rest, '\n') + 1
		if c := rest[0]; c == 'V' || c == 'F' || c == 'T' || c == '\r' || string(rest[:4]) == "Call" || string(rest[:4]) == "CSeq" {
			text = append(text, rest[:end]...)
		}
		rest = rest[end:]
	}
	b.receive(text, r)
	b.layer.Reply(r)
	if !r.Adopted {
		freeReceived(r)
	}
	return text
}

const benchInvite = "INVITE sip:bob@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK00000000\nFrom: <sip:alice@a>;tag=fa\n" +
	"To: <sip:bob@b>\nCall-ID: call1-00-0123456789@192.0.2.1\nCSeq: 1 INVITE\nMax-Forwards: 70\nContact: <sip:alice@192.0.2.1>\n" +
	"User-Agent: bench\nAllow: INVITE, ACK, BYE, CANCEL, OPTIONS\nContent-Type: application/sdp\nContent-Length: 0\n\n"

// transact is the life of one transaction: relayed, 180, 200, gone.
func (b *bench) transact(r *Received, text []byte) []byte {
	b.relayed(r)
	text = b.answered(r, "SIP/2.0 180 Ringing\r\n", text)
	text = b.answered(r, "SIP/2.0 200 OK\r\n", text)
	if b.n%64 == 0 {
		b.clock.Advance(6 * time.Second)
	}
	return text
}

// BenchmarkInvite is the life of an INVITE transaction: relayed, 180, 200,
// destroyed.
func BenchmarkInvite(bm *testing.B) {
	b := newBench(benchInvite)
	var r Received
	text := make([]byte, 0, 2048)
	bm.ReportAllocs()
	for bm.Loop() {
		text = b.transact(&r, text)
	}
	b.clock.Advance(time.Hour)
	if s := b.layer.Stats(); s.Current != 0 || s.ByClass[2] != int64(b.n) {
		bm.Fatalf("after %d transactions: %+v", b.n, s)
	}
}

const benchMessage = "MESSAGE sip:bob@192.0.2.2 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK00000000\nFrom: <sip:alice@a>;tag=fa\n" +
	"To: <sip:bob@b>\nCall-ID: call1-00-0123456789@192.0.2.1\nCSeq: 1 MESSAGE\nMax-Forwards: 70\nUser-Agent: bench\nContent-Length: 0\n\n"

// BenchmarkLingering is the life of a transaction as at 5,000 requests a
// second: 25,000 others linger, so that what it touches when it ends has long
// left the caches.
func BenchmarkLingering(bm *testing.B) {
	b := newBench(benchMessage)
	var r Received
	text := make([]byte, 0, 2048)
	one := func() {
		b.relayed(&r)
		text = b.answered(&r, "SIP/2.0 200 OK\r\n", text)
		b.clock.Advance(200 * time.Microsecond)
	}
	for range 30000 {
		one()
	}
	bm.ReportAllocs()
	for bm.Loop() {
		one()
	}
}

// BenchmarkRetransmission is a request that comes again.
func BenchmarkRetransmission(bm *testing.B) {
	b := newBench(benchInvite)
	var r Received
	b.relayed(&r)
	b.receive(b.text, &r)
	bm.ReportAllocs()
	for bm.Loop() {
		t := b.layer.Lookup(&r)
		if t == nil {
			bm.Fatal("not found")
		}
		t.Retransmit(&r)
		t.Unref()
	}
}

// BenchmarkReplyLookup finds the transaction of a reply among many.
func BenchmarkReplyLookup(bm *testing.B) {
	b := newBench(benchInvite)
	var r Received
	for range 10000 {
		b.relayed(&r)
	}
	bm.ReportAllocs()
	i := uint32(0)
	for bm.Loop() {
		i = (i + 7919) % 10000
		t := b.layer.slots.at(i).tx.Load()
		if t = b.layer.find(t.id, nil); t == nil {
			bm.Fatal("not found")
		}
		t.mu.Unlock()
	}
}

// What a message may allocate in this layer, once pools have what is needed. A
// whole transaction may find its chunk of slots or nodes of the wheel full.
const (
	allocsTransaction = 1
	allocsMessage     = 0
)

// TestAllocations: the life of a transaction, and what comes for one.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	invite, message := newBench(benchInvite), newBench(benchMessage)
	var r Received
	text := make([]byte, 0, 2048)
	answered := newBench(benchInvite)
	answered.relayed(&r)
	text = answered.answered(&r, "SIP/2.0 486 Busy Here\r\n", text)
	answered.text = bytes.Replace(answered.text, []byte("INVITE sip:bob@"), []byte("ACK sip:bob@"), 1)
	answered.text = bytes.Replace(answered.text, []byte("1 INVITE"), []byte("1 ACK"), 1)
	relayed := newBench(benchInvite)
	relayed.relayed(&r)
	for _, row := range []struct {
		name string
		most float64
		run  func()
	}{
		{"INVITE", allocsTransaction, func() { text = invite.transact(&r, text) }},
		{"MESSAGE", allocsTransaction, func() { text = message.transact(&r, text) }},
		{"provisional reply", allocsMessage, func() { text = relayed.answered(&r, "SIP/2.0 180 Ringing\r\n", text) }},
		{"request that comes again", allocsMessage, func() {
			relayed.receive(relayed.text, &r)
			x, fresh, err := relayed.layer.Create(&r)
			if fresh || err != nil {
				t.Fatal(fresh, err)
			}
			x.Retransmit(&r)
			x.Unref()
			freeReceived(&r)
		}},
		{"ACK", allocsMessage, func() {
			answered.receive(answered.text, &r)
			if got := answered.layer.ACK(&r); got != NegativeACK {
				t.Fatalf("ACK() = %d", got)
			}
			freeReceived(&r)
		}},
		{"reply without state", allocsMessage, func() {
			relayed.receive(benchReply, &r)
			if err := relayed.layer.ForwardReply(&r); err != nil {
				t.Fatal(err)
			}
			freeReceived(&r)
		}},
	} {
		for range 2000 {
			row.run()
		}
		if n := testing.AllocsPerRun(1000, row.run); n > row.most {
			t.Errorf("%s: %v allocations, the limit is %v", row.name, n, row.most)
		}
	}
}

var benchReply = []byte("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKs1234\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK00000000\r\n" +
	"From: <sip:alice@a>;tag=fa\r\nTo: <sip:bob@b>;tag=tb\r\nCall-ID: call1\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n")

func TestAllocationsOfForward(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	b := newBench(benchInvite)
	l := &lender{meanwhile: func() {}}
	var r Received
	b.receive(b.text, &r)
	r.From = l
	n := testing.AllocsPerRun(1000, func() {
		if err := b.layer.Forward(&r, &benchRelay.Hop); err != nil {
			t.Fatal(err)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per request, want none", n)
	}
}

// lingering is what a transaction with a request of 470 bytes may hold while it
// only absorbs what comes late: 2 KiB itself with its branch, 2 KiB the memory
// that the request came in, 0.5 KiB the reply.
const lingering = 5 << 10

func TestMemoryOfALingeringTransaction(t *testing.T) {
	if raceDetector {
		t.Skip("the race detector makes pools forget")
	}
	b := newBench(benchInvite)
	var r Received
	text := make([]byte, 0, 2048)
	const n = 4000
	for range n {
		b.relayed(&r)
		text = b.answered(&r, "SIP/2.0 200 OK\r\n", text)
	}
	b.clock.Advance(time.Minute)
	b.layer.Trim()
	runtime.GC()
	runtime.GC() // what pools kept is gone after the second
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		b.relayed(&r)
		text = b.answered(&r, "SIP/2.0 200 OK\r\n", text)
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	each := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / n
	if each > lingering {
		t.Errorf("%d bytes for each transaction, want at most %d", each, lingering)
	}
	if counted := b.layer.Memory() / n; counted < each || counted > 2*each {
		t.Errorf("a transaction of %d bytes counts for %d", each, counted)
	}
	if s := b.layer.Stats(); s.Current != n {
		t.Fatalf("%d transactions, want %d", s.Current, n)
	}
	b.clock.Advance(time.Minute)
}

// TestRest: a transaction that was answered keeps the text of its request
// only, and makes the request again for who asks.
func TestRest(t *testing.T) {
	w := newWorld(t)
	var id ID
	w.request(invite, func(t *Transaction) {
		id = t.ID()
		relay(t)
	})
	w.reply(bob, answer(w.last(bob, "INVITE"), 180, "tb"))
	resting := func() bool {
		tx := w.layer.ByID(id)
		tx.Lock(nil, nil)
		defer func() { tx.Unlock(); tx.Unref() }()
		was := tx.request == nil
		if tx.Request().CallID() != "call1" || tx.Request().Source != alice {
			t.Errorf("the request is\n%s", tx.Request().Raw())
		}
		return was
	}
	if resting() {
		t.Error("a call that rings has given its request back")
	}
	w.reply(bob, answer(w.last(bob, "INVITE"), 200, "tb"))
	for range 2 {
		if !resting() {
			t.Error("a call that was answered keeps its parsed request")
		}
	}
	w.end()
}
