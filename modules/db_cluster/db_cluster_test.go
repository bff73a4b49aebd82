// SPDX-License-Identifier: Apache-2.0

package db_cluster

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// flaky is an SQLite file that fails on demand.
type flaky struct {
	db.Database
	err   atomic.Pointer[error]
	after int // rows before the failure
	calls atomic.Int64
}

func (f *flaky) fail() error {
	f.calls.Add(1)
	if e := f.err.Load(); e != nil {
		return *e
	}
	return nil
}

func (f *flaky) Select(ctx context.Context, q db.Query, each func([]db.Value) error) error {
	failure, n := f.fail(), 0
	if failure != nil && f.after == 0 {
		return failure
	}
	return f.Database.Select(ctx, q, func(row []db.Value) error {
		if n++; failure != nil && n > f.after {
			return failure
		}
		return each(row)
	})
}

func (f *flaky) Insert(ctx context.Context, table string, columns []string, rows ...[]db.Value) error {
	if err := f.fail(); err != nil {
		return err
	}
	return f.Database.Insert(ctx, table, columns, rows...)
}

func (f *flaky) Update(ctx context.Context, table string, set []db.Set, where []db.Cond) (int64, error) {
	if err := f.fail(); err != nil {
		return 0, err
	}
	return f.Database.Update(ctx, table, set, where)
}

func (f *flaky) Raw(ctx context.Context, statement string, args ...db.Value) (*db.Result, error) {
	if err := f.fail(); err != nil {
		return nil, err
	}
	return f.Database.(db.Querier).Raw(ctx, statement, args...)
}

// host has the driver db_flaky, whose databases are files by their names.
type host struct {
	*rpctest.Host
	dir   string
	files map[string]*flaky
	down  map[string]bool
}

func (h *host) Module(name string) module.Module {
	if name == "db_flaky" {
		return h
	}
	return nil
}

func (h *host) Exports() module.Exports { return module.Exports{} }

func (h *host) Open(ctx context.Context, u db.URL) (db.Database, error) {
	if h.down[u.Host] {
		return nil, fmt.Errorf("%w: test", db.ErrUnavailable)
	}
	of, err := db.ParseURL("sqlite://" + filepath.Join(h.dir, u.Host))
	if err != nil {
		return nil, err
	}
	d, err := db_sqlite.New().Open(ctx, of)
	if err != nil {
		return nil, err
	}
	f := &flaky{Database: d}
	h.files[u.Host] = f
	_, err = f.Raw(ctx, "CREATE TABLE IF NOT EXISTS things (id INTEGER NOT NULL UNIQUE, num INTEGER, ratio REAL, name VARCHAR(64), moment TIMESTAMP, data BLOB)")
	f.calls.Store(0)
	return f, err
}

// set breaks a file, or mends it.
func (h *host) set(name string, err error) {
	h.files[name].err.Store(nil)
	if err != nil {
		h.files[name].err.Store(&err)
	}
}

func (h *host) ids(t *testing.T, name string) string {
	t.Helper()
	rows, err := db.Rows(t.Context(), h.files[name].Database, db.Query{Table: "things", Columns: []string{"id"}, OrderBy: "id"})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(rows)
}

// start makes a cluster k of the files a, b and c.
func start(t *testing.T, usage string, down ...string) (*Cluster, *host, db.Database) {
	t.Helper()
	m, h := New(), &host{Host: rpctest.New(), dir: t.TempDir(), files: map[string]*flaky{}, down: map[string]bool{}}
	for _, name := range down {
		h.down[name] = true
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := m.addConnection(name + "=>flaky://" + name); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.addCluster("k=>" + usage); err != nil {
		t.Fatal(err)
	}
	if err := h.Set.Declare("db_cluster", m.Exports().Counters...); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(m.Prepare(nil), m.Start(t.Context(), h)); err != nil {
		t.Fatal(err)
	}
	u, err := db.ParseURL("cluster://k")
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, h, d
}

func insert(t *testing.T, d db.Database, id int) error {
	t.Helper()
	return d.Insert(t.Context(), "things", []string{"id"}, []db.Value{int64(id)})
}

var errAway = fmt.Errorf("%w: test", db.ErrUnavailable)

func TestDriver(t *testing.T) {
	_, _, d := start(t, "a=9s9p;b=8s9p")
	dbtest.Run(t, dbtest.Target{Simple: true, Open: func(*testing.T) db.Database { return d }})
}

func TestModes(t *testing.T) {
	for _, row := range []struct{ usage, want string }{
		{"a=9s9s;b=9s9s;c=9s9s", "[[1] [2] [3]] [] []"},
		{"a=9s9r;b=9s9r;c=9s9r", "[[1]] [[2]] [[3]]"},
		{"a=9s9p;b=9s9p;c=9s9s", "[[1] [2] [3]] [[1] [2] [3]] [[1] [2] [3]]"}, // the mode of the first one
		{"a=9s7p;b=9s8s;c=9s0p", "[] [[1] [2] [3]] []"},
	} {
		_, h, d := start(t, row.usage)
		for id := 1; id <= 3; id++ {
			if err := insert(t, d, id); err != nil {
				t.Fatal(err)
			}
		}
		if got := h.ids(t, "a") + " " + h.ids(t, "b") + " " + h.ids(t, "c"); got != row.want {
			t.Errorf("%s: got %s, want %s", row.usage, got, row.want)
		}
	}
}

func TestReadingInTurn(t *testing.T) {
	_, h, d := start(t, "a=9r9p;b=9r9p;c=8r9p")
	for range 4 {
		if _, err := d.(db.Querier).Raw(t.Context(), "SELECT 1"); err != nil {
			t.Fatal(err)
		}
	}
	if a, b, c := h.files["a"].calls.Load(), h.files["b"].calls.Load(), h.files["c"].calls.Load(); a != 2 || b != 2 || c != 0 {
		t.Errorf("got %d, %d, %d statements, want 2, 2, 0", a, b, c)
	}
}

func TestFailover(t *testing.T) {
	_, h, d := start(t, "a=9s9s;b=9s9s;c=8s8s")
	h.set("a", errAway)
	h.set("b", errAway)
	if err := insert(t, d, 1); err != nil {
		t.Fatal(err)
	}
	if got := h.ids(t, "c"); got != "[[1]]" {
		t.Errorf("the last one has %s, want the row", got)
	}
	h.set("a", nil)
	before := h.files["a"].calls.Load()
	if err := insert(t, d, 2); err != nil || h.files["a"].calls.Load() != before {
		t.Errorf("got %v, and one that has failed was used", err)
	}
	h.set("c", errAway)
	if err := insert(t, d, 3); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %v, want that no database is available", err)
	}
	if err := insert(t, d, 3); !errors.Is(err, db.ErrUnavailable) || !errors.Is(err, errInactive) {
		t.Errorf("got %v, want that none is active", err)
	}
	h.Time.Advance(301 * time.Second)
	if err := insert(t, d, 4); err != nil || h.ids(t, "a") != "[[4]]" {
		t.Errorf("after inactive_interval: got %v and %s", err, h.ids(t, "a"))
	}
}

