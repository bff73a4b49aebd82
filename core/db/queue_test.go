// SPDX-License-Identifier: Apache-2.0

package db_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/db"
)

// table is a database that keeps what is inserted.
type table struct {
	db.Operations
	mu   sync.Mutex
	down bool     // guarded by mu
	away string   // guarded by mu: a table that is not there
	rows []string // guarded by mu
}

func (d *table) Insert(_ context.Context, name string, _ []string, rows ...[]db.Value) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return fmt.Errorf("%w: down", db.ErrUnavailable)
	}
	if name == d.away {
		return fmt.Errorf("%w: %s", db.ErrNoTable, name)
	}
	for _, r := range rows {
		if r[0] == "bad" {
			return fmt.Errorf("%w: too long", db.ErrRefused)
		}
	}
	for _, r := range rows {
		d.rows = append(d.rows, name+"="+db.Text(r[0]))
	}
	return nil
}

func (d *table) set(down bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.down = down
}

func TestQueue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &table{}
		set := counter.New()
		q := db.NewQueue(d, 5, slog.New(slog.DiscardHandler))
		if err := set.Declare("q", counter.Entry{Name: "refused", Counter: &q.Refused, Doc: "x"}, counter.Entry{Name: "failed", Counter: &q.Failed, Doc: "x"}); err != nil {
			t.Fatal(err)
		}
		go q.Run(t.Context())
		d.set(true)
		columns := []string{"a"}
		for _, r := range []struct{ table, value string }{{"acc", "1"}, {"acc", "bad"}, {"acc", "2"}, {"cdrs", "3"}, {"acc", "4"}} {
			if !q.Insert(r.table, columns, []db.Value{r.value}) {
				t.Errorf("%v is refused", r)
			}
		}
		if q.Insert("acc", columns, []db.Value{"5"}) {
			t.Error("the sixth row is taken")
		}
		time.Sleep(time.Minute)
		if q.Len() != 5 {
			t.Errorf("%d rows wait for the database that is down, want 5", q.Len())
		}
		d.set(false)
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if want := []string{"acc=1", "acc=2", "cdrs=3", "acc=4"}; !slices.Equal(d.rows, want) {
			t.Errorf("got rows %v, want %v", d.rows, want)
		}
		if q.Refused.Value() != 1 || q.Failed.Value() != 1 {
			t.Errorf("refused %d, failed %d, want 1 and 1", q.Refused.Value(), q.Failed.Value())
		}
		if q.Insert("acc", columns, []db.Value{"6"}) {
			t.Error("a row is taken after Close")
		}
	})
}

func TestQueueThatCannotWriteSaysHowMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &table{down: true}
		q := db.NewQueue(d, 5, slog.New(slog.DiscardHandler))
		run, stop := context.WithCancel(t.Context())
		go q.Run(run)
		q.Insert("acc", []string{"a"}, []db.Value{"1"})
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := q.Close(ctx); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("got %v, want that one row could not be written", err)
		}
		stop()
	})
}

// TestQueueTellsWhatIsRefused: a row that the database does not take stands in
// the log, with its long values cut.
func TestQueueTellsWhatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		q := db.NewQueue(&table{}, 5, slog.New(slog.NewTextHandler(&log, nil)))
		go q.Run(t.Context())
		q.Insert("acc", []string{"callid", "n", "x"}, []db.Value{"bad", int64(7), strings.Repeat("z", 1000)})
		if err := q.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, want := range []string{"refused by the database", "callid=", "bad", "zzz", "n=", "7"} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("no %q in %s", want, log.String())
			}
		}
		if log.Len() > 800 {
			t.Errorf("the line has %d bytes", log.Len())
		}
	})
}

// TestQueueOfATableThatIsAway: rows wait until the table is there again, and those
// of other tables do not.
func TestQueueOfATableThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &table{away: "acc"}
		var log strings.Builder
		q := db.NewQueue(d, 9, slog.New(slog.NewTextHandler(&log, nil)))
		if err := counter.New().Declare("q", counter.Entry{Name: "failed", Counter: &q.Failed, Doc: "x"}); err != nil {
			t.Fatal(err)
		}
		go q.Run(t.Context())
		for _, r := range []struct{ table, value string }{{"acc", "1"}, {"cdrs", "2"}, {"cdrs", "bad"}, {"acc", "3"}, {"cdrs", "4"}} {
			q.Insert(r.table, []string{"a"}, []db.Value{r.value})
		}
		time.Sleep(time.Minute)
		if want := []string{"cdrs=2", "cdrs=4"}; !slices.Equal(d.rows, want) || q.Len() != 2 || q.Failed.Value() != 1 {
			t.Errorf("got rows %v, %d wait, %d failed; want %v, 2 and 1", d.rows, q.Len(), q.Failed.Value(), want)
		}
		d.mu.Lock()
		d.away = ""
		d.mu.Unlock()
		time.Sleep(time.Minute)
		if want := []string{"cdrs=2", "cdrs=4", "acc=1", "acc=3"}; !slices.Equal(d.rows, want) {
			t.Errorf("got rows %v, want %v", d.rows, want)
		}
		if n := strings.Count(log.String(), "rows wait for the database"); n != 1 {
			t.Errorf("the outage is told %d times: %s", n, log.String())
		}
		if err := q.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
