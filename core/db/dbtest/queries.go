// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// three inserts three rows.
func (s *suite) three(t *testing.T) {
	t.Helper()
	s.insert(t, []db.Value{int64(1), int64(6), 1.5, "b", Moment, nil},
		[]db.Value{int64(2), int64(8), 2.5, "a", Moment.Add(time.Hour), nil},
		[]db.Value{int64(3), int64(6), 3.5, "c", Moment.Add(2 * time.Hour), nil})
}

func (s *suite) conditions(t *testing.T) {
	s.three(t)
	for _, row := range []struct {
		name  string
		where []db.Cond
		any   bool
		want  []int64
	}{
		{"none", nil, false, []int64{1, 2, 3}},
		{"equal", []db.Cond{db.Is("num", int64(6))}, false, []int64{1, 3}},
		{"not equal", []db.Cond{{Column: "num", Op: db.NotEqual, Value: int64(6)}}, false, []int64{2}},
		{"less", []db.Cond{{Column: "ratio", Op: db.Less, Value: 2.5}}, false, []int64{1}},
		{"less or equal", []db.Cond{{Column: "ratio", Op: db.LessEqual, Value: 2.5}}, false, []int64{1, 2}},
		{"greater", []db.Cond{{Column: "moment", Op: db.Greater, Value: Moment.Add(time.Hour)}}, false, []int64{3}},
		{"greater or equal", []db.Cond{{Column: "moment", Op: db.GreaterEqual, Value: Moment.Add(time.Hour)}}, false, []int64{2, 3}},
		{"bits", []db.Cond{{Column: "num", Op: db.Bits, Value: int64(2)}}, false, []int64{1, 3}},
		{"one of two bits", []db.Cond{{Column: "num", Op: db.Bits, Value: int64(12)}}, false, []int64{1, 2, 3}},
		{"no bits", []db.Cond{{Column: "num", Op: db.Bits, Value: int64(1)}}, false, []int64{}},
		{"and", []db.Cond{db.Is("num", int64(6)), db.Is("name", "c")}, false, []int64{3}},
		{"or", []db.Cond{db.Is("num", int64(8)), db.Is("name", "c")}, true, []int64{2, 3}},
		{"a number as text", []db.Cond{db.Is("num", "8")}, false, []int64{2}},
		{"nobody", []db.Cond{db.Is("name", "x")}, false, []int64{}},
	} {
		same(t, row.name, s.ids(t, db.Query{Where: row.where, Any: row.any}), row.want)
	}
}

func (s *suite) order(t *testing.T) {
	s.three(t)
	same(t, "by name", s.ids(t, db.Query{OrderBy: "name"}), []int64{2, 1, 3})
	same(t, "by name, reversed", s.ids(t, db.Query{OrderBy: "name DESC"}), []int64{3, 1, 2})
	same(t, "by two columns", s.ids(t, db.Query{OrderBy: "num desc, id DESC"}), []int64{2, 3, 1})
	same(t, "the first two", s.ids(t, db.Query{OrderBy: "name", Limit: 2}), []int64{2, 1})
	if err := s.d.Select(t.Context(), db.Query{Table: Table, OrderBy: "name; DROP TABLE things"}, func([]db.Value) error { return nil }); err == nil {
		t.Error("an order that is none is taken")
	}
	stop := errors.New("stop")
	n := 0
	err := s.d.Select(t.Context(), db.Query{Table: Table}, func([]db.Value) error { n++; return stop })
	if n != 1 || err != stop {
		t.Errorf("got %d rows and error %v, want 1 and that of the function", n, err)
	}
}

func (s *suite) change(t *testing.T) {
	s.three(t)
	ctx := t.Context()
	n, err := s.d.Update(ctx, Table, []db.Set{{Column: "num", Value: int64(6)}, {Column: "name", Value: "z"}}, []db.Cond{db.Is("num", int64(6))})
	if n != 2 || err != nil {
		t.Errorf("change: got %d, %v, want 2", n, err)
	}
	// The rows that were found count, also where nothing has changed.
	if n, err = s.d.Update(ctx, Table, []db.Set{{Column: "name", Value: "z"}}, []db.Cond{db.Is("name", "z")}); n != 2 || err != nil {
		t.Errorf("change to the same: got %d, %v, want 2", n, err)
	}
	same(t, "after the change", s.rows(t, db.Query{Columns: []string{"id", "num", "name"}, OrderBy: "id"}),
		[][]db.Value{{int64(1), int64(6), "z"}, {int64(2), int64(8), "a"}, {int64(3), int64(6), "z"}})
	if n, err = s.d.Delete(ctx, Table, []db.Cond{db.Is("name", "z")}); n != 2 || err != nil {
		t.Errorf("delete: got %d, %v, want 2", n, err)
	}
	if n, err = s.d.Delete(ctx, Table, nil); n != 1 || err != nil {
		t.Errorf("delete of the rest: got %d, %v, want 1", n, err)
	}
}