// What a database answers does not make it inactive, nor what fails quickly.
func TestFailuresThatDoNotCount(t *testing.T) {
	m, h, d := start(t, "a=9s9s;b=8s0s")
	for range 2 {
		if err := insert(t, d, 1); err != nil && !errors.Is(err, db.ErrDuplicate) {
			t.Fatal(err)
		}
	}
	if !m.connection("a").active() {
		t.Error("a duplicate key makes a database inactive")
	}
	m.minFailure = 3600
	h.set("a", errAway)
	if err := insert(t, d, 2); err == nil || !m.connection("a").active() {
		t.Errorf("got %v, want a failure that does not count", err)
	}
	if m.failed.Value() != 2 {
		t.Errorf("got %d failures, want 2", m.failed.Value())
	}
}

func TestRowsComeOnce(t *testing.T) {
	_, h, d := start(t, "a=9s9p;b=8s9p")
	for id := range 4 {
		if err := insert(t, d, id); err != nil {
			t.Fatal(err)
		}
	}
	read := func() (n int, err error) {
		err = d.Select(t.Context(), db.Query{Table: "things"}, func([]db.Value) error { n++; return nil })
		return n, err
	}
	h.set("a", errAway)
	h.files["a"].after = 2
	if n, err := read(); n != 2 || !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %d rows, %v, want two and the failure", n, err)
	}
	h.Time.Advance(301 * time.Second)
	h.files["a"].after = 0
	if n, err := read(); n != 4 || err != nil {
		t.Errorf("got %d rows, %v, want those of the second one", n, err)
	}
	stop := errors.New("stop")
	if err := d.Select(t.Context(), db.Query{Table: "things"}, func([]db.Value) error { return stop }); err != stop {
		t.Errorf("got %v, want the error of the function", err)
	}
}

func TestStartWithoutSome(t *testing.T) {
	_, h, d := start(t, "a=9s9s;b=8s8s", "a")
	if err := insert(t, d, 1); err != nil || h.ids(t, "b") != "[[1]]" {
		t.Errorf("got %v", err)
	}
	h.down["a"] = false
	h.Time.Advance(301 * time.Second)
	if err := insert(t, d, 2); err != nil || h.ids(t, "a") != "[[2]]" {
		t.Errorf("a database that came later: got %v", err)
	}
}

func TestMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"k1": "is not of the form name=>", "=>a=9s9s": "is not of the form name=>", "k1=>": "has no connections",
		"k1=>a=9s8": "is not of the form connection=9s8p", "k1=>a=9x8p": "is no priority", "k1=>a=9p8p": "is no priority", "k1=>a=xs8p": "is no priority",
	} {
		if err := New().addCluster(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	m := New()
	for text, want := range map[string]string{
		"c1": "is not of the form name=>URL", "c1=>x": "connection c1", "c1=>cluster://k": "is no part of another one",
	} {
		if err := m.addConnection(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	if err := m.addCluster("k=>c9=9s9s"); err != nil {
		t.Fatal(err)
	}
	if err := m.Prepare(nil); err == nil || !strings.Contains(err.Error(), "names connection c9, which no parameter connection defines") {
		t.Errorf("got %v", err)
	}
	for _, url := range []string{"cluster://nobody", "cluster://k/x", "cluster:k"} {
		u, err := db.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := m.Open(t.Context(), u); err == nil {
			t.Errorf("%s is opened", url)
		}
	}
}

func FuzzParseCluster(f *testing.F) {
	f.Add("cls1=>con1=9s8p;con2=9s8p")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCluster(text)
		if err != nil {
			return
		}
		for _, k := range c.members {
			if k.read.priority > maxPriority || !strings.ContainsRune("sr", rune(k.read.mode)) || !strings.ContainsRune("srp", rune(k.write.mode)) {
				t.Fatalf("%q: %+v", text, k)
			}
		}
	})
}
