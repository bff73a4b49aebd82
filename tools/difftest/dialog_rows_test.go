// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

const rowsCfg = `
debug=2
log_stderror=yes
auto_aliases=no
children=1
loadmodule "db_sqlite.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "ctl.so"
loadmodule "dialog.so"
loadmodule "acc.so"
modparam("dialog", "db_url", "sqlite:///DATABASE")
modparam("dialog", "db_mode", 1)
modparam("dialog", "profiles_with_value", "who")
modparam("acc", "cdr_enable", 1)
modparam("acc", "cdr_extra", "who=$dlg_var(who)")

request_route {
	if (is_method("OPTIONS")) {
		sl_send_reply("200", "Here");
		exit;
	}
	if (has_totag()) {
		loose_route();
		t_relay();
		exit;
	}
	record_route();
	dlg_manage();
	set_dlg_profile("who", "$fU");
	$dlg_var(who) = $fU;
	t_relay();
}
`

var rowsTables = []string{
	"CREATE TABLE version (id INTEGER PRIMARY KEY NOT NULL, table_name VARCHAR(32) NOT NULL, table_version INTEGER DEFAULT 0 NOT NULL)",
	"INSERT INTO version (table_name, table_version) VALUES ('dialog','7'), ('dialog_vars','1')",
	`CREATE TABLE dialog (id INTEGER PRIMARY KEY NOT NULL, hash_entry INTEGER NOT NULL, hash_id INTEGER NOT NULL, callid VARCHAR(255) NOT NULL, from_uri VARCHAR(255) NOT NULL,
 from_tag VARCHAR(128) NOT NULL, to_uri VARCHAR(255) NOT NULL, to_tag VARCHAR(128) NOT NULL, caller_cseq VARCHAR(20) NOT NULL, callee_cseq VARCHAR(20) NOT NULL,
 caller_route_set VARCHAR(512), callee_route_set VARCHAR(512), caller_contact VARCHAR(255) NOT NULL, callee_contact VARCHAR(255) NOT NULL, caller_sock VARCHAR(64) NOT NULL,
 callee_sock VARCHAR(64) NOT NULL, state INTEGER NOT NULL, start_time INTEGER NOT NULL, timeout INTEGER DEFAULT 0 NOT NULL, sflags INTEGER DEFAULT 0 NOT NULL,
 iflags INTEGER DEFAULT 0 NOT NULL, toroute_name VARCHAR(32), req_uri VARCHAR(255) NOT NULL, xdata VARCHAR(512))`,
	"CREATE TABLE dialog_vars (id INTEGER PRIMARY KEY NOT NULL, hash_entry INTEGER NOT NULL, hash_id INTEGER NOT NULL, dialog_key VARCHAR(128) NOT NULL, dialog_value VARCHAR(512) NOT NULL)",
}

// TestDialogRows: a call that is up when one server is killed is known to another one that takes its place, and ended there: Kamailio and
// kahea read each other's rows.
func TestDialogRows(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio", "kamcmd")
	if found, _ := filepath.Glob("/usr/lib/*/kamailio/modules/db_sqlite.so"); len(found) == 0 {
		refserver.Absent(t, "Kamailio's db_sqlite is not installed")
	}
	for _, row := range []struct{ name, first, second string }{
		{"Kamailio, then kahea", refserver.ReferenceCommand, kahea}, {"kahea, then Kamailio", kahea, refserver.ReferenceCommand}, {"kahea twice", kahea, kahea},
	} {
		t.Run(row.name, func(t *testing.T) { takeOver(t, row.first, row.second) })
	}
}

// openRows opens a database, and returns what asks it too.
func openRows(t *testing.T, file string) (db.Database, func(statement string) [][]db.Value) {
	t.Helper()
	u, err := db.ParseURL("sqlite://" + file)
	if err != nil {
		t.Fatal(err)
	}
	d, err := db_sqlite.New().Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, func(statement string) [][]db.Value {
		t.Helper()
		res, err := d.(db.Querier).Raw(t.Context(), statement)
		if err != nil {
			t.Fatal(err)
		}
		return res.Rows
	}
}

