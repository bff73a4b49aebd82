// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"fmt"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// Pauses between attempts to reach a server that is away: the first one,
// doubled up to the last.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 2 * time.Second
)

// gate lets operations through while the server is there. Once it is away, one
// operation after each pause tries again; the others fail at once, so that
// nobody waits for a server that is known not to answer.
type gate struct {
	// forGood leaves a server that was lost alone.
	forGood bool

	mu     sync.Mutex
	err    error         // guarded by mu: why the server is away; nil while it is there
	until  time.Time     // guarded by mu: the next attempt
	pause  time.Duration // guarded by mu
	trying bool          // guarded by mu: an attempt is on its way
}

// enter returns an error while the server is away.
func (g *gate) enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		return nil
	}
	if g.forGood || g.trying || time.Now().Before(g.until) {
		return fmt.Errorf("%w: waiting before the next attempt: %w", db.ErrUnavailable, g.err)
	}
	g.trying = true
	return nil
}

// lost tells that the server is away, and returns whether that is news.
func (g *gate) lost(err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	news := g.err == nil
	if news {
		g.pause = firstPause
	} else {
		g.pause = min(2*g.pause, lastPause)
	}
	g.err, g.trying, g.until = err, false, time.Now().Add(g.pause)
	return news
}

// there tells that the server has answered, and returns whether that is news.
func (g *gate) there() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	news := g.err != nil
	g.err, g.trying = nil, false
	return news
}

// undecided ends an attempt that told nothing.
func (g *gate) undecided() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trying = false
}
