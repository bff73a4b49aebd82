// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
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

// Queue inserts rows in the background, in their order. What a database that
// is not available cannot take is kept and tried again; a row that it refuses
// is logged with the reason, counted and left out. One goroutine owns the
// work: whoever makes a Queue starts Run.
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
	return &Queue{db: d, log: log, limit: limit, wake: make(chan struct{}, 1), done: make(chan struct{})}
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
		rows, closed := q.next()
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
		err := q.write(ctx, rows)
		if err == nil {
			pause = firstPause
			q.drop(len(rows))
			continue
		}
		if pause == firstPause {
			q.log.Warn("rows wait for the database", "table", rows[0].table, "waiting", q.Len(), "err", err)
		}
		select {
		case <-time.After(pause):
			pause = min(2*pause, lastPause)
		case <-ctx.Done():
			return
		}
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

// next returns the first rows that go into one table with the same columns.
func (q *Queue) next() (rows []queued, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for n < len(q.rows) && n < batch && sameShape(&q.rows[0], &q.rows[n]) {
		n++
	}
	return q.rows[:n:n], q.closed
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

func (q *Queue) drop(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	clear(q.rows[:n])
	if q.rows = q.rows[n:]; len(q.rows) == 0 {
		q.rows = nil // the array, too
	}
	q.full = false
}

// write inserts rows, one by one when the database refuses them together. Its
// error says that none of them was taken and all may be tried again.
func (q *Queue) write(ctx context.Context, rows []queued) error {
	values := make([][]Value, len(rows))
	for i := range rows {
		values[i] = rows[i].row
	}
	err := q.db.Insert(ctx, rows[0].table, rows[0].columns, values...)
	if err == nil || errors.Is(err, ErrUnavailable) {
		return err
	}
	if len(rows) == 1 {
		q.Failed.Inc()
		q.log.Error("a row was refused by the database", "table", rows[0].table, "err", err, "row", rows[0].String())
		return nil
	}
	for i := range rows {
		if err := q.write(ctx, rows[i:i+1]); err != nil {
			q.drop(i)
			return err
		}
	}
	return nil
}
