// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// refusing is a database whose inserts fail.
type refusing struct {
	db.Database
	err error
}

// Insert implements db.Operations.
func (d refusing) Insert(context.Context, string, []string, ...[]db.Value) error { return d.err }

// TestInsert: a row waits for a database that cannot take it now, within a bound;
// one that was refused does not.
func TestInsert(t *testing.T) {
	env := scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{})
	c := env.Call(t, scripttest.Invite)
	down := fmt.Errorf("%w: gone", db.ErrUnavailable)
	for _, row := range []struct {
		name    string
		err     error
		mode    int
		table   string
		want    error
		waiting int
	}{
		{"written", nil, 0, "acc", nil, 0},
		{"not available", down, 0, "acc", nil, 2},
		{"read-only", errors.New("read-only"), 0, "acc", nil, 2},
		{"no table", db.ErrNoTable, 0, "acc", db.ErrNoTable, 0},
		{"refused", db.ErrRefused, 0, "acc", db.ErrRefused, 0},
		{"in the background", db.ErrRefused, insertAsync, "acc", nil, 2},
		{"no name of a table", nil, 0, "acc; x", db.ErrName, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			a := New()
			if err := a.prepareColumns(); err != nil {
				t.Fatal(err)
			}
			a.insertMode = row.mode
			a.db = refusing{err: row.err}
			a.queue = db.NewQueue(a.db, 2, slog.New(slog.DiscardHandler))
			for range 2 {
				if err := a.insert(c, row.table, a.requested(c, "200 OK")); !errors.Is(err, row.want) {
					t.Errorf("got %v, want %v", err, row.want)
				}
			}
			if n := a.queue.Len(); n != row.waiting {
				t.Errorf("%d rows wait, want %d", n, row.waiting)
			}
			if row.err == down {
				if err := a.insert(c, row.table, a.requested(c, "200 OK")); !errors.Is(err, down) {
					t.Errorf("beyond the bound: got %v, want %v", err, down)
				}
			}
		})
	}
	if err := New().insert(c, "acc", &record{}); !errors.Is(err, errNoDatabase) {
		t.Errorf("without a database: got %v", err)
	}
}

func TestSplitComment(t *testing.T) {
	for _, row := range [][3]string{{"404 Not Found", "404", "Not Found"}, {"404", "404", ""}, {"just text", "", "just text"}, {"", "", ""},
		{"2000 b", "200", "0 b"}, {"099  x", "099", "x"}, {"12 x", "", "12 x"}} {
		if code, reason := splitComment(row[0]); code != row[1] || reason != row[2] {
			t.Errorf("%q: got %q and %q, want %q and %q", row[0], code, reason, row[1], row[2])
		}
	}
}

func TestMillis(t *testing.T) {
	for _, row := range []struct {
		text string
		want int64
		ok   bool
	}{{"1795944020.370", 1795944020370, true}, {"0.002", 2, true}, {"0", 0, true}, {"7.5", 7500, true}, {"", 0, false}, {"x", 0, false}, {"1.2345", 0, false}, {"1.x", 0, false}} {
		got, ok := parseMillis(row.text)
		if got != row.want || ok != row.ok {
			t.Errorf("%q: got %d %v, want %d %v", row.text, got, ok, row.want, row.ok)
		}
	}
	if got := string(appendMillis(nil, 90250)); got != "90.250" {
		t.Errorf("got %s", got)
	}
}

func TestFilter(t *testing.T) {
	for _, text := range []string{"200", "x", "404,", "1000", "-404"} {
		if _, err := parseFilter(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	a := New()
	var err error
	if a.filter, err = parseFilter("404, 407"); err != nil || !a.filtered(407) || a.filtered(500) {
		t.Errorf("got %v %v", a.filter, err)
	}
}
