// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
	"github.com/kahea-sip/kahea/tools/testserver"
)

// storedContacts are the header fields of REGISTERs, each of a user of its own.
var storedContacts = []string{
	"Contact: <sip:{u}@PHONE>\r\n",
	"Contact: <sip:{u}@PHONE>;q=0.7;expires=600\r\n",
	"Contact: <sip:{u}@PHONE;transport=udp>;q=1\r\nUser-Agent: It's a \"phone\"; DROP TABLE location\r\n",
	"Contact: \"O'Brien\" <sip:o'brien%22@PHONE>;expires=300;methods=\"INVITE, BYE, MESSAGE\"\r\n",
	"Contact: <sip:{u}@PHONE>;+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\";reg-id=1\r\n",
	"Contact: <sip:{u}@PHONE>\r\nSupported: path\r\nPath: <sip:127.0.0.1:9;lr>,<sip:127.0.0.1:10;lr>\r\n",
	"Contact: <sip:{u}@PHONE>;expires=900, <sip:second@127.0.0.1:10>;q=0.25\r\n",
	"Contact: <sip:{u}@PHONE>\r\nAllow: INVITE, ACK, OPTIONS\r\nUser-Agent: " + strings.Repeat("long ", 70) + "\r\n",
	"Contact: <sip:{u}@PHONE>\r\nUser-Agent: " + strings.Repeat("a", 255) + "\r\n",
	"Contact: <sip:{u}@PHONE>\r\nUser-Agent: " + strings.Repeat("a", 256) + "\r\n",
}

// storedColumns are those of a row but for its id; times are told as what is
// left, rounded.
const storedColumns = `ruid, username, domain, contact, received, path, ROUND(TIMESTAMPDIFF(SECOND, NOW(), expires)/100), q, callid, cseq,
 ROUND(TIMESTAMPDIFF(SECOND, NOW(), last_modified)/100), flags, cflags, user_agent, socket, methods, instance, reg_id, server_id, connection_id, keepalive, ` + "`partition`"

var recordID = regexp.MustCompile(`^uloc-([0-9]+-)?[0-9a-f]+-[0-9a-f]+-[0-9a-f]+\|`)

// ports and Call-IDs are those of a run.
var ofRun = regexp.MustCompile(`127\.0\.0\.1:\d{5}|\d+@127\.0\.0\.1:\d+`)

// storedRows lets a server write its rows, and ends it.
func storedRows(t *testing.T, s *store, command string) (rows []string) {
	t.Helper()
	server := s.start(t, command, withMode(t, 1), "USRLOCDB")
	for i, fields := range storedContacts {
		p, user := newPhone(t, server.Addr()), fmt.Sprint("row", i)
		fields = strings.NewReplacer("{u}", user, "PHONE", p.addr()).Replace(fields)
		aor := "sip:" + user + "@" + server.Addr()
		if reply := p.ask(p.request("REGISTER", "sip:"+server.Addr(), aor, aor, fields), patience); !strings.HasPrefix(reply, "SIP/2.0 200 ") {
			t.Errorf("%s is answered %q", fields, reply)
		}
	}
	server.Stop()
	for _, row := range s.rows(t, "SELECT "+storedColumns+" FROM location ORDER BY username, contact") {
		if !recordID.MatchString(row) {
			t.Errorf("%s: the record unique id has not the form of the reference", row)
		}
		rows = append(rows, ofRun.ReplaceAllString(recordID.ReplaceAllString(row, ""), "ADDRESS"))
	}
	return rows
}

// TestRows compares the rows that both servers write for the same REGISTERs,
// column by column.
func TestRows(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio")
	s := newStore(t, "mysql")
	want := storedRows(t, s, refserver.ReferenceCommand)
	s.run(t, "DELETE FROM location")
	got := storedRows(t, s, kahea)
	if len(want) < len(storedContacts) {
		t.Errorf("the reference has written %d rows", len(want))
	}
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("got  %s\nwant %s", g, w)
		}
	}
}

