// SPDX-License-Identifier: Apache-2.0

// Package dbtest is the test that every driver of databases must pass.
package dbtest

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// Target is a database under test.
type Target struct {
	// Open opens the database, which is empty at the first time.
	Open func(t *testing.T) db.Database
	// Create is the statement that makes a table, see Columns.
	Create string
	// Plain tables are there when the database is opened, and have no unique
	// keys; there are no transactions, few statements, and texts that differ in
	// the case of their letters are equal.
	Plain bool
	// Simple databases have the table when they are opened, and neither
	// transactions nor statements.
	Simple bool
	// Many is how many rows are written at one time; 0 is 12,000.
	Many int
	// Server, if set, is the server of the database, which is killed and
	// paused.
	Server Server
}

// Server is the server of a database.
type Server interface {
	Kill()
	Start()
	Pause()
	Resume()
}

// Columns are those of the table that Target.Create makes: an integer that is
// the unique key, an integer, a floating point number, a text of 64 characters
// with an index, a date and a blob of at least 64 KiB; all but the key may be
// NULL.
var Columns = []string{"id", "num", "ratio", "name", "moment", "data"}

// Table is the name of the table that Target.Create makes.
const Table = "things"

// Run tests a driver.
func Run(t *testing.T, target Target) {
	s := &suite{Target: target}
	d := target.Open(t)
	s.d = d
	raw, ok := d.(db.Querier)
	if !ok && !target.Simple {
		t.Fatal("the database takes no statements of its own")
	}
	if !target.Plain && !target.Simple {
		if _, err := raw.Raw(t.Context(), target.Create); err != nil {
			t.Fatal(err)
		}
	}
	for _, part := range []struct {
		name  string
		run   func(*testing.T)
		plain bool // also of Plain tables
	}{
		{"types", s.values, true}, {"null", s.null, true}, {"metacharacters", s.metacharacters, true}, {"conditions", s.conditions, true},
		{"order", s.order, true}, {"change", s.change, true}, {"put", s.put, true}, {"errors", s.errors, false}, {"raw", s.raw, false},
		{"transaction", s.transaction, false}, {"many rows", s.many, true}, {"keys of many rows", s.manyKeys, false},
		{"many at once", s.concurrent, true}, {"time limit", s.cancelled, true}, {"server killed", s.killed, false}, {"killed under load", s.killedUnderLoad, false}, {"server hangs", s.hangs, false},
	} {
		if target.Plain && !part.plain || target.Simple && (part.name == "raw" || part.name == "transaction") {
			continue
		}
		t.Run(part.name, func(t *testing.T) {
			if _, err := d.Delete(t.Context(), Table, nil); err != nil {
				t.Fatal(err)
			}
			part.run(t)
		})
	}
}

type suite struct {
	Target
	d db.Database
}

// Moment is a date that all databases can keep.
var Moment = time.Date(2026, 11, 29, 9, 17, 2, 0, time.Local)

func (s *suite) insert(t *testing.T, rows ...[]db.Value) {
	t.Helper()
	if err := s.d.Insert(t.Context(), Table, Columns, rows...); err != nil {
		t.Fatal(err)
	}
}

// rows returns what a query finds.
func (s *suite) rows(t *testing.T, q db.Query) [][]db.Value {
	t.Helper()
	q.Table = Table
	rows, err := db.Rows(t.Context(), s.d, q)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// ids returns the keys of the rows for which conditions hold, in order.
func (s *suite) ids(t *testing.T, q db.Query) []int64 {
	t.Helper()
	q.Columns = []string{"id"}
	if q.OrderBy == "" {
		q.OrderBy = "id"
	}
	ids := []int64{}
	for _, r := range s.rows(t, q) {
		ids = append(ids, r[0].(int64))
	}
	return ids
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %#v, want %#v", what, got, want)
	}
}

func wantError(t *testing.T, what string, err, class error) {
	t.Helper()
	if !errors.Is(err, class) {
		t.Errorf("%s: got error %v, want %v", what, err, class)
	}
	for _, other := range []error{db.ErrDuplicate, db.ErrNoTable, db.ErrRefused, db.ErrUnavailable} {
		if other != class && errors.Is(err, other) {
			t.Errorf("%s: error %v is %v too", what, err, other)
		}
	}
}

// cancelled tells that an operation ends with its context.
func (s *suite) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := db.Rows(ctx, s.d, db.Query{Table: Table})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want that the query was given up", err)
	}
	s.insert(t, []db.Value{int64(1), nil, nil, nil, nil, nil})
}
