// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

const puaRowsCfg = `
debug=2
log_stderror=yes
auto_aliases=no
children=1
alias="local.example.org"
loadmodule "db_sqlite.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "textops.so"
loadmodule "xhttp.so"
loadmodule "jsonrpcs.so"
modparam("jsonrpcs", "transport", 1)
loadmodule "dialog.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "pua.so"
loadmodule "pua_usrloc.so"
loadmodule "pua_dialoginfo.so"
loadmodule "pua_reginfo.so"
loadmodule "pua_bla.so"
loadmodule "pua_rpc.so"
modparam("pua", "db_url", "sqlite:///DATABASE")
modparam("pua", "update_period", 6)
modparam("pua", "outbound_proxy", "sip:PEER")
modparam("pua_usrloc", "default_domain", "local.example.org")
modparam("pua_reginfo", "default_domain", "local.example.org")
modparam("pua_reginfo", "server_address", "sip:reginfo@local.example.org")
modparam("pua_reginfo", "outbound_proxy", "sip:PEER")
modparam("pua_bla", "default_domain", "local.example.org")
modparam("pua_bla", "header_name", "Sender")
modparam("pua_bla", "server_address", "sip:bla@local.example.org")
modparam("pua_bla", "outbound_proxy", "sip:PEER")

request_route {
	if (is_method("REGISTER")) {
		pua_set_publish();
		bla_set_flag();
		save("location");
	} else if (is_method("OPTIONS")) {
		if ($rU == "watched") reginfo_subscribe("sip:watched@local.example.org", "600");
		sl_send_reply("200", "Here");
	} else if (is_method("NOTIFY")) {
		bla_handle_notify();
		sl_send_reply("200", "Here");
	} else {
		dlg_manage();
		$du = "sip:PEER";
		t_relay();
	}
}

event_route[xhttp:request] {
	jsonrpc_dispatch();
}
`

// TestPuaRows: the rows of table pua say which module made them in the same way, so that either server finds again what the other one left.
func TestPuaRows(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio")
	needsModule(t, "db_sqlite", "kamailio-sqlite-modules")
	needsModule(t, "pua_reginfo", "kamailio-presence-modules")
	want, got := puaRows(t, refserver.ReferenceCommand), puaRows(t, kahea)
	if got != want {
		t.Errorf("kahea has\n%s\nKamailio\n%s", got, want)
	}
}

// puaRows has each module that publishes or subscribes do so, and returns what names its row.
func puaRows(t *testing.T, command string) string {
	run := t.TempDir()
	file := filepath.Join(run, "rows.db")
	rows := makeTables(t, file, "version", "pua")
	// Kamailio writes NULL where SQLite's table has NOT NULL.
	rows("DROP TABLE pua")
	rows("CREATE TABLE pua (id INTEGER PRIMARY KEY, pres_uri TEXT, pres_id TEXT, event INTEGER, expires INTEGER, desired_expires INTEGER, flag INTEGER, etag TEXT, tuple_id TEXT, " +
		"watcher_uri TEXT, call_id TEXT, to_tag TEXT, from_tag TEXT, cseq INTEGER, record_route TEXT, contact TEXT, remote_contact TEXT, version INTEGER, extra_headers TEXT)")
	peer, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	go acceptAll(peer)
	at := peer.LocalAddr().String()
	s, _ := startText(t, command, run, strings.NewReplacer("DATABASE", file, "PEER", at).Replace(puaRowsCfg))
	defer func() {
		s.Stop()
		if t.Failed() {
			t.Log(s.LogTail())
		}
	}()
	alice := newEnd(t, s.Addr())
	request := func(method, uri, more string) {
		alice.send("%s %s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%[1]s\r\nMax-Forwards: 70\r\nFrom: <sip:alice@local.example.org>;tag=a\r\nCall-ID: %[1]s@rows\r\n"+
			"CSeq: 1 %[1]s\r\nContact: <sip:alice@%[3]s>\r\n%sContent-Length: 0\r\n\r\n", method, uri, alice.addr(), more)
		alice.get("SIP/2.0 200")
	}
	request("REGISTER", "sip:local.example.org", "To: <sip:alice@local.example.org>\r\nExpires: 600\r\n")
	request("OPTIONS", "sip:watched@local.example.org", "To: <sip:watched@local.example.org>\r\n")
	request("INVITE", "sip:bob@local.example.org", "To: <sip:bob@local.example.org>\r\n")
	for user, method := range map[string]string{"c": "pua.publish", "d": "pua.send_publish"} {
		body := `{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":["sip:` + user + `@local.example.org","600","presence","application/pidf+xml",".",".","sip:` + at +
			`",".","<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"><tuple id=\"t\"/></presence>"]}`
		re, err := http.Post("http://"+s.Addr(), "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(re.Body)
		re.Body.Close()
		if err != nil || strings.Contains(string(answer), `"error"`) {
			t.Fatalf("%s: %v, %s", method, err, answer)
		}
	}
	const made = "SELECT DISTINCT pres_uri, event, flag, watcher_uri FROM pua ORDER BY event, flag, pres_uri, watcher_uri"
	awaitRows(t, rows, made, 9)
	var list []string
	for _, row := range rows(made) {
		var words []string
		for _, v := range row {
			words = append(words, db.Text(v))
		}
		list = append(list, strings.Join(words, " "))
	}
	return strings.ReplaceAll(strings.Join(list, "\n"), at, "PEER")
}

const lineState = `<dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:alice@local.example.org"/>`

// acceptAll accepts every request, as a presence server and as a phone; whoever subscribes to the calls of a line is told of them.
func acceptAll(peer net.PacketConn) {
	buf := make([]byte, 8192)
	for tag := 1; ; tag++ {
		n, from, err := peer.ReadFrom(buf)
		if err != nil {
			return
		}
		request := string(buf[:n])
		if strings.HasPrefix(request, "SIP/2.0") || strings.HasPrefix(request, "ACK ") {
			continue
		}
		reply := strings.Replace(accepted(request, peer.LocalAddr().String()), "Content-Length", "Expires: 600\r\nSIP-ETag: "+strconv.Itoa(tag)+"\r\nContent-Length", 1)
		peer.WriteTo([]byte(reply), from)
		if strings.HasPrefix(request, "SUBSCRIBE") && strings.Contains(headerOf(request, "Event"), "sla") {
			peer.WriteTo([]byte(strings.Join([]string{"NOTIFY sip:bla@local.example.org SIP/2.0", "Via: SIP/2.0/UDP " + peer.LocalAddr().String() + ";branch=z9hG4bKnotify",
				"Max-Forwards: 70", strings.Replace(headerOf(reply, "To"), "To", "From", 1), strings.Replace(headerOf(reply, "From"), "From", "To", 1), headerOf(request, "Call-ID"),
				"CSeq: 1 NOTIFY", "Contact: <sip:alice@" + peer.LocalAddr().String() + ">", "Event: dialog;sla", "Subscription-State: active;expires=600",
				"Content-Type: application/dialog-info+xml", "Content-Length: " + strconv.Itoa(len(lineState)), "", lineState}, "\r\n")), from)
		}
	}
}
