// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"fmt"
	"runtime"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/module"
)

// notifier sends the NOTIFYs that a change makes due, in the order in which they
// became due. Whoever changes something only puts subscriptions into its list:
// ten thousand watchers keep no worker of a socket, and what changes again
// before its turn is sent once.
//
// Goroutines work on the list as long as there is something in it, at most one
// for each processor.
type notifier struct {
	p *Presence

	mu      sync.Mutex
	list    []*subscription // guarded by mu: from head on
	head    int             // guarded by mu
	working int             // guarded by mu
	held    []*subscription // guarded by mu: there was no memory for their transactions
	timer   bool            // guarded by mu: held is looked at soon
	closed  bool            // guarded by mu
}

// turn is how many subscriptions a goroutine takes at once.
const turn = 32

// holdFor is how long a NOTIFY waits for which there was no memory.
const holdFor = 200 * time.Millisecond

// add puts subscriptions into the list, whose queued is set already.
func (n *notifier) add(list ...*subscription) {
	if len(list) == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.list = append(n.list, list...)
	n.start()
}

// start has enough goroutines at work. The lock is held.
func (n *notifier) start() {
	want := min(runtime.GOMAXPROCS(0), (len(n.list)-n.head+turn-1)/turn)
	for ; n.working < want; n.working++ {
		n.p.spawn("presence notifier", n.work)
	}
}

// work sends until the list is empty.
func (n *notifier) work() {
	var batch [turn]*subscription
	c := n.p.host.NewCall()
	defer n.p.host.FreeCall(c)
	for {
		k := n.take(batch[:])
		if k == 0 {
			return
		}
		for _, s := range batch[:k] {
			n.one(c, s)
		}
	}
}

// one sends the NOTIFY of one subscription. Where a name server is to be asked, it
// waits apart: a watcher whose name nobody answers for keeps no other one waiting.
func (n *notifier) one(c *module.Call, s *subscription) {
	x := n.p.prepare(s)
	switch {
	case x == nil:
	case x.direct():
		n.p.send(c, x, nil)
	default:
		n.p.spawn("presence notify", func() {
			c := n.p.host.NewCall()
			defer n.p.host.FreeCall(c)
			n.p.send(c, x, nil)
		})
	}
}

// take moves the first of the list into batch; with none it ends the goroutine
// of its caller.
func (n *notifier) take(batch []*subscription) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	k := copy(batch, n.list[n.head:])
	clear(n.list[n.head : n.head+k])
	n.head += k
	switch {
	case k == 0:
		n.working--
		n.list, n.head = nil, 0
	case n.head > len(n.list)/2:
		n.list = append(n.list[:0], n.list[n.head:]...)
		n.head = 0
	}
	return k
}

// hold keeps a subscription for which there is no memory now.
func (n *notifier) hold(s *subscription) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.held = append(n.held, s)
	if !n.timer && !n.closed {
		n.timer = true
		n.p.host.Timers().After(holdFor, n.release)
	}
}

// release puts what was held back into the list.
func (n *notifier) release() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.timer = false
	if n.closed {
		return
	}
	n.list = append(n.list, n.held...)
	n.held = nil
	n.start()
}

// left tells of NOTIFYs that there is still no memory for.
func (n *notifier) left() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.held) == 0 {
		return nil
	}
	return fmt.Errorf("%d watchers: there is no memory for their NOTIFYs", len(n.held))
}

// close ends the waiting of what is held.
func (n *notifier) close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
}

// owe notes that a subscription is to be told, and returns whether the notifier
// must be given it: it is not there yet, and no NOTIFY is on its way, whose end
// will see what is due. The presentity's lock is held.
func (s *subscription) owe(d due) bool {
	s.due |= d
	if s.way != nil || s.queued {
		return false
	}
	s.queued = true
	return true
}

// local is what $subs shows in a Call.
func (p *Presence) local(c *module.Call) *shown {
	return c.Local(p, func() any { return new(shown) }).(*shown)
}
