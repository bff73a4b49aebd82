// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/modules/db_mysql"
	"github.com/kahea-sip/kahea/modules/db_postgres"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testport"
	"github.com/kahea-sip/kahea/tools/testserver"
)

// patience bounds the wait for what happens in the background.
const patience = time.Minute

// store is a database of one kind with Kamailio's tables.
type store struct {
	kind    string
	url     string // for kahea and kaheactl
	flags   string // that turn it on under the stock file
	server  *testserver.Server
	db      schema.Database
	control string // the program kaheactl
}

// kinds are the databases by the switches that name them: the stock file itself
// knows MariaDB only.
var kinds = []string{"mysql", "postgres", "sqlite"}

// newStore makes a database, with tables by kaheactl.
func newStore(t testing.TB, kind string) *store {
	t.Helper()
	server, url := newServer(t, kind)
	control := filepath.Join(t.TempDir(), "kaheactl")
	build(t, control, "../kaheactl")
	return openStore(t, kind, server, url, func() {
		if out, err := exec.Command(control, "--url", url, "db", "create", "--only", "standard", "--only", "presence").CombinedOutput(); err != nil {
			t.Fatalf("kaheactl db create: %v\n%s", err, out)
		}
	}).with(control)
}

// newServer starts a database of one kind, without tables.
func newServer(t testing.TB, kind string) (server *testserver.Server, url string) {
	t.Helper()
	switch kind {
	case "mysql":
		server = testserver.MariaDB(t)
	case "postgres":
		server = testserver.PostgreSQL(t)
	default:
		return nil, "sqlite:///" + filepath.Join(t.TempDir(), "kamailio.sqlite")
	}
	return server, server.URL
}

// newTables makes a database with all tables that there are.
func newTables(t testing.TB, kind string) *store {
	t.Helper()
	server, url := newServer(t, kind)
	s := openStore(t, kind, server, url, func() {})
	if _, err := schema.For(kind).On(s.db).Create(t.Context(), schema.Tables()); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *store) with(control string) *store {
	s.control = control
	return s
}

// openStore opens a database when its tables are made.
func openStore(t testing.TB, kind string, server *testserver.Server, url string, create func()) *store {
	t.Helper()
	create()
	s := &store{kind: kind, url: url, server: server, flags: "--loadmodule=db_" + kind + ".so"}
	if kind == "mysql" {
		s.flags = "-A WITH_MYSQL"
	}
	s.flags += fmt.Sprintf(" -A DBURL=%q", url)
	u, err := db.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	driver := map[string]db.Driver{"mysql": db_mysql.New(), "postgres": db_postgres.New(), "sqlite": db_sqlite.New()}[kind]
	d, err := driver.Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	s.db = d.(schema.Database)
	return s
}

// build builds a program.
func build(t testing.TB, to, source string) {
	t.Helper()
	if out, err := exec.Command("go", "build", "-o", to, source).CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", source, err, out)
	}
}

// kaheactl runs the program on the database.
func (s *store) kaheactl(t testing.TB, args ...string) string {
	t.Helper()
	out, err := exec.Command(s.control, append([]string{"--url", s.url}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("kaheactl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

// run runs statements.
func (s *store) run(t testing.TB, statements ...string) {
	t.Helper()
	for _, text := range statements {
		if _, err := s.db.Raw(t.Context(), text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
}

// rows are those of a statement, their values with bars between.
func (s *store) rows(t testing.TB, statement string) []string {
	t.Helper()
	var lines []string
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		r, err := s.db.Raw(t.Context(), statement)
		if err != nil {
			if !errors.Is(err, db.ErrUnavailable) || time.Now().After(end) { // it may just have come back
				t.Fatalf("%s: %v", statement, err)
			}
			continue
		}
		for _, row := range r.Rows {
			texts := make([]string, len(row))
			for i, v := range row {
				if texts[i] = db.Text(v); v == nil {
					texts[i] = "NULL"
				}
			}
			lines = append(lines, strings.Join(texts, "|"))
		}
		return lines
	}
}

// await asks until a statement has the rows.
func (s *store) await(t testing.TB, statement string, want ...string) {
	t.Helper()
	var got []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if got = s.rows(t, statement); strings.Join(got, "\n") == strings.Join(want, "\n") {
			return
		}
	}
	t.Errorf("%s: got\n%s\nwant\n%s", statement, strings.Join(got, "\n"), strings.Join(want, "\n"))
}

// start starts a server with switches. It is stopped with the test.
func (s *store) start(t testing.TB, command, cfg string, switches ...string) *refserver.Server {
	t.Helper()
	port, err := testport.Free()
	if err != nil {
		t.Fatal(err)
	}
	return s.startAt(t, port, command, cfg, switches...)
}

func (s *store) startAt(t testing.TB, port int, command, cfg string, switches ...string) *refserver.Server {
	t.Helper()
	command += " " + s.flags
	for _, name := range switches {
		command += " -A WITH_" + name
	}
	server, err := refserver.StartAt(command, cfg, t.TempDir(), port)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	return server
}
