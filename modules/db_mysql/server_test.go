// SPDX-License-Identifier: Apache-2.0

package db_mysql

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
	"github.com/kahea-sip/kahea/tools/testserver"
)

const things = `CREATE TABLE things (id BIGINT NOT NULL UNIQUE, num BIGINT, ratio DOUBLE, name VARCHAR(64), moment DATETIME, data LONGBLOB)
	CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin`

func TestDriver(t *testing.T) {
	s := testserver.MariaDB(t)
	m := New()
	m.params.timeoutInterval = 1
	dbtest.Run(t, dbtest.Target{Create: things, Server: s, Open: func(t *testing.T) db.Database { return dbtest.Open(t, m, s.URL) }})
}

func TestServer(t *testing.T) {
	s := testserver.MariaDB(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *testserver.Server)
	}{
		{"passwords", passwords}, {"socket", unixSocket}, {"types", types}, {"affected", affected}, {"zone", zone},
		{"dates that are none", zeroDates}, {"wrong", wrong}, {"oversize", oversize}, {"rights", rights},
	} {
		t.Run(part.name, func(t *testing.T) { part.run(t, s) })
	}
}

func passwords(t *testing.T, s *testserver.Server) {
	admin := dbtest.Open(t, New(), s.Admin)
	for i, password := range []string{"plain", "p@ss", "a:b", "a/b", "a?b", "a#b", "%41", "a b", "ü", `'"\`, "@@", ""} {
		dbtest.Raw(t, admin, fmt.Sprintf("CREATE USER u%d@'127.0.0.1' IDENTIFIED BY '%s'", i, strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(password)))
		dbtest.Open(t, New(), fmt.Sprintf("mysql://u%d:%s@127.0.0.1:%d", i, password, s.Port))
	}
}

func unixSocket(t *testing.T, s *testserver.Server) {
	m := New()
	m.sockets = []string{s.Socket}
	d := dbtest.Open(t, m, "mysql://kamailio:kamailiorw@localhost/kamailio")
	if r := dbtest.Raw(t, d, "SELECT USER()"); r.Rows[0][0] != "kamailio@localhost" {
		t.Errorf("got %v, want a user of the socket", r.Rows)
	}
}

func types(t *testing.T, s *testserver.Server) {
	d := dbtest.Open(t, New(), s.URL)
	dbtest.Raw(t, d, "CREATE TABLE kinds (a TINYINT, b INT UNSIGNED, c FLOAT, d DECIMAL(10,2), e TEXT, f VARBINARY(9), g DATE, h TIMESTAMP NULL, i BIT(8), j DATETIME(3))")
	dbtest.Raw(t, d, "INSERT INTO kinds VALUES (-1, 4294967295, 0.1, 2.50, 'text', 'bin', '2026-11-29', '2026-11-29 09:17:02', b'101', '2026-11-29 09:17:02.250')")
	moment := time.Date(2026, 11, 29, 9, 17, 2, 0, time.Local)
	want := []db.Value{int64(-1), int64(4294967295), 0.1, "2.50", "text", []byte("bin"), "2026-11-29", moment, []byte{5}, moment.Add(250 * time.Millisecond)}
	prepared, err := db.Rows(t.Context(), d, db.Query{Table: "kinds"})
	if err != nil {
		t.Fatal(err)
	}
	for how, row := range map[string][]db.Value{"prepared": prepared[0], "as text": dbtest.Raw(t, d, "SELECT * FROM kinds").Rows[0]} {
		for i := range want {
			if fmt.Sprintf("%#v", row[i]) != fmt.Sprintf("%#v", want[i]) {
				t.Errorf("%s, column %d: got %#v, want %#v", how, i, row[i], want[i])
			}
		}
	}
}

// affected tells what update_affected_found changes: statements of scripts.
func affected(t *testing.T, s *testserver.Server) {
	for found, want := range map[bool]int64{false: 0, true: 1} {
		m := New()
		m.params.affectedIsFound = found
		d := dbtest.Open(t, m, s.URL)
		dbtest.Raw(t, d, "CREATE OR REPLACE TABLE counted (a INT)")
		dbtest.Raw(t, d, "INSERT INTO counted VALUES (1)")
		if r := dbtest.Raw(t, d, "UPDATE counted SET a = 1"); r.Affected != want {
			t.Errorf("update_affected_found %v: got %d rows, want %d", found, r.Affected, want)
		}
		if n, err := d.Update(t.Context(), "counted", []db.Set{{Column: "a", Value: int64(1)}}, nil); n != 1 || err != nil {
			t.Errorf("update_affected_found %v: a module's update got %d, %v, want 1", found, n, err)
		}
	}
}

func zone(t *testing.T, s *testserver.Server) {
	admin := dbtest.Open(t, New(), s.Admin)
	dbtest.Raw(t, admin, "SET GLOBAL time_zone = '+09:00'")
	defer dbtest.Raw(t, admin, "SET GLOBAL time_zone = 'SYSTEM'")
	m := New()
	m.params.serverTimezone = true
	d := dbtest.Open(t, m, s.URL)
	dbtest.Raw(t, d, "CREATE OR REPLACE TABLE moments (at DATETIME)")
	moment := time.Date(2026, 11, 29, 9, 17, 2, 0, time.UTC)
	if err := d.Insert(t.Context(), "moments", []string{"at"}, []db.Value{moment}); err != nil {
		t.Fatal(err)
	}
	r := dbtest.Raw(t, d, "SELECT CAST(at AS CHAR), at FROM moments")
	if at, _ := r.Rows[0][1].(time.Time); r.Rows[0][0] != "2026-11-29 18:17:02" || !at.Equal(moment) {
		t.Errorf("got %v, want the server's time of %v", r.Rows, moment)
	}
}

func zeroDates(t *testing.T, s *testserver.Server) {
	d := dbtest.Open(t, New(), s.URL)
	dbtest.Raw(t, d, "CREATE OR REPLACE TABLE moments (at DATETIME)")
	dbtest.Raw(t, d, "INSERT INTO moments VALUES ('0000-00-00 00:00:00')")
	rows, err := db.Rows(t.Context(), d, db.Query{Table: "moments"})
	if err != nil || rows[0][0] != (time.Time{}) {
		t.Errorf("got %v, %v, want the zero time", rows, err)
	}
}

func wrong(t *testing.T, s *testserver.Server) {
	u, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	for what, text := range map[string]string{
		"access denied":  "mysql://kamailio:secret@" + u.Host + "/kamailio",
		"nothing_there":  strings.Replace(s.URL, "/kamailio", "/nothing_there", 1),
		"connect":        "mysql://kamailio:secret@127.0.0.1:1/kamailio",
		"question mark":  s.URL + "?charset=latin1",
		"no option file": "mysql://[nobody]/kamailio",
	} {
		d, err := New().Open(t.Context(), dbtest.Parse(t, text))
		if err == nil {
			d.Close()
			t.Errorf("%s is opened", text)
			continue
		}
		if !strings.Contains(strings.ToLower(err.Error()), what) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: got %v, want %q and no password", text, err, what)
		}
		if unavailable := what == "connect"; errors.Is(err, db.ErrUnavailable) != unavailable {
			t.Errorf("%s: %v is unavailable: %v, want %v", text, err, !unavailable, unavailable)
		}
	}
}

// oversize tells that a text that does not fit is refused, and not cut.
func oversize(t *testing.T, s *testserver.Server) {
	d := dbtest.Open(t, New(), s.URL)
	dbtest.Raw(t, d, "CREATE OR REPLACE TABLE short (a VARCHAR(3))")
	for _, v := range []string{"long", strings.Repeat("x", 20<<20)} {
		if err := d.Insert(t.Context(), "short", []string{"a"}, []db.Value{v}); !errors.Is(err, db.ErrRefused) {
			t.Errorf("%d characters: got %v, want that they are refused", len(v), err)
		}
	}
	if err := d.Insert(t.Context(), "short", []string{"a"}, []db.Value{"abc"}); err != nil {
		t.Error(err)
	}
}

// rights tells that rights of all databases count from when they are given, though
// the server gives them to new connections only.
func rights(t *testing.T, s *testserver.Server) {
	dbtest.Raw(t, dbtest.Open(t, New(), s.URL), "CREATE OR REPLACE TABLE rights (a INT)")
	admin := dbtest.Open(t, New(), s.Admin)
	dbtest.Raw(t, admin, "CREATE OR REPLACE USER reader@'127.0.0.1' IDENTIFIED BY 'pw'")
	dbtest.Raw(t, admin, "GRANT SELECT ON *.* TO reader@'127.0.0.1'")
	dbtest.Renews(t, "rights", func(t *testing.T) db.Database {
		return dbtest.Open(t, New(), fmt.Sprintf("mysql://reader:pw@127.0.0.1:%d/kamailio", s.Port))
	}, func() { dbtest.Raw(t, admin, "REVOKE INSERT ON *.* FROM reader@'127.0.0.1'") },
		func() { dbtest.Raw(t, admin, "GRANT INSERT ON *.* TO reader@'127.0.0.1'") })
}
