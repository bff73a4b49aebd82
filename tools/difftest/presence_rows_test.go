// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

const presenceRowsCfg = `
debug=2
log_stderror=yes
auto_aliases=no
children=1
loadmodule "db_sqlite.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "ctl.so"
loadmodule "presence.so"
loadmodule "presence_xml.so"
modparam("presence|presence_xml", "db_url", "sqlite:///DATABASE")
modparam("presence", "subs_db_mode", 1)
modparam("presence", "clean_period", 0)
modparam("presence", "db_update_period", 0)
modparam("presence_xml", "force_active", 1)

request_route {
	if (is_method("PUBLISH")) {
		handle_publish();
	} else if (is_method("SUBSCRIBE")) {
		handle_subscribe();
	} else {
		sl_send_reply("200", "Here");
	}
}
`

// TestPresenceRows: what is published, and who watches it, when one server is killed is known to another one that takes its place.
func TestPresenceRows(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio", "kamcmd")
	needsModule(t, "db_sqlite", "kamailio-sqlite-modules")
	needsModule(t, "presence", "kamailio-presence-modules")
	for _, row := range []struct{ name, first, second string }{
		{"Kamailio, then kahea", refserver.ReferenceCommand, kahea}, {"kahea, then Kamailio", kahea, refserver.ReferenceCommand}, {"kahea twice", kahea, kahea},
	} {
		t.Run(row.name, func(t *testing.T) { takeOverPresence(t, row.first, row.second) })
	}
}

// makeTables makes tables, and returns what asks them.
func makeTables(t *testing.T, file string, names ...string) func(statement string) [][]db.Value {
	t.Helper()
	d, rows := openRows(t, file)
	var tables []schema.Table
	for _, name := range names {
		table, _ := schema.Lookup(name)
		tables = append(tables, table)
	}
	if _, err := schema.For("sqlite").On(d.(schema.Database)).Create(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	return rows
}

func takeOverPresence(t *testing.T, first, second string) {
	run := t.TempDir()
	file := filepath.Join(run, "rows.db")
	rows := makeTables(t, file, "version", "presentity", "active_watchers", "watchers", "xcap")
	s, cfg := startText(t, first, run, strings.ReplaceAll(presenceRowsCfg, "DATABASE", file))
	defer func() { s.Stop() }()
	alice, bob := newEnd(t, s.Addr()), newEnd(t, s.Addr())
	subscribe := func(to string, cseq, expires int) {
		alice.send("SUBSCRIBE sip:bob@x SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKs%d\r\n%sTo: %s\r\nCSeq: %[2]d SUBSCRIBE\r\nEvent: presence\r\nExpires: %[5]d\r\n"+
			"Contact: <sip:alice@%[1]s>\r\nContent-Length: 0\r\n\r\n", alice.addr(), cseq, endHeaders, to, expires)
	}
	publish := func(state, etag string) string {
		body := `<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="sip:bob@x"><tuple id="t"><status><basic>` + state + `</basic></status></tuple></presence>`
		if etag != "" {
			etag = "SIP-If-Match: " + etag + "\r\n"
		}
		bob.send("PUBLISH sip:bob@x SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s\r\nMax-Forwards: 70\r\nFrom: <sip:bob@x>;tag=p\r\nTo: <sip:bob@x>\r\nCall-ID: %[2]s\r\nCSeq: 1 PUBLISH\r\n"+
			"Event: presence\r\nExpires: 600\r\n%sContent-Type: application/pidf+xml\r\nContent-Length: %d\r\n\r\n%s", bob.addr(), state, etag, len(body), body)
		return strings.TrimPrefix(headerOf(bob.get("SIP/2.0 200"), "SIP-ETag"), "SIP-ETag: ")
	}
	notified := func(want string) (cseq int, from string) {
		t.Helper()
		n := alice.get("NOTIFY ")
		alice.answer(n)
		if !strings.Contains(n, want) {
			t.Fatalf("want %q, got %q", want, n)
		}
		cseq, _ = strconv.Atoi(strings.Fields(headerOf(n, "CSeq"))[1])
		return cseq, strings.TrimPrefix(headerOf(n, "From"), "From: ")
	}
	subscribe("<sip:bob@x>", 1, 600)
	notified("active")
	etag := publish("open", "")
	last, from := notified("open")
	awaitRows(t, rows, "SELECT id FROM active_watchers WHERE local_cseq>="+strconv.Itoa(last-1), 1)
	awaitRows(t, rows, "SELECT id FROM presentity", 1)
	s.Kill()

	again, err := refserver.StartAt(second, cfg, run, s.Port)
	if err != nil {
		t.Fatal(err)
	}
	s = again
	publish("closed", etag)
	if cseq, _ := notified("closed"); cseq < last || cseq == last && second != refserver.ReferenceCommand {
		t.Errorf("the CSeq numbers are %d, then %d", last, cseq)
	}
	subscribe(from, 2, 0)
	notified("terminated")
	awaitRows(t, rows, "SELECT id FROM active_watchers", 0)
	awaitRows(t, rows, "SELECT id FROM presentity WHERE etag<>'"+etag+"'", 1)
}
