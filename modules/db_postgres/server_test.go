// SPDX-License-Identifier: Apache-2.0

package db_postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
	"github.com/kahea-sip/kahea/tools/testserver"
)

const things = `CREATE TABLE things (id BIGINT NOT NULL UNIQUE, num BIGINT, ratio DOUBLE PRECISION, name VARCHAR(64),
	moment TIMESTAMP WITHOUT TIME ZONE, data BYTEA)`

func TestDriver(t *testing.T) {
	s := testserver.PostgreSQL(t)
	m := New()
	m.params.timeout = 3
	dbtest.Run(t, dbtest.Target{Create: things, Server: s, Open: func(t *testing.T) db.Database { return dbtest.Open(t, m, s.URL) }})
}

func TestServer(t *testing.T) {
	s := testserver.PostgreSQL(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *testserver.Server)
	}{
		{"passwords", passwords}, {"socket", unixSocket}, {"parameters", parameters}, {"types", types}, {"names", names}, {"wrong", wrong}, {"oversize", oversize}, {"read-only", readOnly},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, s) })
	}
}

func passwords(t *testing.T, s *testserver.Server) {
	admin := dbtest.Open(t, New(), s.Admin+"/postgres")
	for i, password := range []string{"plain", "p@ss", "a:b", "a/b", "a?b", "a#b", "%41", "a b", "ü", `'"\`, "@@"} {
		dbtest.Raw(t, admin, fmt.Sprintf("CREATE ROLE u%d LOGIN PASSWORD '%s'", i, strings.ReplaceAll(password, `'`, `''`)))
		dbtest.Open(t, New(), fmt.Sprintf("postgres://u%d:%s@127.0.0.1:%d/kamailio", i, password, s.Port))
	}
}

func unixSocket(t *testing.T, s *testserver.Server) {
	m := New()
	if err := m.params.setConnection(fmt.Sprintf("host=%s;port=%d;", s.Dir, s.Port)); err != nil {
		t.Fatal(err)
	}
	d := dbtest.Open(t, m, "postgres://kamailio:kamailiorw@localhost/kamailio")
	if r := dbtest.Raw(t, d, "SELECT COALESCE(inet_client_addr()::text, 'socket')"); r.Rows[0][0] != "socket" {
		t.Errorf("connected from %v, want through the socket", r.Rows[0][0])
	}
}

func parameters(t *testing.T, s *testserver.Server) {
	m := New()
	m.params.keepAlive = 60
	for _, text := range []string{"application_name=it's;connect_timeout=7", "search_path=public"} {
		if err := m.params.setConnection(text); err != nil {
			t.Fatal(err)
		}
	}
	if cfg, err := m.config(dbtest.Parse(t, s.URL)); err != nil || cfg.ConnectTimeout != 7*time.Second {
		t.Errorf("got %v, %v, want a limit of 7s", cfg.ConnectTimeout, err)
	}
	for url, want := range map[string]string{s.URL: "it's", s.URL + "?application_name=other": "other"} {
		if r := dbtest.Raw(t, dbtest.Open(t, m, url), "SELECT current_setting('application_name')"); r.Rows[0][0] != want {
			t.Errorf("%s: got the name %v, want %s", url, r.Rows[0][0], want)
		}
	}
	if err := m.params.setConnection("nothing"); err == nil {
		t.Error("a parameter without value is taken")
	}
}

func types(t *testing.T, s *testserver.Server) {
	d := dbtest.Open(t, New(), s.URL)
	dbtest.Raw(t, d, "CREATE TABLE kinds (a SMALLINT, b INTEGER, c REAL, d NUMERIC(10,2), e TEXT, f BYTEA, g DATE, h TIMESTAMPTZ, i BOOLEAN, j TIMESTAMP(3), k JSON, l CHAR(4))")
	dbtest.Raw(t, d, `INSERT INTO kinds VALUES (-1, 42, 0.1, 2.50, 'text', '\x00ff', '2026-11-29', '2026-11-29 09:17:02+00', true, '2026-11-29 09:17:02.250', '{"a":1}', 'ab')`)
	moment := time.Date(2026, 11, 29, 9, 17, 2, 0, time.UTC).In(time.Local)
	local := time.Date(2026, 11, 29, 9, 17, 2, 250e6, time.Local)
	want := []db.Value{int64(-1), int64(42), 0.1, "2.50", "text", []byte{0, 255}, "2026-11-29", moment, int64(1), local, `{"a":1}`, "ab  "}
	prepared, err := db.Rows(t.Context(), d, db.Query{Table: "kinds"})
	if err != nil {
		t.Fatal(err)
	}
	for how, row := range map[string][]db.Value{"prepared": prepared[0], "raw": dbtest.Raw(t, d, "SELECT * FROM kinds").Rows[0]} {
		for i := range want {
			if fmt.Sprintf("%#v", row[i]) != fmt.Sprintf("%#v", want[i]) {
				t.Errorf("%s, column %d: got %#v, want %#v", how, i, row[i], want[i])
			}
		}
	}
}