func (s *suite) put(t *testing.T) {
	ctx := t.Context()
	columns, keys := []string{"id", "num", "name"}, []string{"id"}
	for _, row := range [][]db.Value{{int64(1), int64(5), "a"}, {int64(2), int64(6), "b"}, {int64(1), nil, "c"}} {
		if err := s.d.Put(ctx, Table, columns, keys, row); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := s.d.Put(ctx, Table, keys, keys, []db.Value{int64(2)}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, "rows", s.rows(t, db.Query{Columns: columns, OrderBy: "id"}), [][]db.Value{{int64(1), nil, "c"}, {int64(2), int64(6), "b"}})
}

func (s *suite) errors(t *testing.T) {
	ctx := t.Context()
	one := []db.Value{int64(1), nil, nil, "kept", nil, nil}
	s.insert(t, one)
	wantError(t, "a second row with the key", s.d.Insert(ctx, Table, Columns, one), db.ErrDuplicate)
	err := s.d.Insert(ctx, Table, Columns, []db.Value{int64(2), nil, nil, nil, nil, nil}, one)
	wantError(t, "two rows, one with the key", err, db.ErrDuplicate)
	_, err = s.d.Update(ctx, "nowhere", []db.Set{{Column: "a", Value: int64(1)}}, nil)
	wantError(t, "a change of a table that is not there", err, db.ErrNoTable)
	_, err = db.Rows(ctx, s.d, db.Query{Table: "nowhere"})
	wantError(t, "a query of a table that is not there", err, db.ErrNoTable)
	wantError(t, "no value for the key", s.d.Insert(ctx, Table, []string{"id"}, []db.Value{nil}), db.ErrRefused)
	wantError(t, "less values than columns", s.d.Insert(ctx, Table, Columns, []db.Value{int64(3)}), db.ErrRefused)
	_, unknown := db.Rows(ctx, s.d, db.Query{Table: Table, Columns: []string{"nothing"}})
	if err := db.CheckColumns(ctx, s.d, Table, append([]string{"id"}, Columns...)...); err != nil {
		t.Errorf("a check of columns that are there: %v", err)
	}
	if err := db.CheckColumns(ctx, s.d, Table, "id", "nothing"); err == nil || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("a check of a column that is not there: got %v, want an error that names it", err)
	}
	wantError(t, "a check of a table that is not there", db.CheckColumns(ctx, s.d, "nowhere", "id"), db.ErrNoTable)
	for what, err := range map[string]error{
		"a query of a column that is not there": unknown,
		"a column that is not there":            s.d.Insert(ctx, Table, []string{"id", "nothing"}, []db.Value{int64(3), int64(1)}),
		"a name with a quote in it":             s.d.Insert(ctx, Table, []string{"id", "na`\"me"}, []db.Value{int64(3), int64(1)}),
		"a column instead of a value":           s.d.Insert(ctx, Table+"` (id) VALUES (9)", []string{"id"}, []db.Value{int64(3)}),
	} {
		if err == nil || errors.Is(err, db.ErrUnavailable) || db.Refused(err) {
			t.Errorf("%s: got error %v", what, err)
		}
	}
	same(t, "rows that are left", s.ids(t, db.Query{}), []int64{1})
}

func (s *suite) raw(t *testing.T) {
	ctx := t.Context()
	q := s.d.(db.Querier)
	r, err := q.Raw(ctx, "INSERT INTO things (id, name) VALUES (?, ?), (2, '?'), (3, NULL)", int64(1), "it's")
	if err != nil || r.Affected != 3 {
		t.Fatalf("got %+v, %v, want 3 rows", r, err)
	}
	r, err = q.Raw(ctx, " select id, name AS n FROM things WHERE id < ? ORDER BY id", int64(3))
	if err != nil {
		t.Fatal(err)
	}
	same(t, "columns", r.Columns, []string{"id", "n"})
	same(t, "rows", r.Rows, [][]db.Value{{int64(1), "it's"}, {int64(2), "?"}})
	if r, err = q.Raw(ctx, "SELECT name FROM things WHERE name = '?'"); err != nil || len(r.Rows) != 1 {
		t.Errorf("got %+v, %v, want one row", r, err)
	}
	if r, err = q.Raw(ctx, "SELECT COUNT(*) FROM things"); err != nil {
		t.Error(err)
	} else {
		same(t, "count", r.Rows, [][]db.Value{{int64(3)}})
	}
	for _, bad := range []string{"SELEKT", "SELECT * FROM nowhere"} {
		if _, err = q.Raw(ctx, bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
	if _, err = q.Raw(ctx, "DELETE FROM things WHERE id = ?", int64(1), int64(2)); err == nil {
		t.Error("a value without placeholder is taken")
	}
}
