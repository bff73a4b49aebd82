// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// patience bounds the wait for a database that comes back.
const patience = 60 * time.Second

// every does each operation, and calls f with its name and error.
func (s *suite) every(ctx context.Context, f func(name string, err error)) {
	row := []db.Value{int64(7), nil, nil, "every", nil, nil}
	where := []db.Cond{db.Is("id", int64(7))}
	f("insert", s.d.Insert(ctx, Table, Columns, row))
	_, err := db.Rows(ctx, s.d, db.Query{Table: Table, Where: where})
	f("select", err)
	_, err = s.d.Update(ctx, Table, []db.Set{{Column: "num", Value: int64(1)}}, where)
	f("update", err)
	f("put", s.d.Put(ctx, Table, []string{"id", "num"}, []string{"id"}, []db.Value{int64(7), int64(2)}))
	if !s.Simple {
		_, err = s.d.(db.Querier).Raw(ctx, "SELECT id FROM things WHERE id = ?", int64(7))
		f("raw", err)
		f("transaction", s.d.(db.Transactor).Transact(ctx, func(o db.Operations) error {
			_, err := o.Update(ctx, Table, []db.Set{{Column: "num", Value: int64(3)}}, where)
			return err
		}))
	}
	_, err = s.d.Delete(ctx, Table, where)
	f("delete", err)
}

// back waits until the database answers again.
func (s *suite) back(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, err := db.Rows(ctx, s.d, db.Query{Table: Table, Limit: 1})
		if err == nil {
			return
		}
		if !errors.Is(err, db.ErrUnavailable) || ctx.Err() != nil {
			t.Fatalf("the server is back, the database is not: %v", err)
		}
		runtime.Gosched()
	}
}

func (s *suite) killed(t *testing.T) {
	if s.Server == nil {
		return
	}
	s.insert(t, []db.Value{int64(1), nil, nil, "kept", nil, nil})
	s.Server.Kill()
	for range 2 { // the second time the database knows
		s.every(t.Context(), func(name string, err error) { wantError(t, name+" without the server", err, db.ErrUnavailable) })
	}
	s.Server.Start()
	s.back(t)
	s.every(t.Context(), func(name string, err error) {
		if err != nil {
			t.Errorf("%s with the server that is back: %v", name, err)
		}
	})
	same(t, "rows", s.ids(t, db.Query{}), []int64{1})

	// A restart that no operation has seen is none that one should see.
	s.Server.Kill()
	s.Server.Start()
	same(t, "rows after a restart that nobody saw", s.ids(t, db.Query{}), []int64{1})
}

// killedUnderLoad kills the server while sixteen goroutines write: what was
// acknowledged is there afterwards.
func (s *suite) killedUnderLoad(t *testing.T) {
	if s.Server == nil {
		return
	}
	const workers, span = 16, 1 << 20
	ctx := t.Context()
	var written [workers]atomic.Int64
	var stop atomic.Bool
	var wait sync.WaitGroup
	begun := make(chan struct{}, workers)
	for w := range workers {
		wait.Go(func() {
			for i := 0; i < span && !stop.Load(); {
				err := s.d.Put(ctx, Table, []string{"id", "num"}, []string{"id"}, []db.Value{int64(w*span + i), int64(w)})
				if err != nil && !errors.Is(err, db.ErrUnavailable) {
					t.Errorf("worker %d: %v", w, err)
					return
				}
				if err != nil {
					runtime.Gosched()
					continue
				}
				if i++; i == 3 {
					begun <- struct{}{}
				}
				written[w].Store(int64(i))
			}
		})
	}
	for range workers {
		<-begun
	}
	s.Server.Kill()
	s.Server.Start()
	s.back(t)
	stop.Store(true)
	wait.Wait()
	counts := map[int64]int64{}
	for _, r := range s.rows(t, db.Query{Columns: []string{"num"}}) {
		counts[r[0].(int64)]++
	}
	for w := range workers {
		if got, want := counts[int64(w)], written[w].Load(); got < want {
			t.Errorf("worker %d: %d rows are there, %d were acknowledged", w, got, want)
		}
	}
}

// hangs tells that operations end though the server answers nothing.
func (s *suite) hangs(t *testing.T) {
	if s.Server == nil {
		return
	}
	s.Server.Pause()
	_, err := db.Rows(t.Context(), s.d, db.Query{Table: Table})
	s.Server.Resume()
	wantError(t, "a query of a server that hangs", err, db.ErrUnavailable)
	s.back(t)
}

// Renews tells that what was refused because of when a connection was made is
// done once it may be, alone and in a transaction. forbid and allow change what
// connections made from then on may do with table; open opens the database.
func Renews(t *testing.T, table string, open func(*testing.T) db.Database, forbid, allow func()) {
	for name, insert := range map[string]func(context.Context, db.Database) error{
		"alone": func(ctx context.Context, d db.Database) error { return insertOne(ctx, d, table) },
		"in a transaction": func(ctx context.Context, d db.Database) error {
			return d.(db.Transactor).Transact(ctx, func(o db.Operations) error { return insertOne(ctx, o, table) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			forbid()
			defer allow()
			d := open(t)
			if err := insert(ctx, d); err == nil {
				t.Fatal("what is forbidden is done")
			}
			allow()
			for err := insert(ctx, d); err != nil; err = insert(ctx, d) {
				if ctx.Err() != nil {
					t.Fatalf("it is allowed, and not done: %v", err)
				}
			}
		})
	}
}

func insertOne(ctx context.Context, o db.Operations, table string) error {
	return o.Insert(ctx, table, []string{"a"}, []db.Value{int64(1)})
}