// names tells that names are those of PostgreSQL without quotes: lower-case.
func names(t *testing.T, s *testserver.Server) {
	d := dbtest.Open(t, New(), s.URL)
	dbtest.Raw(t, d, "CREATE TABLE Mixed (UserName TEXT, \"order\" INTEGER)")
	if err := d.Insert(t.Context(), "Mixed", []string{"UserName", "order"}, []db.Value{"a", int64(1)}); err != nil {
		t.Error(err)
	}
	if rows, err := db.Rows(t.Context(), d, db.Query{Table: "public.MIXED", OrderBy: "Order DESC"}); err != nil || len(rows) != 1 {
		t.Errorf("got %v, %v, want one row", rows, err)
	}
	// A table that is changed while its statements are known.
	if _, err := db.Rows(t.Context(), d, db.Query{Table: "mixed"}); err != nil {
		t.Error(err)
	}
	dbtest.Raw(t, d, "ALTER TABLE mixed ADD COLUMN more TEXT")
	if rows, err := db.Rows(t.Context(), d, db.Query{Table: "mixed"}); err != nil || len(rows[0]) != 3 {
		t.Errorf("got %v, %v, want three columns", rows, err)
	}
}

func wrong(t *testing.T, s *testserver.Server) {
	for text, want := range map[string]string{
		strings.Replace(s.URL, "kamailiorw", "secret", 1):              "password authentication failed",
		strings.Replace(s.URL, "/kamailio", "/nothing_there", 1):       "nothing_there",
		"postgres://kamailio:secret@127.0.0.1:1/kamailio":              "refused",
		s.URL + "?sslmode=much":                                        "sslmode",
		s.URL + "?x":                                                   "NAME=VALUE",
		"postgres://kamailio:secret@[group]/kamailio":                  "MySQL",
		fmt.Sprintf("postgres://nobody:secret@127.0.0.1:%d/x", s.Port): "password authentication failed",
	} {
		d, err := New().Open(t.Context(), dbtest.Parse(t, text))
		if err == nil {
			d.Close()
			t.Errorf("%s is opened", text)
			continue
		}
		if !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "kamailiorw") {
			t.Errorf("%s: got %v, want %q and no password", text, err, want)
		}
		if unavailable := want == "refused"; errors.Is(err, db.ErrUnavailable) != unavailable {
			t.Errorf("%s: %v is unavailable: %v, want %v", text, err, !unavailable, unavailable)
		}
	}
}

// oversize tells that a text that does not fit is refused, and not cut.
func oversize(t *testing.T, s *testserver.Server) {
	d := dbtest.Open(t, New(), s.URL)
	dbtest.Raw(t, d, "CREATE TABLE short (a VARCHAR(3))")
	for _, v := range []string{"long", strings.Repeat("x", 1<<20), "a\x00b", "\xff"} {
		if err := d.Insert(t.Context(), "short", []string{"a"}, []db.Value{v}); !errors.Is(err, db.ErrRefused) {
			t.Errorf("%.9q: got %v, want that it is refused", v, err)
		}
	}
	if err := d.Insert(t.Context(), "short", []string{"a"}, []db.Value{"abc"}); err != nil {
		t.Error(err)
	}
}

// readOnly tells that who was only to read writes once that is over, though the
// server tells it to new connections only.
func readOnly(t *testing.T, s *testserver.Server) {
	dbtest.Raw(t, dbtest.Open(t, New(), s.URL), "CREATE TABLE standby (a INTEGER)")
	admin := dbtest.Open(t, New(), s.Admin+"/postgres")
	const role = "ALTER ROLE kamailio "
	dbtest.Renews(t, "standby", func(t *testing.T) db.Database { return dbtest.Open(t, New(), s.URL) },
		func() { dbtest.Raw(t, admin, role+"SET default_transaction_read_only = on") },
		func() { dbtest.Raw(t, admin, role+"RESET default_transaction_read_only") })
}