// startText starts a server with the text of a configuration, and returns the
// file that has it.
func startText(t *testing.T, command, run, text string) (*refserver.Server, string) {
	t.Helper()
	cfg := filepath.Join(run, "started.cfg")
	if err := os.WriteFile(cfg, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := refserver.Start(command, cfg, run)
	if err != nil {
		t.Fatal(err)
	}
	return s, cfg
}

func takeOver(t *testing.T, first, second string) {
	run := t.TempDir()
	file := filepath.Join(run, "rows.db")
	_, rows := openRows(t, file)
	for _, statement := range rowsTables {
		rows(statement)
	}
	s, cfg := startText(t, first, run, strings.ReplaceAll(rowsCfg, "DATABASE", file))
	defer func() { s.Stop() }()
	a, b := newEnd(t, s.Addr()), newEnd(t, s.Addr())
	a.send("INVITE sip:bob@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKinvite\r\n%sTo: <sip:bob@x>\r\nCSeq: 1 INVITE\r\nContact: <sip:alice@%[2]s>\r\nContent-Length: 0\r\n\r\n", b.addr(), a.addr(), endHeaders)
	b.answer(b.get("INVITE "))
	ok := a.get("SIP/2.0 200")
	route := strings.Replace(headerOf(ok, "Record-Route"), "Record-Route", "Route", 1)
	within := func(method string, cseq int) {
		a.send("%s sip:bob@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\n%s\r\n%sTo: <sip:bob@x>;tag=b\r\nCSeq: %d %[1]s\r\nContent-Length: 0\r\n\r\n",
			method, b.addr(), a.addr(), method, route, endHeaders, cseq)
	}
	within("ACK", 1)
	b.get("ACK ")
	awaitRows(t, rows, "SELECT id FROM dialog WHERE state=4", 1)
	s.Kill()

	again, err := refserver.StartAt(second, cfg, run, s.Port)
	if err != nil {
		t.Fatal(err)
	}
	s = again
	out, err := exec.Command("kamcmd", "-s", "unixs:"+filepath.Join(run, "kamailio_ctl"), "dlg.list").CombinedOutput()
	for _, want := range []string{"call-id: rows@x", "state: 4", "tag: a\n", "tag: b\n", "cseq: 1\n", "who: alice", "start_time: ", "contact: sip:bob@" + b.addr()} {
		if !strings.Contains(string(out), want) {
			t.Errorf("dlg.list of the second server has no %q: %v\n%s", want, err, out)
		}
	}
	within("BYE", 2)
	b.answer(b.get("BYE "))
	a.get("SIP/2.0 200")
	awaitRows(t, rows, "SELECT id FROM dialog", 0)
	awaitRows(t, rows, "SELECT id FROM dialog_vars", 0)
	if err := s.AwaitLog("start_time=", "; who=alice"); err != nil {
		t.Errorf("there is no record of the call: %v", err)
	}
}

// rowsLimit bounds the wait for rows and messages.
const rowsLimit = 40 * time.Second

// awaitRows asks again until there are n rows.
func awaitRows(t *testing.T, rows func(string) [][]db.Value, statement string, n int) {
	t.Helper()
	got := 0
	for end := time.Now().Add(rowsLimit); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if got = len(rows(statement)); got == n {
			return
		}
	}
	t.Fatalf("%s: %d rows, want %d: %v", statement, got, n, rows(statement))
}

const endHeaders = "Max-Forwards: 70\r\nFrom: <sip:alice@x>;tag=a\r\nCall-ID: rows@x\r\n"

// end is one end of a call.
type end struct {
	t *testing.T
	net.Conn
	got map[string]bool // messages; one that comes again, as it was answered late, is no other one
}

func newEnd(t *testing.T, server string) *end {
	c, err := net.Dial("udp", server)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &end{t, c, map[string]bool{}}
}

func (e *end) addr() string { return e.LocalAddr().String() }

func (e *end) send(format string, args ...any) {
	e.t.Helper()
	if _, err := fmt.Fprintf(e.Conn, format, args...); err != nil {
		e.t.Fatal(err)
	}
}

// get returns the next message that begins so and did not come before; others are passed over.
func (e *end) get(start string) string {
	e.t.Helper()
	buf := make([]byte, 4096)
	for {
		e.SetReadDeadline(time.Now().Add(rowsLimit))
		n, err := e.Read(buf)
		if err != nil {
			e.t.Fatalf("waited for %q: %v", start, err)
		}
		if m := string(buf[:n]); strings.HasPrefix(m, start) && !e.got[m] {
			e.got[m] = true
			return m
		}
	}
}

// answer accepts a request.
func (e *end) answer(request string) { e.send("%s", accepted(request, e.addr())) }

// accepted is the reply that accepts a request at an address.
func accepted(request, addr string) string {
	to := headerOf(request, "To")
	if !strings.Contains(to, "tag=") {
		to += ";tag=b"
	}
	var via, routes []string
	for line := range strings.SplitSeq(request, "\r\n") {
		switch {
		case strings.HasPrefix(line, "Via:"):
			via = append(via, line)
		case strings.HasPrefix(line, "Record-Route:"):
			routes = append(routes, line)
		}
	}
	lines := append(via, routes...)
	lines = append(lines, headerOf(request, "From"), to, headerOf(request, "Call-ID"), headerOf(request, "CSeq"), "Contact: <sip:bob@"+addr+">", "Content-Length: 0")
	return "SIP/2.0 200 OK\r\n" + strings.Join(lines, "\r\n") + "\r\n\r\n"
}

func headerOf(msg, name string) string {
	for line := range strings.SplitSeq(msg, "\r\n") {
		if strings.HasPrefix(line, name+":") {
			return line
		}
	}
	return ""
}
