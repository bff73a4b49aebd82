// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// allSwitches are those about data and trust.
var allSwitches = []string{"AUTH", "IPAUTH", "USRLOCDB", "ALIASDB", "SPEEDDIAL", "MULTIDOMAIN", "ACCDB", "PSTN", "VOICEMAIL", "BLOCK3XX", "BLOCK401407"}

// sipp runs a scenario of a user towards a server, words filled in.
func sipp(t *testing.T, server *refserver.Server, scenario, user string, words ...string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", scenario+".xml"))
	if err != nil {
		t.Fatal(err)
	}
	port, err := refserver.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file := filepath.Join(dir, scenario+".xml")
	if err := os.WriteFile(file, []byte(strings.NewReplacer(append(words, "@@user@@", user)...).Replace(string(text))), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sipp", server.Addr(), "-sf", file, "-s", user, "-i", "127.0.0.1", "-p", strconv.Itoa(port), "-m", "1", "-nostdin",
		"-timeout", "15s", "-timeout_error", "-trace_err", "-error_file", filepath.Join(dir, "errors"))
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=dumb")
	if err := cmd.Run(); err != nil {
		errors, _ := os.ReadFile(filepath.Join(dir, "errors"))
		t.Errorf("sipp %s of %s: %v\n%s\n%s", scenario, user, err, errors, server.LogTail())
	}
}

// TestSwitches: with each kind of database, each switch alone starts; and with
// all of them accounts register and call, others do not, aliases and short
// numbers lead to them, calls are accounted, and a restart forgets nobody.
func TestSwitches(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "sipp")
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, kind)
			s.readyForAll(t)
			s.run(t, "INSERT INTO domain (domain) VALUES ('one.example'), ('two.example')",
				"INSERT INTO dbaliases (alias_username, alias_domain, username, domain) VALUES ('sales', 'two.example', 'bob', 'two.example')",
				"INSERT INTO speed_dial (username, domain, sd_username, sd_domain, new_uri, fname, lname, description) VALUES ('alice', 'one.example', '11', 'two.example', 'sip:bob@two.example', '', '', '')")
			s.kaheactl(t, "user", "add", "alice@one.example", "secret")
			s.kaheactl(t, "user", "add", "bob@two.example", "bobs")
			for _, name := range allSwitches {
				switches := []string{name}
				if name == "IPAUTH" {
					switches = append(switches, "AUTH")
				}
				s.start(t, command, refserver.StockCfg, switches...).Stop()
			}
			all := append([]string{}, allSwitches...)
			server := s.start(t, command, refserver.StockCfg, all...)
			callee := newPhone(t, server.Addr())
			_, port, _ := strings.Cut(callee.addr(), ":")
			register := func(user, domain, password, code string) {
				t.Helper()
				sipp(t, server, "register", user, "@@domain@@", domain, "@@password@@", password, "@@code@@", code, "@@contact@@", port)
			}
			register("bob", "two.example", "bobs", "200")
			register("bob", "two.example", "wrong", "401")
			register("bob", "one.example", "bobs", "401")
			register("nobody", "two.example", "bobs", "401")
			server.Stop()
			server = s.startAt(t, server.Port, command, refserver.StockCfg, all...)
			for _, to := range []string{"bob@two.example", "sales@two.example", "11@two.example"} {
				heard := make(chan struct{})
				go func() {
					defer close(heard)
					for _, method := range []string{"INVITE", "BYE"} {
						callee.answer(callee.hears(method))
					}
				}()
				sipp(t, server, "call", "alice", "@@domain@@", "one.example", "@@password@@", "secret", "@@to@@", to)
				<-heard
			}
			row := "%s|200|OK|alice|one.example|127.0.0.1|%s|%s"
			var want []string
			for _, user := range []string{"bob", "sales", "11"} {
				want = append(want, fmt.Sprintf(row, "INVITE", user, "bob"), fmt.Sprintf(row, "BYE", user, "")) // the Contact has no user
			}
			s.await(t, "SELECT method, sip_code, sip_reason, src_user, src_domain, src_ip, dst_ouser, dst_user FROM acc ORDER BY id", want...)
		})
	}
}

// TestBadDatabases: what is wrong with a database is told at start, by each
// module that opens one.
func TestBadDatabases(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	for table, name := range map[string]string{"subscriber": "AUTH", "location": "USRLOCDB", "domain": "MULTIDOMAIN", "acc": "ACCDB",
		"dbaliases": "ALIASDB", "speed_dial": "SPEEDDIAL", "address": "IPAUTH -A WITH_AUTH"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, "sqlite")
			refuses := func(fault, want string) {
				t.Helper()
				server, err := refserver.Start(command+" "+s.flags+" -A WITH_"+name, refserver.StockCfg, t.TempDir())
				if err == nil {
					server.Stop()
					t.Errorf("%s: the server starts", fault)
				} else if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: no %q in %v", fault, want, err)
				}
			}
			s.run(t, "UPDATE version SET table_version = 99 WHERE table_name = '"+table+"'")
			refuses("another version", "99")
			s.run(t, "DELETE FROM version WHERE table_name = '"+table+"'")
			refuses("no version", table)
			s.flags = "--loadmodule=db_sqlite.so -A DBURL=\"nothing\""
			refuses("no URL", "nothing")
		})
	}
}
