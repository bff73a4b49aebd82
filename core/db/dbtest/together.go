// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"cmp"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
)

func (s *suite) transaction(t *testing.T) {
	ctx := t.Context()
	d, ok := s.d.(db.Transactor)
	if !ok {
		t.Fatal("the database has no transactions")
	}
	row := func(id int64) []db.Value { return []db.Value{id, nil, nil, "t", nil, nil} }
	undo := errors.New("undo")
	err := d.Transact(ctx, func(o db.Operations) error {
		if err := o.Insert(ctx, Table, Columns, row(1)); err != nil {
			return err
		}
		if rows, err := db.Rows(ctx, o, db.Query{Table: Table}); len(rows) != 1 || err != nil {
			t.Errorf("inside: got %d rows, %v, want 1", len(rows), err)
		}
		return undo
	})
	if err != undo {
		t.Errorf("got %v, want the function's error", err)
	}
	func() {
		defer func() { recover() }()
		d.Transact(ctx, func(o db.Operations) error {
			o.Insert(ctx, Table, Columns, row(2))
			panic("mistake")
		})
	}()
	err = d.Transact(ctx, func(o db.Operations) error {
		if err := o.Insert(ctx, Table, Columns, row(3)); err != nil {
			return err
		}
		return o.Insert(ctx, Table, Columns, row(3))
	})
	wantError(t, "the same key twice", err, db.ErrDuplicate)
	same(t, "after three that were undone", s.ids(t, db.Query{}), []int64{})
	err = d.Transact(ctx, func(o db.Operations) error {
		if err := o.Insert(ctx, Table, Columns, row(4), row(5)); err != nil {
			return err
		}
		if _, err := o.Update(ctx, Table, []db.Set{{Column: "name", Value: "u"}}, []db.Cond{db.Is("id", int64(4))}); err != nil {
			return err
		}
		if err := o.Put(ctx, Table, []string{"id", "name"}, []string{"id"}, []db.Value{int64(6), "v"}); err != nil {
			return err
		}
		_, err := o.Delete(ctx, Table, []db.Cond{db.Is("id", int64(5))})
		return err
	})
	if err != nil {
		t.Error(err)
	}
	same(t, "after one that was not", s.ids(t, db.Query{}), []int64{4, 6})
}

// manyRows are more than one statement takes.
func (s *suite) manyRows() [][]db.Value {
	rows := make([][]db.Value, cmp.Or(s.Many, 12000)) // times six columns
	for i := range rows {
		rows[i] = []db.Value{int64(i), int64(i % 7), 0.5, fmt.Sprintf("name%d", i), Moment, []byte("x")}
	}
	return rows
}

func (s *suite) many(t *testing.T) {
	rows := s.manyRows()
	s.insert(t, rows...)
	same(t, "rows", len(s.rows(t, db.Query{Columns: []string{"id"}})), len(rows))
}

func (s *suite) manyKeys(t *testing.T) {
	rows := s.manyRows()
	n := len(rows)
	rows[n-1][0] = int64(-1)
	rows[n-2][0] = int64(-1)
	wantError(t, "the last row has the key of another", s.d.Insert(t.Context(), Table, Columns, rows...), db.ErrDuplicate)
	same(t, "rows of those that do not fit together", s.ids(t, db.Query{}), []int64{})
}

// concurrent has sixteen goroutines read and write their own rows, and all of
// them one that they share.
func (s *suite) concurrent(t *testing.T) {
	const workers, rounds = 16, 25
	ctx := t.Context()
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			name := fmt.Sprintf("w%d", w)
			for i := range rounds {
				id := int64(w*rounds + i)
				if err := s.d.Insert(ctx, Table, Columns, []db.Value{id, int64(i), nil, name, Moment, nil}); err != nil {
					t.Error(err)
					return
				}
				if err := s.d.Put(ctx, Table, []string{"id", "name"}, []string{"id"}, []db.Value{int64(-1), name}); err != nil {
					t.Error(err)
					return
				}
				rows, err := db.Rows(ctx, s.d, db.Query{Table: Table, Columns: []string{"num"}, Where: []db.Cond{db.Is("name", name), {Column: "id", Op: db.GreaterEqual, Value: int64(0)}}})
				if len(rows) != i+1 || err != nil {
					t.Errorf("worker %d sees %d rows of its own, %v, want %d", w, len(rows), err, i+1)
					return
				}
			}
		})
	}
	wait.Wait()
	same(t, "rows", len(s.rows(t, db.Query{})), workers*rounds+1)
}
