// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
)

// TestDriver runs what every driver must pass, as far as text files can.
func TestDriver(t *testing.T) {
	dbtest.Run(t, dbtest.Target{Plain: true, Open: func(t *testing.T) db.Database {
		folder := t.TempDir()
		table := "id(int) num(int,null) ratio(double,null) name(str,null) moment(time,null) data(blob,null)\n"
		if err := os.WriteFile(filepath.Join(folder, dbtest.Table), []byte(table), 0o600); err != nil {
			t.Fatal(err)
		}
		d, err := New().Open(t.Context(), db.URL{Name: folder})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}})
}

const people = "id(int,auto) name(str) q(double,null) flags(int,null) since(time,null)\n" +
	"1:Nick:0.50:5:100\n2:Cole::2:200\n3:bob:1.00::\n"

// openWith opens a database of one table, with a driver that was changed.
func openWith(t *testing.T, change func(*Text)) (*database, string) {
	t.Helper()
	folder := t.TempDir()
	file := filepath.Join(folder, "people")
	if err := os.WriteFile(file, []byte(people), 0o600); err != nil {
		t.Fatal(err)
	}
	m := New()
	if change != nil {
		change(m)
	}
	d, err := m.Open(t.Context(), db.URL{Name: folder})
	if err != nil {
		t.Fatal(err)
	}
	return d.(*database), file
}

// shown returns rows of people as text.
func shown(t *testing.T, d *database, q db.Query) string {
	t.Helper()
	q.Table = "people"
	rows, err := db.Rows(t.Context(), d, q)
	if err != nil {
		return "error: " + err.Error()
	}
	var b []byte
	for _, r := range rows {
		b = append(colon.appendRow(b, r), ' ')
	}
	return strings.TrimSpace(string(b))
}

func TestSelect(t *testing.T) {
	d, _ := openWith(t, nil)
	id := []string{"id"}
	for _, row := range []struct {
		name  string
		query db.Query
		want  string
	}{
		{"all", db.Query{}, "1:Nick:0.50:5:100 2:Cole::2:200 3:bob:1.00::"},
		{"columns in their order", db.Query{Columns: []string{"name", "id"}, Limit: 1}, "Nick:1"},
		{"case of letters", db.Query{Columns: id, Where: []db.Cond{db.Is("name", "nICK")}}, "1"},
		{"number as text", db.Query{Columns: id, Where: []db.Cond{db.Is("id", "2")}}, "2"},
		{"all conditions", db.Query{Columns: id, Where: []db.Cond{{Column: "id", Op: db.Greater, Value: int64(1)}, db.Is("name", "bob")}}, "3"},
		{"any of them", db.Query{Columns: id, Any: true, Where: []db.Cond{db.Is("id", int64(1)), db.Is("name", "bob")}}, "1 3"},
		{"NULL", db.Query{Columns: id, Where: []db.Cond{db.Is("q", nil)}}, "2"},
		{"not NULL", db.Query{Columns: id, Where: []db.Cond{{Column: "q", Op: db.NotEqual}}}, "1 3"},
		{"NULL is no less", db.Query{Columns: id, Where: []db.Cond{{Column: "q", Op: db.Less, Value: 0.7}}}, "1"},
		{"bits", db.Query{Columns: id, Where: []db.Cond{{Column: "flags", Op: db.Bits, Value: int64(4)}}}, "1"},
		{"time", db.Query{Columns: id, Where: []db.Cond{{Column: "since", Op: db.LessEqual, Value: time.Unix(150, 0)}}}, "1"},
		{"at least", db.Query{Columns: id, Where: []db.Cond{{Column: "id", Op: db.GreaterEqual, Value: int64(2)}}}, "2 3"},
		{"not equal", db.Query{Columns: id, Where: []db.Cond{{Column: "name", Op: db.NotEqual, Value: "bob"}}}, "1 2"},
		{"order", db.Query{Columns: id, OrderBy: "name"}, "3 2 1"},
		{"reverse order, limit", db.Query{Columns: id, OrderBy: "q DESC, id", Limit: 2}, "3 1"},
		{"unknown column", db.Query{Columns: []string{"age"}}, `error: table people: there is no column "age"`},
		{"unknown column in a condition", db.Query{Where: []db.Cond{db.Is("age", "1")}}, `error: table people: there is no column "age"`},
		{"unknown order", db.Query{OrderBy: "name up"}, `error: table people: "name up" is no order of rows`},
		{"a text for a number", db.Query{Where: []db.Cond{db.Is("id", "x")}}, `error: table people: row is refused: column id is of type int and cannot hold "x"`},
	} {
		if got := shown(t, d, row.query); got != row.want {
			t.Errorf("%s: got %q, want %q", row.name, got, row.want)
		}
	}
}

