// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
	"github.com/kahea-sip/kahea/tools/testserver"
)

// newModule returns a module with the table of dbtest, and location.
func newModule(t *testing.T) *Redis {
	t.Helper()
	m := New()
	m.schemaPath = t.TempDir()
	if err := os.WriteFile(filepath.Join(m.schemaPath, dbtest.Table), []byte("id/int,num/int,ratio/double,name/string,moment/time,data/blob,\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"version=entry:table_name;location=entry:ruid&usrdom:username,domain&timer:partition,keepalive", "things=entry:id&byname:name;"} {
		if err := m.addKeys(text); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

func TestDriver(t *testing.T) {
	m, s := newModule(t), miniredis.RunT(t)
	// The script of a statement runs in the Lua of miniredis, which is slow.
	dbtest.Run(t, dbtest.Target{Simple: true, Many: 2000, Open: func(t *testing.T) db.Database { return dbtest.Open(t, m, "redis://"+s.Addr()+"/5") }})
}

func TestDriverWithServer(t *testing.T) {
	m, s := newModule(t), testserver.Redis(t)
	dbtest.Run(t, dbtest.Target{Simple: true, Server: s, Open: func(t *testing.T) db.Database { return dbtest.Open(t, m, s.URL) }})
}

// TestKeys: what stands in Redis is what Kamailio's driver writes and reads.
func TestKeys(t *testing.T) {
	s := miniredis.RunT(t)
	d := dbtest.Open(t, newModule(t), "redis://"+s.Addr()+"/5")
	s.Select(5)
	ctx := t.Context()
	dump := func() string {
		var b strings.Builder
		for _, key := range s.Keys() {
			if s.Type(key) == "set" {
				members, _ := s.Members(key)
				fmt.Fprintf(&b, "%s = %v\n", key, members)
				continue
			}
			fields, _ := s.HKeys(key)
			slices.Sort(fields)
			b.WriteString(key + ":")
			for _, f := range fields {
				fmt.Fprintf(&b, " %s=%s", f, s.HGet(key, f))
			}
			b.WriteByte('\n')
		}
		return b.String()
	}
	same := func(what, want string) {
		t.Helper()
		if got := dump(); got != want {
			t.Errorf("%s: got\n%swant\n%s", what, got, want)
		}
	}
	columns := []string{"ruid", "username", "domain", "partition", "keepalive", "q", "expires", "received"}
	row := []db.Value{"u-1", "alice", "ex.org", int64(0), int64(0), 0.5, dbtest.Moment, nil}
	if err := d.Insert(ctx, "location", columns, row); err != nil {
		t.Fatal(err)
	}
	same("a row", "location::index::timer = [location:timer::0:0]\n"+
		"location::index::usrdom = [location:usrdom::alice:ex.org]\n"+
		"location:entry::u-1: domain=ex.org expires=2026-11-29 09:17:02 keepalive=0 partition=0 q=0.5 ruid=u-1 username=alice\n"+
		"location:timer::0:0 = [location:entry::u-1]\n"+
		"location:usrdom::alice:ex.org = [location:entry::u-1]\n")
	if _, err := d.Update(ctx, "location", []db.Set{{Column: "domain"}, {Column: "keepalive", Value: int64(1)}}, []db.Cond{db.Is("ruid", "u-1")}); err != nil {
		t.Fatal(err)
	}
	same("a row that is found elsewhere", "location::index::timer = [location:timer::0:1]\n"+
		"location:entry::u-1: expires=2026-11-29 09:17:02 keepalive=1 partition=0 q=0.5 ruid=u-1 username=alice\n"+
		"location:timer::0:1 = [location:entry::u-1]\n")
	if n, err := d.Delete(ctx, "location", []db.Cond{db.Is("username", "alice")}); n != 1 || err != nil {
		t.Fatalf("got %d, %v, want one row", n, err)
	}
	same("no row", "")

	// A row of Kamailio's, which writes NULL as nothing when it changes one.
	s.HSet("location:entry::k-1", "username", "bob", "domain", "ex.org", "ruid", "k-1", "q", "-1.000000", "cseq", "3", "received", "", "expires", "2026-11-29 09:17:02", "reg_id", "")
	s.SAdd("location:usrdom::bob:ex.org", "location:entry::k-1", "location:entry::gone")
	got, err := db.Rows(ctx, d, db.Query{Table: "location", Columns: []string{"ruid", "q", "cseq", "received", "expires", "reg_id", "path"}, Where: []db.Cond{db.Is("username", "bob"), db.Is("domain", "ex.org")}})
	if want := [][]db.Value{{"k-1", -1.0, int64(3), "", dbtest.Moment, nil, nil}}; err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if err := db.CheckVersion(ctx, d, "version", "location", 9); err != nil {
		t.Error(err)
	}
}

// TestTogether: many change the same rows; none of the changes is lost.
func TestTogether(t *testing.T) {
	d := dbtest.Open(t, newModule(t), "redis://"+miniredis.RunT(t).Addr())
	ctx := t.Context()
	if err := d.Insert(ctx, dbtest.Table, []string{"id", "num"}, []db.Value{int64(1), int64(0)}); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for done := 0; done < 25; {
				rows, err := db.Rows(ctx, d, db.Query{Table: dbtest.Table, Columns: []string{"num"}})
				if err != nil {
					t.Error(err)
					return
				}
				have := rows[0][0].(int64)
				n, err := d.Update(ctx, dbtest.Table, []db.Set{{Column: "num", Value: have + 1}}, []db.Cond{db.Is("num", have)})
				if err != nil {
					t.Error(err)
					return
				}
				done += int(n)
			}
		})
	}
	wait.Wait()
	rows, err := db.Rows(ctx, d, db.Query{Table: dbtest.Table, Columns: []string{"num"}})
	if err != nil || rows[0][0] != int64(100) {
		t.Errorf("got %v, %v, want 100", rows, err)
	}
}

