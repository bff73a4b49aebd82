// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// withMode is the stock file with another db_mode of usrloc.
func withMode(t testing.TB, mode int) string {
	t.Helper()
	text, err := os.ReadFile(refserver.StockCfg)
	if err != nil {
		t.Fatal(err)
	}
	was, is := `"db_mode", 2`, fmt.Sprintf(`"db_mode", %d`, mode)
	if strings.Count(string(text), was) != 1 {
		t.Fatalf("%s no longer has %s", refserver.StockCfg, was)
	}
	file := filepath.Join(t.TempDir(), "kamailio.cfg")
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), was, is, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// callThrough calls a user whose contact is a phone.
func callThrough(t testing.TB, server *refserver.Server, user string, callee *phone) {
	t.Helper()
	caller := newPhone(t, server.Addr())
	defer callee.serve("MESSAGE")()
	to := "sip:" + user + "@" + server.Addr()
	if reply := caller.ask(caller.request("MESSAGE", to, "sip:caller@"+server.Addr(), to, ""), patience); !strings.HasPrefix(reply, "SIP/2.0 200 ") {
		t.Errorf("a call ends with %q\n%s", reply, server.LogTail())
	}
}

// registered registers a user and returns its phone.
func registered(t *testing.T, server *refserver.Server, user string) *phone {
	t.Helper()
	p := newPhone(t, server.Addr())
	aor := "sip:" + user + "@" + server.Addr()
	if reply := p.ask(p.request("REGISTER", "sip:"+server.Addr(), aor, aor, "Contact: <sip:"+user+"@"+p.addr()+">\r\n"), patience); !strings.HasPrefix(reply, "SIP/2.0 200 ") {
		t.Fatalf("REGISTER of %s: %q\n%s", user, reply, server.LogTail())
	}
	return p
}

// TestDatabaseKilled kills the database under a load of registrations and starts
// it again: what was answered 200 is there afterwards, and calls to contacts in
// memory went on. With db_mode 1 the server itself is killed at the end.
func TestDatabaseKilled(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	for _, mode := range []int{1, 2} { // one after the other: two loads at a time are enough
		t.Run(fmt.Sprintf("mode %d", mode), func(t *testing.T) {
			for _, kind := range []string{"mysql", "postgres"} {
				t.Run(kind, func(t *testing.T) {
					t.Parallel()
					databaseKilled(t, command, kind, mode)
				})
			}
		})
	}
}

func databaseKilled(t *testing.T, command, kind string, mode int) {
	s := newStore(t, kind)
	cfg := withMode(t, mode)
	server := s.start(t, command, cfg, "USRLOCDB")
	callee := registered(t, server, "callee")
	l := beginLoad(t, server)
	l.await(t, perSecond)
	s.server.Kill()
	callThrough(t, server, "callee", callee)
	l.await(t, 2*perSecond)
	callThrough(t, server, "callee", callee)
	s.server.Start()
	l.await(t, perSecond)
	l.end(t)
	if mode == 1 {
		l.allStored(t, s, "callee")
		server.Kill()
	} else {
		server.Stop()
	}
	l.allStored(t, s, "callee")
	again := s.startAt(t, server.Port, command, cfg, "USRLOCDB")
	callThrough(t, again, "callee", callee)
}

// TestDatabaseHangs: a database that takes connections and answers nothing holds
// up no call to a contact in memory, nor the registrations after the first ones;
// when it goes on all of them are there.
func TestDatabaseHangs(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	for _, kind := range []string{"mysql", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, kind)
			server := s.start(t, command, withMode(t, 1), "USRLOCDB")
			callee := registered(t, server, "callee")
			l := beginLoad(t, server)
			l.await(t, perSecond)
			s.server.Pause()
			for range 3 {
				l.await(t, 2*perSecond)
				callThrough(t, server, "callee", callee)
			}
			s.server.Resume()
			l.await(t, perSecond)
			l.end(t)
			l.allStored(t, s, "callee")
		})
	}
}

// TestKilled kills the server under a load of registrations: with db_mode 1 all
// that was answered 200 is there after the next start.
func TestKilled(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t)
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newStore(t, kind)
			cfg := withMode(t, 1)
			server := s.start(t, command, cfg, "USRLOCDB")
			callee := registered(t, server, "callee")
			l := beginLoad(t, server)
			l.await(t, perSecond)
			server.Kill()
			again := s.startAt(t, server.Port, command, cfg, "USRLOCDB")
			callThrough(t, again, "callee", callee)
			l.await(t, perSecond)
			l.end(t)
			l.allStored(t, s, "callee")
		})
	}
}
