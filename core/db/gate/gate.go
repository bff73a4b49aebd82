// SPDX-License-Identifier: Apache-2.0

// Package gate lets operations of a database through while its server is there.
package gate

import (
	"errors"
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

// Gate lets operations through while the server is there. Once it is away, one
// operation after each pause tries again; the others fail at once, so that
// nobody waits for a server that is known not to answer. Nor does anybody where
// many wait for one that hangs. Each Enter without an error has one Lost, There or
// Undecided.
type Gate struct {
	// ForGood leaves a server that was lost alone.
	ForGood bool

	mu     sync.Mutex
	err    error         // guarded by mu: why the server is away; nil while it is there
	until  time.Time     // guarded by mu: the next attempt
	pause  time.Duration // guarded by mu
	trying bool          // guarded by mu: an attempt is on its way
	hung   bool          // guarded by mu: an operation was not tried, for the server hangs
	told   bool          // guarded by mu: Hung has told so

	backlog Backlog
}

// ErrHangs tells why an operation was not tried.
var ErrHangs = errors.New("many operations wait, and none had an answer for a while")

// Enter returns an error while the server is away.
func (g *Gate) Enter() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.err == nil {
		if g.backlog.Limit = MostWaiting; !g.backlog.Enter() {
			g.hung = true
			return fmt.Errorf("%w: %w", db.ErrUnavailable, ErrHangs)
		}
		return nil
	}
	if g.ForGood || g.trying || time.Now().Before(g.until) {
		return fmt.Errorf("%w: waiting before the next attempt: %w", db.ErrUnavailable, g.err)
	}
	g.trying = true
	g.backlog.Count()
	return nil
}

// Hung tells, once until the server answers, that it hangs: an operation was not
// tried.
func (g *Gate) Hung() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	news := g.hung && !g.told
	g.told = g.hung
	return news
}

// Lost tells that the server is away, and returns whether that is news.
func (g *Gate) Lost(err error) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.backlog.Leave(false)
	news := g.err == nil
	if news {
		g.pause = firstPause
	} else {
		g.pause = min(2*g.pause, lastPause)
	}
	g.err, g.trying, g.until = err, false, time.Now().Add(g.pause)
	return news
}

// There tells that the server has answered, and returns whether that is news.
func (g *Gate) There() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.backlog.Leave(true)
	news := g.err != nil || g.hung
	g.err, g.trying, g.hung, g.told = nil, false, false, false
	return news
}

// Undecided ends an attempt that told nothing.
func (g *Gate) Undecided() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.backlog.Leave(false)
	g.trying = false
}