func TestNotify(t *testing.T) {
	s := miniredis.RunT(t)
	d := dbtest.Open(t, newModule(t), "redis://"+s.Addr()).(db.Notifier)
	ctx, stop := context.WithCancel(t.Context())
	got, listens, ended := make(chan string, 8), make(chan bool, 8), make(chan bool)
	go func() {
		d.Subscribe(ctx, "ch", func(m string) { got <- m }, func() { listens <- true })
		close(ended)
	}()
	for _, m := range []string{"one", "two"} {
		<-listens
		if err := d.Publish(ctx, "ch", m); err != nil {
			t.Fatal(err)
		}
		if g := <-got; g != m {
			t.Errorf("got %q, want %q", g, m)
		}
		s.Close()
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	<-ended
}

func TestMistakes(t *testing.T) {
	m := New()
	for text, want := range map[string]string{
		"location":            "write it as table=entry",
		"location=usrdom:a":   "entry is missing",
		"location=entry:":     "is not of the form name:column",
		"location=entry:a&b":  "is not of the form name:column",
		"a=entry:x;a=entry:x": "table a has keys already",
		"=entry:x":            "write it as table=entry",
	} {
		if err := m.addKeys(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
	for _, url := range []string{"redis://127.0.0.1/x", "redis:///0", "redis://a:1,b:2/", "redis://127.0.0.1/0?x=1", "redis://127.0.0.1:1/0"} {
		u, err := db.ParseURL(url)
		if err != nil {
			continue
		}
		if d, err := m.Open(t.Context(), u); err == nil {
			t.Errorf("%s is opened", url)
			d.Close()
		}
	}
	m = newModule(t)
	d := dbtest.Open(t, m, "redis://"+miniredis.RunT(t).Addr())
	ctx := t.Context()
	name := func(file, content string) {
		if err := os.WriteFile(filepath.Join(m.schemaPath, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	name("bad", "a/colour\n1\n")
	name("unversioned", "a/int\n")
	name("keyless", "a/int\n1\n")
	m.keys["subscriber"] = &keys{entry: []string{"nothing"}}
	for table, want := range map[string]string{
		"bad": "is no column", "unversioned": "the second one is its version", "keyless": "has no entry for table keyless",
		"subscriber": "which table subscriber does not have", "../etc/passwd": "no such table", "nowhere": "no such table",
	} {
		if err := d.Insert(ctx, table, []string{"a"}, []db.Value{int64(1)}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("table %s: got %v, want %q", table, err, want)
		}
	}
	if _, err := d.Update(ctx, dbtest.Table, []db.Set{{Column: "id", Value: int64(2)}}, nil); err == nil {
		t.Error("a key is changed")
	}
	if err := d.Put(ctx, dbtest.Table, []string{"id", "name"}, []string{"name"}, []db.Value{int64(1), "x"}); err == nil || errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a key that is none: got %v", err)
	}
	if err := d.Insert(ctx, dbtest.Table, []string{"id"}, []db.Value{"x"}); err == nil {
		t.Error("a number that is none is taken")
	}
}

func FuzzParseKeys(f *testing.F) {
	f.Add("location=entry:ruid&usrdom:username,domain")
	f.Fuzz(func(t *testing.T, text string) {
		if table, k, err := parseKeys(text); err == nil && (table == "" || len(k.entry) == 0) {
			t.Fatalf("%q: %q %v", text, table, k)
		}
	})
}

func FuzzParseTable(f *testing.F) {
	f.Add("id/int,name/string,\n1\n")
	f.Fuzz(func(t *testing.T, text string) {
		if tab, err := parseTable(text); err == nil && len(tab.columns) == 0 {
			t.Fatalf("%q: a table without columns", text)
		}
	})
}