// TestRefusedRow: a REGISTER whose row the tables of kamdbctl cannot hold, for
// they are latin1, is answered with 500 by both servers, and registers nobody.
func TestRefusedRow(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio", "kamdbctl")
	s, _ := kamdbctlStore(t)
	for _, command := range []string{refserver.ReferenceCommand, kahea} {
		server := s.start(t, command, withMode(t, 1), "USRLOCDB")
		p := newPhone(t, server.Addr())
		aor := "sip:anna@" + server.Addr()
		reply := p.ask(p.request("REGISTER", "sip:"+server.Addr(), aor, aor, "User-Agent: \u6f22\r\nContact: <sip:anna@"+p.addr()+">\r\n"), patience)
		if !strings.HasPrefix(reply, "SIP/2.0 500 ") {
			t.Errorf("%s: the REGISTER is answered %q", command, reply)
		}
		if reply := p.ask(p.request("MESSAGE", aor, "sip:caller@"+server.Addr(), aor, ""), patience); !strings.HasPrefix(reply, "SIP/2.0 404 ") {
			t.Errorf("%s: a call is answered %q", command, reply)
		}
		server.Stop()
	}
}

// TestHandedOver: each server goes on with the contacts that the other one has
// written, on tables of kamdbctl, and kamctl works on both.
func TestHandedOver(t *testing.T) {
	kahea := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "kamailio", "kamdbctl", "kamctl")
	for _, row := range []struct{ name, first, second string }{{"to the reference", kahea, refserver.ReferenceCommand}, {"to kahea", refserver.ReferenceCommand, kahea}} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s, home := kamdbctlStore(t)
			kamctl := func(server *refserver.Server, args ...string) string {
				t.Helper()
				cmd := exec.Command("kamctl", args...)
				cmd.Env = append(os.Environ(), "HOME="+home, "RPCFIFOPATH="+filepath.Join(server.Run, "kamailio_rpc.fifo"))
				out, err := cmd.CombinedOutput()
				if err != nil {
					t.Errorf("kamctl %v: %v\n%s", args, err, out)
				}
				return string(out)
			}
			server := s.start(t, row.first, refserver.StockCfg, "USRLOCDB")
			kamctl(server, "add", "anna@example.com", "secret")
			s.await(t, "SELECT username, domain, password FROM subscriber", "anna|example.com|secret")
			callee := registered(t, server, "callee")
			callThrough(t, server, "callee", callee)
			if out := kamctl(server, "ul", "show"); !strings.Contains(out, callee.addr()) {
				t.Errorf("kamctl ul show prints\n%s", out)
			}
			server.Stop()
			again := s.startAt(t, server.Port, row.second, refserver.StockCfg, "USRLOCDB")
			callThrough(t, again, "callee", callee)
			for words, want := range map[string]string{"ul show callee": callee.addr(), "db show subscriber": "anna", "db show location": callee.addr()} {
				if out := kamctl(again, strings.Fields(words)...); !strings.Contains(out, want) {
					t.Errorf("kamctl %s prints\n%s", words, out)
				}
			}
			pinged := make(chan struct{})
			go func() {
				defer close(pinged)
				callee.answer(callee.hears("OPTIONS"))
			}()
			if out := kamctl(again, "ping", "sip:callee@"+callee.addr()); !strings.Contains(out, `"code": 200`) {
				t.Errorf("kamctl ping prints\n%s", out)
			}
			<-pinged
		})
	}
}

// kamdbctlStore is a MariaDB with the tables of kamdbctl, and the folder with
// the settings of kamctl.
func kamdbctlStore(t *testing.T) (s *store, home string) {
	t.Helper()
	home = t.TempDir()
	server := testserver.MariaDB(t)
	s = openStore(t, "mysql", server, strings.TrimSuffix(server.Admin, "/")+"/calls", func() {
		settings := []string{"DBENGINE=MYSQL", "DBHOST=127.0.0.1", fmt.Sprintf("DBPORT=%d", server.Port), "DBNAME=calls", "DBROOTUSER=root",
			"DBROOTPW=" + testserver.AdminPassword, "DBRWUSER=rw", "DBRWPW=rwpw", "DBROUSER=ro", "DBROPW=ropw", "DBINITASK=no", "CHARSET=latin1", "SIP_DOMAIN=example.com",
			"INSTALL_EXTRA_TABLES=no", "INSTALL_PRESENCE_TABLES=no", "INSTALL_DBUID_TABLES=no", "STORE_PLAINTEXT_PW=1", "DBACCESSHOST="}
		if err := os.WriteFile(filepath.Join(home, ".kamctlrc"), []byte(strings.Join(settings, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("kamdbctl", "create")
		cmd.Env = append(os.Environ(), "HOME="+home)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("kamdbctl: %v\n%s", err, out)
		}
	})
	return s, home
}