func TestChanges(t *testing.T) {
	d, file := openWith(t, nil)
	ctx := t.Context()
	columns := []string{"name", "since"}
	if err := d.Insert(ctx, "people", columns, []db.Value{"a:b", time.Unix(7, 0)}, []db.Value{"", nil}); err != nil {
		t.Fatal(err)
	}
	if n, err := d.Update(ctx, "people", []db.Set{{Column: "q", Value: 0.125}, {Column: "flags", Value: nil}}, []db.Cond{{Column: "id", Op: db.LessEqual, Value: int64(2)}}); n != 2 || err != nil {
		t.Errorf("update: got %d, %v, want 2", n, err)
	}
	if n, err := d.Delete(ctx, "people", []db.Cond{db.Is("name", "bob")}); n != 1 || err != nil {
		t.Errorf("delete: got %d, %v, want 1", n, err)
	}
	for _, name := range []string{"Cole", "Zed"} {
		if err := d.Put(ctx, "people", []string{"name", "flags"}, []string{"name"}, []db.Value{name, int64(9)}); err != nil {
			t.Error(err)
		}
	}
	for _, bad := range []error{
		d.Insert(ctx, "people", columns, []db.Value{"good", nil}, []db.Value{nil, nil}),
		d.Insert(ctx, "people", columns, []db.Value{"short"}),
		d.Insert(ctx, "people", []string{"name", "age"}, []db.Value{"x", nil}),
		d.Insert(ctx, "people", []string{"name", "flags"}, []db.Value{"x", "many"}),
		d.Put(ctx, "people", []string{"name"}, []string{"id"}, []db.Value{"x"}),
	} {
		if bad == nil {
			t.Error("a wrong row is taken")
		}
	}
	if _, err := d.Update(ctx, "people", []db.Set{{Column: "name"}}, nil); err == nil {
		t.Error("name can be NULL")
	}
	if text, _ := os.ReadFile(file); string(text) != people {
		t.Errorf("the file was changed before the end: %s", text)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	want := "id(int,auto) name(str) q(double,null) flags(int,null) since(time,null)\n" +
		"1:Nick:0.125::100\n2:Cole:0.125:9:200\n4:a\\:b:::7\n5::::\n6:Zed::9:\n"
	if text, _ := os.ReadFile(file); string(text) != want {
		t.Errorf("got file\n%swant\n%s", text, want)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), ".*")); len(left) > 0 {
		t.Errorf("files are left behind: %v", left)
	}
}

// TestFileStaysWhole: a file that cannot be written keeps its content, and the
// rows are written the next time.
func TestFileStaysWhole(t *testing.T) {
	d, file := openWith(t, nil)
	if _, err := d.Delete(t.Context(), "people", []db.Cond{db.Is("id", int64(1))}); err != nil {
		t.Fatal(err)
	}
	elsewhere := d.folder + "-away"
	if err := os.Rename(d.folder, elsewhere); err != nil {
		t.Fatal(err)
	}
	if err := d.dump(); err == nil {
		t.Error("a table is written into a folder that is not there")
	}
	if err := os.Rename(elsewhere, d.folder); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(file); string(text) != people {
		t.Errorf("got file %q", text)
	}
	if err := d.dump(); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(file); strings.Contains(string(text), "Nick") {
		t.Errorf("the change is not in the file: %q", text)
	}
	if info, _ := os.Stat(file); info.Mode().Perm() != 0o600 {
		t.Errorf("got mode %v, want that of the old file", info.Mode())
	}
}

// TestModes: without caching a file that somebody changed is read again; one
// that is broken is an error, and the rows that were read stay for the time when
// it is mended.
func TestModes(t *testing.T) {
	for mode, want := range []string{"1 2 3", "7"} {
		d, file := openWith(t, func(m *Text) { m.mode = mode })
		ids := db.Query{Columns: []string{"id"}}
		if got := shown(t, d, ids); got != "1 2 3" {
			t.Errorf("mode %d: got %q", mode, got)
		}
		write := func(text string) {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write("id(int)\n7\n")
		if got := shown(t, d, ids); got != want {
			t.Errorf("mode %d: got %q, want %q", mode, got, want)
		}
		write("id(int)\nx\n")
		if got := shown(t, d, ids); mode == 1 && !strings.Contains(got, `people: line 2: column id: "x" is no integer`) {
			t.Errorf("a broken file gives %q", got)
		}
	}
}

func TestBadInput(t *testing.T) {
	d, _ := openWith(t, func(m *Text) { m.maxRows = 2 })
	if got := shown(t, d, db.Query{}); !strings.Contains(got, "max_result_rows is 2") {
		t.Errorf("got %q of more rows than are allowed", got)
	}
	for _, name := range []string{"nothing", "", "../people", ".people", "a/b"} {
		if err := d.Insert(t.Context(), name, nil); !errors.Is(err, db.ErrNoTable) {
			t.Errorf("table %q: got %v, want that there is none", name, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := d.Insert(ctx, "people", []string{"name"}, []db.Value{"x"}); err == nil {
		t.Error("a row is taken after the end")
	}
	for _, u := range []db.URL{{Name: "/nowhere/at/all"}, {}, {User: "u", Host: "h", Name: "n"}} {
		if _, err := New().Open(t.Context(), u); err == nil {
			t.Errorf("%+v is opened", u)
		}
	}
	for _, delim := range []string{"", "::", `\`, "\n"} {
		m := New()
		m.delim = delim
		if m.Prepare(nil) == nil {
			t.Errorf("delimiter %q is taken", delim)
		}
	}
}

// TestOneDatabase: all URLs of a folder share their tables.
func TestOneDatabase(t *testing.T) {
	d, _ := openWith(t, nil)
	d.module.configDir = filepath.Dir(d.folder)
	again, err := d.module.Open(t.Context(), db.URL{Host: filepath.Base(d.folder)})
	if err != nil || again.(*database) != d {
		t.Errorf("got another database, %v", err)
	}
}

func TestAllAtOnce(t *testing.T) {
	d, _ := openWith(t, nil)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 50 {
				if err := d.Insert(t.Context(), "people", []string{"name"}, []db.Value{fmt.Sprint(i)}); err != nil {
					t.Error(err)
				}
				shown(t, d, db.Query{OrderBy: "name"})
				d.Update(t.Context(), "people", []db.Set{{Column: "flags", Value: int64(i)}}, []db.Cond{db.Is("name", "bob")})
			}
		})
	}
	wg.Wait()
	if got := shown(t, d, db.Query{Columns: []string{"id"}, OrderBy: "id DESC", Limit: 1}); got != "203" {
		t.Errorf("the last of 203 rows is %s", got)
	}
}
