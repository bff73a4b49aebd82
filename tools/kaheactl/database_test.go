// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/binrpc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// control runs the program and checks its end.
func control(t *testing.T, url, stdin string, status int, args ...string) (stdout string) {
	t.Helper()
	var out, errs strings.Builder
	if got := run(append([]string{"--url", url}, args...), strings.NewReader(stdin), &out, &errs); got != status {
		t.Errorf("kaheactl %s: got status %d, want %d:\n%s%s", strings.Join(args, " "), got, status, &out, &errs)
	}
	return out.String() + errs.String()
}

func TestTables(t *testing.T) {
	for _, scheme := range []string{"sqlite", "text"} {
		t.Run(scheme, func(t *testing.T) {
			url := scheme + "://" + filepath.Join(t.TempDir(), "tables")
			says := func(stdin string, status int, want string, args ...string) {
				t.Helper()
				if got := control(t, url, stdin, status, args...); !strings.Contains(got, want) {
					t.Errorf("kaheactl %s: got %q, want %q", strings.Join(args, " "), got, want)
				}
			}
			says("", 2, "no such file", "db", "status")
			says("", 2, "kaheactl db create --url "+url+" makes it", "user", "list")
			says("", 0, "29 tables were made", "db", "create", "--only", "standard")
			says("", 0, "no tables of the group presence", "db", "status")
			says("", 0, "41 tables were made", "db", "create")
			says("", 0, "29 tables of the group standard, 0 differences", "db", "status")
			says("", 0, "0 tables were made", "db", "create")
			says("", 2, "the groups are standard, presence", "db", "create", "--only", "all")
			says("", 2, "nothing was done", "db", "drop")
			says("no\n", 2, "nothing was done", "db", "reinit")
			says("", 0, "", "user", "add", "alice@example.com", "secret")
			says("yes\n", 0, "70 tables were removed", "db", "reinit")
			says("", 0, "[]", "-o", "json", "user", "list")
			says("", 0, "70 tables were removed", "db", "drop", "--yes")
			says("", 1, "subscriber       is missing", "db", "status")
		})
	}
}

