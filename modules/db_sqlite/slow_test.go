// SPDX-License-Identifier: Apache-2.0

package db_sqlite

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
)

func TestSlowStatementsAreLogged(t *testing.T) {
	var out bytes.Buffer
	m := New()
	m.log, m.slow, m.slowLevel = slog.New(slog.NewTextHandler(&out, nil)), time.Nanosecond, slog.LevelWarn
	d := dbtest.Open(t, m, "sqlite::memory:")
	if _, err := d.(db.Querier).Raw(t.Context(), things); err != nil {
		t.Fatal(err)
	}
	if err := d.Insert(t.Context(), "things", []string{"id", "name"}, []db.Value{int64(1), "not in the log"}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Rows(t.Context(), d, db.Query{Table: "things", Columns: []string{"id"}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`for \[CREATE TABLE`, `level=WARN msg="alert - query execution too long \[\d+ us\] for \[INSERT INTO`, `for \[SELECT`} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("no %s in the log:\n%s", want, &out)
		}
	}
	if bytes.Contains(out.Bytes(), []byte("not in the log")) {
		t.Errorf("a value is in the log:\n%s", &out)
	}
}

// A file that another program has locked is not available, and nobody is kept
// waiting for it longer than the parameter says.
func TestLockedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	m := New()
	if err := m.setBusyTimeout(path + "=1"); err != nil {
		t.Fatal(err)
	}
	d, other := dbtest.Open(t, m, "sqlite://"+path), dbtest.Open(t, m, "sqlite://"+path)
	if _, err := d.(db.Querier).Raw(t.Context(), things); err != nil {
		t.Fatal(err)
	}
	row := []db.Value{int64(1)}
	err := other.(db.Transactor).Transact(t.Context(), func(o db.Operations) error {
		if err := d.Insert(t.Context(), "things", []string{"id"}, row); !errors.Is(err, db.ErrUnavailable) {
			t.Errorf("got %v, want that the file is not available", err)
		}
		return o.Insert(t.Context(), "things", []string{"id"}, []db.Value{int64(2)})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Insert(t.Context(), "things", []string{"id"}, row); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}
