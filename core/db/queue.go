// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
)

// Pauses of a Queue whose database is not available: the first one, doubled up
// to the last.
const (
	firstPause = 100 * time.Millisecond
	lastPause  = 5 * time.Second
)

// batch is the largest number of rows that a Queue inserts at once.
const batch = 100

// Queue inserts rows in the background, those of a table in their order. What
// the database cannot take now is kept and tried again, and those of other tables
// do not wait for it; a row that it refuses is logged with the reason, counted and
// left out. One goroutine owns the work: whoever makes a Queue starts Run.
type Queue struct {
	db    Operations
	log   *slog.Logger
	limit int
	wake  chan struct{}
	done  chan struct{}

	// Refused counts rows that did not fit, Failed those that the database
	// did not take.
	Refused, Failed counter.Counter

	mu     sync.Mutex
	rows   []queued // guarded by mu
	closed bool     // guarded by mu
	full   bool     // guarded by mu: told of in the log

	// stuck are the tables that took nothing in this round. It belongs to Run.
	stuck map[string]bool
}

// queued is one row that waits.
type queued struct {
	table   string
	columns []string
	row     []Value
}

// Bounds of a row in the log: of a value, and of all.
const (
	shownValue = 256
	shownRow   = 2048
)

// String is the row as the log shows it: what a database does not take is not
// lost.
func (r *queued) String() string {
	var b strings.Builder
	for i, v := range r.row {
		if i == len(r.columns) || b.Len() > shownRow {
			b.WriteString(" ...")
			break
		}
		text := Text(v)
		if len(text) > shownValue {
			text = text[:shownValue] + "..."
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(r.columns[i] + "=" + strconv.Quote(text))
	}
	return b.String()
}

// NewQueue makes a Queue that keeps at most limit rows.
func NewQueue(d Operations, limit int, log *slog.Logger) *Queue {
	return &Queue{db: d, log: log, limit: limit, wake: make(chan struct{}, 1), done: make(chan struct{}), stuck: map[string]bool{}}
}

// Insert adds a row, which with columns is the Queue's from now on. False when
// the Queue is full or closed: the row is counted in Refused.
func (q *Queue) Insert(table string, columns []string, row []Value) bool {
	q.mu.Lock()
	if q.closed || len(q.rows) >= q.limit {
		tell := !q.full && !q.closed
		q.full = true
		q.mu.Unlock()
		q.Refused.Inc()
		if tell {
			q.log.Error("rows for the database are lost: too many wait", "table", table, "limit", q.limit)
		}
		return false
	}
	q.rows = append(q.rows, queued{table, columns, row})
	q.mu.Unlock()
	q.signal()
	return true
}

// Len returns the number of rows that wait.
func (q *Queue) Len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.rows)
}

// Run writes until Close, or until ctx ends: then at once, with what waits left
// behind.
func (q *Queue) Run(ctx context.Context) {
	defer close(q.done)
	pause := firstPause
	for {
		at, rows, closed := q.next()
		if len(rows) == 0 && len(q.stuck) > 0 {
			if !q.wait(ctx, &pause) {
				return
			}
			continue
		}
		if len(rows) == 0 {
			if closed {
				return
			}
			select {
			case <-q.wake:
			case <-ctx.Done():
				return
			}
			continue
		}
		table := rows[0].table
		err := q.write(ctx, at, rows)
		switch {
		case err == nil && len(q.stuck) == 0:
			pause = firstPause
		case err == nil:
		case errors.Is(err, ErrUnavailable): // nor are there the other tables
			q.told(pause, table, err)
			if !q.wait(ctx, &pause) {
				return
			}
		default:
			q.told(pause, table, err)
			q.stuck[table] = true
		}
	}
}

// told logs, once for an outage, that rows wait.
func (q *Queue) told(pause time.Duration, table string, err error) {
	if pause == firstPause {
		q.log.Warn("rows wait for the database", "table", table, "waiting", q.Len(), "err", err)
	}
}

// wait ends a round in which something was not written; false at the end.
func (q *Queue) wait(ctx context.Context, pause *time.Duration) bool {
	clear(q.stuck)
	select {
	case <-time.After(*pause):
		*pause = min(2**pause, lastPause)
		return true
	case <-ctx.Done():
		return false
	}
}

// Close takes no more rows, and waits until those that wait are written or ctx
// ends. What could not be written is an error that says how many rows it is.
func (q *Queue) Close(ctx context.Context) error {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.signal()
	select {
	case <-q.done:
	case <-ctx.Done():
	}
	if n := q.Len(); n > 0 {
		return fmt.Errorf("%d rows could not be written to the database: %w", n, ErrUnavailable)
	}
	return nil
}

func (q *Queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// next returns the first rows that go into one table with the same columns, and
// where they begin.
func (q *Queue) next() (at int, rows []queued, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.stuck) > 0 && at < len(q.rows) && q.stuck[q.rows[at].table] {
		at++
	}
	n := at
	for n < len(q.rows) && n-at < batch && sameShape(&q.rows[at], &q.rows[n]) {
		n++
	}
	return at, q.rows[at:n:n], q.closed
}

func sameShape(a, b *queued) bool {
	if a.table != b.table || len(a.columns) != len(b.columns) {
		return false
	}
	for i, c := range a.columns {
		if b.columns[i] != c {
			return false
		}
	}
	return true
}

// drop takes n rows out.
func (q *Queue) drop(at, n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if at > 0 {
		q.rows = slices.Delete(q.rows, at, at+n)
	} else {
		clear(q.rows[:n])
		q.rows = q.rows[n:]
	}
	if len(q.rows) == 0 {
		q.rows = nil // the array, too
	}
	q.full = false
}

// write inserts rows and drops them, one by one when the database refuses them
// together. After an error those that were not taken are still there.
func (q *Queue) write(ctx context.Context, at int, rows []queued) error {
	values := make([][]Value, len(rows))
	for i := range rows {
		values[i] = rows[i].row
	}
	err := q.db.Insert(ctx, rows[0].table, rows[0].columns, values...)
	if err == nil {
		q.drop(at, len(rows))
		return nil
	}
	if !Refused(err) {
		return err
	}
	if len(rows) == 1 {
		q.Failed.Inc()
		q.log.Error("a row was refused by the database", "table", rows[0].table, "err", err, "row", rows[0].String())
		q.drop(at, 1)
		return nil
	}
	for _, row := range slices.Clone(rows) { // each takes the first one away
		if err := q.write(ctx, at, []queued{row}); err != nil {
			return err
		}
	}
	return nil
}