func TestStatusTellsDifferences(t *testing.T) {
	url := "sqlite://" + filepath.Join(t.TempDir(), "k.db")
	control(t, url, "", 0, "db", "create")
	u, err := db.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	d, err := open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, s := range []string{"UPDATE version SET table_version = 8 WHERE table_name = 'location'", "ALTER TABLE domain DROP COLUMN did", "ALTER TABLE acc ADD COLUMN src_ip TEXT"} {
		if _, err := d.Database.(db.Querier).Raw(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	out := control(t, url, "", 1, "db", "status")
	for _, want := range []string{"location  has version 8, want 9", "domain    has no column did"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "src_ip") {
		t.Errorf("a further column is told of:\n%s", out)
	}
}

func TestUsers(t *testing.T) {
	for _, scheme := range []string{"sqlite", "text", "redis"} {
		t.Run(scheme, func(t *testing.T) {
			url := scheme + "://" + filepath.Join(t.TempDir(), "users")
			if scheme == "redis" {
				url = "redis://" + miniredis.RunT(t).Addr() + "/5"
				if got := control(t, url, "", 2, "db", "create"); !strings.Contains(got, "no tables") {
					t.Errorf("db create: got %q", got)
				}
			} else {
				control(t, url, "", 0, "db", "create", "--only", "standard")
			}
			control(t, url, "", 0, "user", "add", "alice@example.com", "s3cret")
			control(t, url, "from:input\n", 0, "user", "add", "bob@example.com")
			control(t, url, "", 0, "user", "add", "--hash-only", "sip:alice@example.net", "p")
			for want, args := range map[string][]string{
				"exists already":              {"user", "add", "alice@example.com", "x"},
				"the password is empty":       {"user", "add", "carol@example.com"},
				"no account carol":            {"user", "rm", "carol@example.com"},
				"no account dave":             {"user", "passwd", "dave@example.com", "x"},
				"not of the form USER@DOMAIN": {"user", "add", "alice", "x"},
			} {
				if got := control(t, url, "", 2, args...); !strings.Contains(got, want) {
					t.Errorf("%v: got %q, want %q", args, got, want)
				}
			}
			control(t, url, "", 0, "user", "add", "o'brien@example.com", `a'b"; DROP TABLE subscriber; --`)
			control(t, url, "", 0, "user", "passwd", "bob@example.com", "new")
			if got, want := control(t, url, "", 0, "user", "list"), "USERNAME  DOMAIN\nalice     example.com\nbob       example.com\no'brien   example.com\nalice     example.net\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			if got, want := control(t, url, "", 0, "user", "list", "@example.net"), "USERNAME  DOMAIN\nalice     example.net\n"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			control(t, url, "", 0, "user", "rm", "alice@example.com")

			u, err := db.ParseURL(url)
			if err != nil {
				t.Fatal(err)
			}
			d, err := open(t.Context(), u)
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			rows, err := db.Rows(t.Context(), d, db.Query{Table: "subscriber", Columns: []string{"username", "password", "ha1", "ha1b"}})
			if err != nil {
				t.Fatal(err)
			}
			// MD5 of bob:example.com:new, bob@example.com:example.com:new and so on.
			want := map[string][3]string{
				"bob":     {"new", "a096aaed6e7f1d13db402d05e500655c", "6061cbc016823fc0a4a7ce6df6468925"},
				"alice":   {"", "9144df275566b8312c31256f480b7f3e", "e14e6524bac6a0383f7881fbcba93a21"},
				"o'brien": {`a'b"; DROP TABLE subscriber; --`, "bba385a5c21303d418858922dc069b5e", "b5c1c160e801316e2fca95f56f2aa312"},
			}
			for _, r := range rows {
				if got := [3]string{db.Text(r[1]), db.Text(r[2]), db.Text(r[3])}; got != want[db.Text(r[0])] {
					t.Errorf("%v: got %q, want %q", r[0], got, want[db.Text(r[0])])
				}
			}
			if len(rows) != len(want) {
				t.Errorf("got %d accounts, want %d", len(rows), len(want))
			}
		})
	}
}

// Without a database in --url the server is asked, which tells the password
// through its Unix socket only.
func TestDatabaseOfTheServer(t *testing.T) {
	file := "sqlite://" + filepath.Join(t.TempDir(), "k.db")
	urls := []string{file}
	unix, tcp := serveDatabases(t, func() []string { return urls })
	control(t, file, "", 0, "db", "create", "--only", "standard")
	control(t, unix, "", 0, "user", "add", "alice@example.com", "x")
	if got := control(t, tcp, "", 0, "user", "list"); !strings.Contains(got, "alice") {
		t.Errorf("got %q, want the account", got)
	}
	urls = []string{"mysql://u:secret@127.0.0.1:1/k"}
	if got := control(t, unix, "", 2, "user", "list"); !strings.Contains(got, "cannot open database mysql://u:***@127.0.0.1:1/k") {
		t.Errorf("got %q, want that the database is not there", got)
	}
	if got := control(t, tcp, "", 2, "user", "list"); !strings.Contains(got, "only through its Unix socket") {
		t.Errorf("got %q, want that the password is not told", got)
	}
	if got := control(t, tcp, "", 0, "core.databases"); strings.Contains(got, "secret") {
		t.Errorf("the password is told: %s", got)
	}
	urls = append(urls, file)
	if got := control(t, unix, "", 2, "db", "status"); !strings.Contains(got, "several databases") || strings.Contains(got, "secret") {
		t.Errorf("got %q, want that there are several", got)
	}
	urls = nil
	if got := control(t, unix, "", 2, "db", "status"); !strings.Contains(got, "has no database") {
		t.Errorf("got %q, want that there is none", got)
	}
}

func serveDatabases(t *testing.T, urls func() []string) (unix, tcp string) {
	t.Helper()
	h := rpctest.New(rpc.Core(rpc.Info{Databases: urls})...)
	var tasks sync.WaitGroup
	s := &binrpc.Server{
		Go: func(_ string, f func()) { tasks.Go(f) },
		Call: func(ctx context.Context, name string, args []any, local bool) ([]any, error) {
			r, err := rpc.CallFrom(ctx, h, name, args, local)
			if err == rpc.ErrNotFound {
				err = module.Faultf(500, "command %s not found", name)
			}
			return r.Values, err
		},
	}
	path := filepath.Join(t.TempDir(), "ctl")
	for _, at := range [][2]string{{"unix", path}, {"tcp", "127.0.0.1:0"}} {
		l, err := net.Listen(at[0], at[1])
		if err != nil {
			t.Fatal(err)
		}
		tcp = "tcp:" + l.Addr().String()
		tasks.Go(func() { s.ServeStream(context.Background(), l) })
	}
	t.Cleanup(func() {
		s.Close()
		tasks.Wait()
	})
	return "unixs:" + path, tcp
}

// TestNoDatabase: whoever names none learns what one looks like.
func TestNoDatabase(t *testing.T) {
	for _, url := range []string{"oracle://x", "unixs:" + filepath.Join(t.TempDir(), "none")} {
		if got := control(t, url, "", 2, "db", "status"); !strings.Contains(got, "mysql://USER:PASSWORD@HOST/NAME") {
			t.Errorf("%s: got %q", url, got)
		}
	}
}

func TestTablesOfGroups(t *testing.T) {
	tables, err := tablesOf([]string{"uid"})
	if err != nil || tables[0].Name != schema.VersionTable || len(tables) != 8 {
		t.Errorf("got %d tables, %v, want the seven of uid and that of versions", len(tables), err)
	}
}
