// SPDX-License-Identifier: Apache-2.0

package presence

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// A change is told after the PUBLISH was answered. At the end of the server all are
// told that were accepted: nobody else knows that these watchers are owed something,
// as what a start takes up are publications and subscriptions.

// Finish implements module.Finisher. No answer to a NOTIFY is read any more, so that
// a watcher that has not answered the last one is told nevertheless. What could not be
// told because the database does not answer is an error, of the first presentity: the
// others would wait as long.
func (p *Presence) Finish(ctx context.Context) error {
	c := p.host.NewCall()
	defer p.host.FreeCall(c)
	var failed error
	for _, at := range p.table.all() {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if failed == nil {
			if _, _, err := p.tellOnce(at); err != nil {
				failed = fmt.Errorf("the watchers of %s, and perhaps of others: %w", at.URI, err)
			}
		}
		for _, s := range at.owed() {
			p.notifier.one(c, s)
		}
	}
	p.busy.wait()
	return errors.Join(failed, p.notifier.left())
}

// owed are the subscriptions for which a NOTIFY is due, which none that is on its way
// holds back any more.
func (at *presentity) owed() (list []*subscription) {
	at.mu.Lock()
	defer at.mu.Unlock()
	for _, s := range at.subs {
		if s.due != 0 {
			s.release()
			list = append(list, s)
		}
	}
	return list
}

// busy counts goroutines. A WaitGroup must not be added to while somebody waits for
// its end, as timers and commands do here.
type busy struct {
	mu   sync.Mutex
	n    int           // guarded by mu
	idle chan struct{} // guarded by mu: closed when n becomes 0; nil while nobody waits
}

// run starts f by start, and counts it until its end.
func (b *busy) run(name string, f func(), start func(string, func())) {
	b.mu.Lock()
	b.n++
	b.mu.Unlock()
	start(name, func() {
		defer b.done()
		f()
	})
}

func (b *busy) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.n--; b.n == 0 && b.idle != nil {
		close(b.idle)
		b.idle = nil
	}
}

// wait waits until there is none.
func (b *busy) wait() {
	b.mu.Lock()
	if b.n == 0 {
		b.mu.Unlock()
		return
	}
	b.idle = make(chan struct{})
	idle := b.idle
	b.mu.Unlock()
	<-idle
}
