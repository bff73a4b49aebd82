// SPDX-License-Identifier: Apache-2.0

package db_sqlite

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
)

const things = `CREATE TABLE things (id INTEGER NOT NULL UNIQUE, num INTEGER, ratio REAL, name VARCHAR(64),
	moment TIMESTAMP WITHOUT TIME ZONE, data BLOB)`

func TestDriver(t *testing.T) {
	file := "sqlite://" + filepath.Join(t.TempDir(), "a b%41.db")
	for _, url := range []string{file, "sqlite::memory:"} {
		t.Run(url[:9], func(t *testing.T) {
			dbtest.Run(t, dbtest.Target{Create: things, Open: func(t *testing.T) db.Database { return dbtest.Open(t, New(), url) }})
		})
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	url := "sqlite:///" + path // two slashes at the beginning of the path
	ctx := t.Context()
	d := dbtest.Open(t, New(), url)
	if _, err := d.(db.Querier).Raw(ctx, things); err != nil {
		t.Fatal(err)
	}
	m := New()
	if err := m.setReadOnly(path); err != nil {
		t.Fatal(err)
	}
	d = dbtest.Open(t, m, url)
	if _, err := db.Rows(ctx, d, db.Query{Table: "things"}); err != nil {
		t.Error(err)
	}
	if err := d.Insert(ctx, "things", []string{"id"}, []db.Value{int64(1)}); err == nil || errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %v, want that the file is only read", err)
	}
}

func TestFolderMissing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "none")
	u, err := db.ParseURL("sqlite://" + filepath.Join(folder, "k.db"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = New().Open(t.Context(), u)
	if !errors.Is(err, db.ErrUnavailable) || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), folder) {
		t.Errorf("got %v, want that %s is missing", err, folder)
	}
}

func TestJournal(t *testing.T) {
	dir := t.TempDir()
	m := New()
	for _, set := range []string{"DB=delete;", "DB2=OFF"} {
		if err := m.setJournalMode(filepath.Join(dir, set)); err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"DB": "delete", "DB2": "off", "DB3": "wal"} {
		r, err := dbtest.Open(t, m, "sqlite://"+filepath.Join(dir, name)).(db.Querier).Raw(t.Context(), "PRAGMA journal_mode")
		if err != nil || r.Rows[0][0] != want {
			t.Errorf("%s: got %v, %v, want %s", name, r, err, want)
		}
	}
}

func TestSettings(t *testing.T) {
	m := New()
	for _, err := range []error{m.setJournalMode("/x=FAST"), m.setJournalMode("/x"), m.setBusyTimeout("/x=long"), m.setBusyTimeout("=1"), m.setReadOnly("")} {
		if err == nil {
			t.Error("a parameter that is wrong is taken")
		}
	}
	if err := m.setBusyTimeout("/a//x=250;"); err != nil || m.files["/a/x"].busy.Milliseconds() != 250 {
		t.Errorf("got %+v, %v, want 250 ms", m.files["/a/x"], err)
	}
}

func TestOpenFails(t *testing.T) {
	for _, url := range []string{"sqlite://", "sqlite:///x?mode=ro", "sqlite://" + t.TempDir() + "/none/k.db"} {
		u, err := db.ParseURL(url)
		if err != nil {
			t.Fatal(err)
		}
		if d, err := New().Open(t.Context(), u); err == nil {
			t.Errorf("%s is opened", url)
			d.Close()
		}
	}
}

// TestWritersQueueUp: many write one file, through two databases and in
// transactions, and none of them depends on asking often enough.
func TestWritersQueueUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k.db")
	m := New()
	if err := m.setBusyTimeout(path + "=0"); err != nil {
		t.Fatal(err)
	}
	ctx, url := t.Context(), "sqlite://"+path
	databases := []db.Database{dbtest.Open(t, m, url), dbtest.Open(t, m, url)}
	if _, err := databases[0].(db.Querier).Raw(ctx, things); err != nil {
		t.Fatal(err)
	}
	const writers, rows = 8, 20
	var wait sync.WaitGroup
	for w := range writers {
		wait.Go(func() {
			d := databases[w%len(databases)]
			for i := range rows {
				insert := func(o db.Operations) error {
					return o.Insert(ctx, "things", []string{"id"}, []db.Value{int64(w*rows + i)})
				}
				err := error(nil)
				if i%2 == 0 {
					err = insert(d)
				} else {
					err = d.(db.Transactor).Transact(ctx, insert)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wait.Wait()
	if all, err := db.Rows(ctx, databases[0], db.Query{Table: "things"}); err != nil || len(all) != writers*rows {
		t.Errorf("%d rows, %v, want %d", len(all), err, writers*rows)
	}
}
