// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/locate"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/core/transport"
)

// busyNetwork keeps the requests that were sent, for any goroutine to answer.
type busyNetwork struct {
	socket *transport.Socket
	mu     sync.Mutex
	sent   []string // guarded by mu
}

func (n *busyNetwork) Send(_ transport.Destination, data []byte) error {
	if data[0] == 'S' {
		return nil
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent = append(n.sent, string(data))
	return nil
}

func (n *busyNetwork) UpgradedTo(netip.AddrPort) *transport.Socket { return nil }

func (n *busyNetwork) Choose(transport.Proto, netip.Addr) *transport.Socket { return n.socket }

func (n *busyNetwork) pick(r *rand.Rand) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.sent) == 0 {
		return ""
	}
	return n.sent[r.IntN(len(n.sent))]
}

// TestManyWorkers lets workers handle requests, retransmissions, CANCELs,
// replies and ACKs of the same calls at the same time, while timers run. It is
// for the race detector, and in the end nothing may be left.
func TestManyWorkers(t *testing.T) {
	transport.Poison(false) // the detector would see the poisoning itself
	Poison(false)
	n := &busyNetwork{socket: &transport.Socket{Proto: transport.UDP, Addr: proxy, Host: "192.0.2.9", Port: 5060, SentBy: "192.0.2.9"}}
	clock := timer.NewReal()
	wheel := timer.New(clock, timer.Options{Tick: time.Millisecond})
	var tasks atomic.Int64
	l := New(Options{Network: n, Locator: locate.New(locate.Sources{Resolver: locate.Fixed{}, Clock: clock}, locate.DefaultConfig()),
		Wheel: wheel, Secret: 1, TableSize: 8, Go: func(_ string, f func()) {
			tasks.Add(1)
			go func() { defer tasks.Add(-1); f() }()
		}})
	s := l.Settings()
	s.FR.Set(30)
	s.FRInv.Set(40)
	s.Retr1.Set(3)
	s.Retr2.Set(10)
	s.Wait.Set(15)
	w := &world{t: t, layer: l, udp: n.socket, events: nil, replies: nil, routes: map[Route]func(*Transaction){
		1: func(t *Transaction) {
			t.State.Branches = append(t.State.Branches, Target{URI: "sip:x@192.0.2.3", Q: QUnset})
			_ = t.Relay(&Relay{})
		}}}
	l.Configure(s, w)
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() { w.work(n, rand.New(rand.NewPCG(uint64(i), 2))) })
	}
	workers.Wait()
	for deadline := time.Now().Add(time.Minute); l.Stats().Current != 0 || tasks.Load() != 0; {
		if time.Now().After(deadline) {
			t.Fatalf("transactions are left: %+v", l.Stats())
		}
		runtime.Gosched()
	}
	wheel.Close()
}

func (w *world) work(n *busyNetwork, r *rand.Rand) {
	script := func(t *Transaction) {
		t.State.Plan.OnFailure = 1
		relayTo("sip:b@192.0.2.2", "sip:c@192.0.2.3")(t)
	}
	for range 250 {
		call := r.IntN(40)
		text := strings.Replace(makeRequest("INVITE", fmt.Sprint("r", call), 1), "call1", fmt.Sprint("call", call), 1)
		switch r.IntN(6) {
		case 0, 1:
			w.handle(n, text, script)
		case 2:
			w.handle(n, strings.ReplaceAll(text, "INVITE", "CANCEL"), script)
		case 3:
			w.handle(n, strings.ReplaceAll(text, "INVITE", "ACK"), script)
		default:
			if q := n.pick(r); q != "" && !strings.HasPrefix(q, "ACK") {
				rcv := w.received(bob, w.udp, answer(q, replyCodes[r.IntN(len(replyCodes))], "t"))
				rcv.Out = n
				w.layer.Reply(rcv)
				w.done(rcv)
			}
		}
	}
}

// handle is world.request for any goroutine.
func (w *world) handle(n *busyNetwork, text string, script func(t *Transaction)) {
	w.requestFrom(n, w.udp, text, script)
}

// lender is a Caller whose Block ends what is waited for.
type lender struct {
	meanwhile func()
	lent      int
}

func (l *lender) Block(f func()) {
	l.lent++
	l.meanwhile()
	f()
}

func (l *lender) OnSend(transport.Destination, []byte) bool { return true }

// TestWorkerIsLent: whoever wants a transaction whose script waits lends its
// worker meanwhile.
func TestWorkerIsLent(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(w *world, invite *Transaction, l *lender)
		want string
	}{
		{"a CANCEL", func(w *world, invite *Transaction, l *lender) {
			r := w.received(alice, w.udp, cancel)
			r.From = l
			c, _, err := w.layer.Create(r)
			if err != nil {
				w.t.Fatal(err)
			}
			c.RelayCancel(invite)
			c.EndScript()
			c.Unref()
		}, "200>alice"},
		{"a reply", func(w *world, invite *Transaction, l *lender) {
			r := w.received(bob, w.udp, answer(w.invites[bob], 180, "tb"))
			r.From = l
			w.layer.Reply(r)
			w.done(r)
		}, "180>alice"},
		{"an ACK", func(w *world, invite *Transaction, l *lender) {
			r := w.received(alice, w.udp, makeRequest("ACK", "i1", 1))
			r.From = l
			w.layer.ACK(r)
			w.done(r)
		}, ""},
		{"a repeated request does not wait at all", func(w *world, invite *Transaction, l *lender) {
			r := w.received(alice, w.udp, makeRequest("INVITE", "i1", 1))
			r.From = l
			_, fresh, err := w.layer.Create(r)
			if fresh || err != nil {
				w.t.Fatal(fresh, err)
			}
			invite.Retransmit(r)
			invite.Unref()
			w.done(r)
			w.expect("while the script is at work", "")
			l.lent++
			l.meanwhile() // who has the lock answers
		}, "100>alice"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			r := w.received(alice, w.udp, invite)
			tx, _, err := w.layer.Create(r)
			if err != nil {
				t.Fatal(err)
			}
			relay(tx)
			w.take()
			l := &lender{meanwhile: tx.EndScript}
			tt.do(w, tx, l)
			if l.lent != 1 {
				t.Errorf("the worker was lent %d times", l.lent)
			}
			w.expect("then", tt.want)
			tx.Unref()
			w.end()
		})
	}
}
