// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
)

// recordTables are Kamailio's, as far as they matter here.
var recordTables = []string{
	"CREATE TABLE version (table_name VARCHAR(32), table_version INTEGER)",
	"INSERT INTO version VALUES ('acc',5), ('dialog',7), ('dialog_vars',1)",
	"CREATE TABLE acc (method VARCHAR(16), from_tag VARCHAR(128), to_tag VARCHAR(128), callid VARCHAR(255), sip_code VARCHAR(3), sip_reason VARCHAR(128), time TIMESTAMP)",
	"CREATE TABLE acc_cdrs (start_time TIMESTAMP, end_time TIMESTAMP, duration REAL)",
	`CREATE TABLE dialog (hash_entry INTEGER, hash_id INTEGER, callid TEXT, from_uri TEXT, from_tag TEXT, to_uri TEXT, to_tag TEXT, caller_cseq TEXT, callee_cseq TEXT,
	caller_route_set TEXT, callee_route_set TEXT, caller_contact TEXT, callee_contact TEXT, caller_sock TEXT, callee_sock TEXT, state INTEGER, start_time INTEGER,
	timeout INTEGER, sflags INTEGER, iflags INTEGER, toroute_name TEXT, req_uri TEXT, xdata TEXT)`,
	"CREATE TABLE dialog_vars (hash_entry INTEGER, hash_id INTEGER, dialog_key TEXT, dialog_value TEXT)",
}

// TestDatabaseAway: while nothing can be written calls go on, and what is to be
// written waits; then all of it is there, once.
func TestDatabaseAway(t *testing.T) {
	const calls = 20
	file := filepath.Join(t.TempDir(), "records.db")
	u, err := db.ParseURL("sqlite://" + file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db_sqlite.New().Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for _, s := range recordTables {
		if _, err := d.(db.Querier).Raw(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	var w *walk
	b := newBudgetIn(t, "testdata/records.cfg", func(to netip.AddrPort, data []byte) {
		if w != nil {
			w.heard(to, data)
		}
	}, "-A", fmt.Sprintf("DB=%q", "sqlite://"+file), "-A", fmt.Sprintf("BUSY=%q", file+"=1"))
	gauge := func(group, name string) int64 { return b.counters.Lookup(group, name).Value() }
	err = d.(db.Transactor).Transact(t.Context(), func(db.Operations) error { // nobody else can write meanwhile
		for n := range calls {
			w = &walk{budget: b, id: fmt.Sprintf("call-%d@x", n)}
			w.put(callerAddr, w.first("INVITE", ""))
			w.callee(200)
			w.put(callerAddr, w.within("ACK", true, 1))
			if n%2 == 0 {
				w.put(callerAddr, w.within("BYE", true, 2))
				w.reply(&w.b, calleeAddr, 200)
			}
		}
		if up, ok := gauge("dialog", "active_dialogs"), w.ok != ""; up != calls/2 || !ok {
			t.Errorf("%d calls are up, want %d", up, calls/2)
		}
		// A row for each INVITE and BYE, and for each call that has ended.
		if n := gauge("acc", "rows_waiting"); n != calls+calls/2+calls/2 {
			t.Errorf("%d rows wait", n)
		}
		// The lock is held until somebody has met it.
		for end := time.Now().Add(patience); !strings.Contains(b.log.String(), "rows wait for the database"); time.Sleep(time.Millisecond) {
			if time.Now().After(end) {
				t.Error("the log does not tell that rows wait")
				break
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	count := func(table string) int { return countRows(t, d, "SELECT * FROM "+table) }
	for end := time.Now().Add(patience); time.Now().Before(end) && (gauge("acc", "rows_waiting") > 0 || gauge("dialog", "waiting_dialogs") > 0 || count("dialog") != calls/2); {
		time.Sleep(5 * time.Millisecond)
	}
	for table, want := range map[string]int{"acc": calls + calls/2, "acc_cdrs": calls / 2, "dialog": calls / 2, "dialog_vars": 3 * calls / 2} {
		if n := count(table); n != want {
			t.Errorf("%s has %d rows, want %d", table, n, want)
		}
	}
	for n := range calls {
		want := 1 + (n+1)%2
		if got := countRows(t, d, fmt.Sprintf("SELECT * FROM acc WHERE callid='call-%d@x'", n)); got != want {
			t.Errorf("call %d has %d rows, want %d", n, got, want)
		}
	}
	if lost := gauge("acc", "rows_lost") + gauge("acc", "rows_refused") + gauge("dialog", "unwritten_dialogs"); lost != 0 {
		t.Errorf("%d rows were lost", lost)
	}
}

func countRows(t *testing.T, d db.Database, statement string) int {
	t.Helper()
	res, err := d.(db.Querier).Raw(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	return len(res.Rows)
}
