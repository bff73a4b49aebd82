// SPDX-License-Identifier: Apache-2.0

package sqlops

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// maxWaiting bounds the statements that wait for a connection.
const maxWaiting = 10_000

// Pauses while a database is not available: the first one, doubled up to the
// last.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// queue are the statements that wait for a connection. A goroutine works while
// there are any.
type queue struct {
	mu      sync.Mutex
	list    []string      // guarded by mu; the first one is being run
	running bool          // guarded by mu
	closed  bool          // guarded by mu
	full    bool          // guarded by mu: told of in the log
	hurry   chan struct{} // closed at the end: nobody sleeps any more
	done    chan struct{} // closed when the goroutine has ended
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.list)
}

// async is sql_query_async(connection, query).
func (s *SQLOps) async(c *module.Call, a module.Args) module.Result {
	con, ok := a[0].Data.(*connection)
	if !ok {
		return c.Fail("sql_query_async", a[0].Err)
	}
	if a.Str(1) == "" {
		return c.Fail("sql_query_async", errStatement)
	}
	q := &con.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.list) >= maxWaiting {
		s.refused.Inc()
		if !q.full {
			s.log.Error("statements are lost: too many wait", "connection", con.name, "limit", maxWaiting)
		}
		q.full = true
		return module.False
	}
	q.list = append(q.list, strings.Clone(a.Str(1)))
	if !q.running {
		q.running, q.hurry, q.done = true, make(chan struct{}), make(chan struct{})
		hurry, done := q.hurry, q.done
		s.host.Go("sqlops "+con.name, func() { s.work(con, hurry, done) })
	}
	return module.True
}

// work runs statements until none waits.
func (s *SQLOps) work(con *connection, hurry, done chan struct{}) {
	defer close(done)
	pause := firstPause
	for {
		statement, ok := con.queue.first()
		if !ok {
			return
		}
		_, err := con.run(context.Background(), s.host, statement)
		if errors.Is(err, db.ErrUnavailable) {
			if pause == firstPause {
				s.log.Warn("statements wait for the database", "connection", con.name, "waiting", con.queue.len(), "err", err)
			}
			select {
			case <-time.After(pause):
				pause = min(2*pause, lastPause)
				continue
			case <-hurry: // the end: each gets one more try
				if _, err = con.run(context.Background(), s.host, statement); errors.Is(err, db.ErrUnavailable) {
					con.queue.leave()
					return
				}
			}
		}
		pause = firstPause
		if err != nil {
			s.failed.Inc()
			s.log.Error("a statement in the background failed", "connection", con.name, "statement", statement, "err", err)
		}
		con.queue.drop()
	}
}

// first returns the statement to be run; false when none waits, and then the
// goroutine ends.
func (q *queue) first() (string, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.list) == 0 {
		q.running = false
		return "", false
	}
	return q.list[0], true
}

func (q *queue) drop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.list[0] = ""
	if q.list = q.list[1:]; len(q.list) == 0 {
		q.list = nil // the array, too
	}
	q.full = false
}

// leave ends the goroutine with what waits left behind.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.running = false
}

// close takes no more statements and waits until those that wait were run. What
// could not be run is an error that says how many they are.
func (q *queue) close(ctx context.Context) error {
	q.mu.Lock()
	q.closed = true
	running, done := q.running, q.done
	if running {
		close(q.hurry)
	}
	q.mu.Unlock()
	if running {
		select {
		case <-done:
		case <-ctx.Done():
		}
	}
	if n := q.len(); n > 0 {
		return fmt.Errorf("%d statements could not be run: %w", n, db.ErrUnavailable)
	}
	return nil
}
