// SPDX-License-Identifier: Apache-2.0

package stock

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// The load of TestDatabaseKilled: each phone registers users one after the
// other.
const loadPhones, usersPerPhone = 8, 100

// load registers users until all are, and keeps those that were answered 200.
type load struct {
	mu       sync.Mutex
	answered []string // guarded by mu
	done     atomic.Int64
	ended    sync.WaitGroup
}

func (l *load) begin(t *testing.T, server *refserver.Server) {
	for n := range loadPhones {
		p := newPhone(t, server.Addr())
		l.ended.Go(func() {
			for i := range usersPerPhone {
				user := fmt.Sprintf("u%d-%d", n, i)
				aor := "sip:" + user + "@" + server.Addr()
				reply := p.ask(p.request("REGISTER", "sip:"+server.Addr(), aor, aor, "Contact: <sip:"+user+"@"+p.addr()+">\r\n"), patience)
				if strings.HasPrefix(reply, "SIP/2.0 200 ") {
					l.mu.Lock()
					l.answered = append(l.answered, user)
					l.mu.Unlock()
				}
				l.done.Add(1)
			}
		})
	}
}

// awaitDone waits until n registrations have an answer.
func (l *load) awaitDone(t *testing.T, n int64) {
	t.Helper()
	for end := time.Now().Add(patience); l.done.Load() < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d of %d registrations are answered", l.done.Load(), n)
		}
	}
}

// allStored waits until all that was answered 200 has a row, and only one.
func (l *load) allStored(t *testing.T, s *store) {
	t.Helper()
	var missing, twice []string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		rows := map[string]int{}
		for _, user := range s.rows(t, "SELECT username FROM location") {
			rows[user]++
		}
		missing, twice = nil, nil
		for _, user := range l.answered {
			switch {
			case rows[user] == 0:
				missing = append(missing, user)
			case rows[user] > 1:
				twice = append(twice, user)
			}
		}
		if missing == nil {
			break
		}
	}
	if len(missing)+len(twice) > 0 {
		t.Errorf("of %d registrations that were answered 200, %d are missing and %d are there twice: %v %v", len(l.answered), len(missing), len(twice), missing, twice)
	}
}

// callThrough calls a user whose contact is a phone.
func callThrough(t testing.TB, server *refserver.Server, user string, callee *phone) {
	t.Helper()
	caller := newPhone(t, server.Addr())
	heard := make(chan struct{})
	go func() {
		defer close(heard)
		callee.answer(callee.hears("MESSAGE"))
	}()
	to := "sip:" + user + "@" + server.Addr()
	if reply := caller.ask(caller.request("MESSAGE", to, "sip:caller@"+server.Addr(), to, ""), patience); !strings.HasPrefix(reply, "SIP/2.0 200 ") {
		t.Errorf("a call ends with %q\n%s", reply, server.LogTail())
	}
	<-heard
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
	for _, mode := range []int{1, 2} {
		for _, kind := range []string{"mysql", "postgres"} {
			t.Run(fmt.Sprintf("mode %d %s", mode, kind), func(t *testing.T) {
				t.Parallel()
				s := newStore(t, kind)
				cfg := withMode(t, mode)
				server := s.start(t, command, cfg, "USRLOCDB")
				callee := registered(t, server, "callee")
				var l load
				l.begin(t, server)
				const all = loadPhones * usersPerPhone
				l.awaitDone(t, all/4)
				s.server.Kill()
				callThrough(t, server, "callee", callee)
				l.awaitDone(t, all/2)
				callThrough(t, server, "callee", callee)
				s.server.Start()
				l.ended.Wait()
				if len(l.answered) < all {
					t.Errorf("%d of %d registrations were answered 200", len(l.answered), all)
				}
				l.answered = append(l.answered, "callee")
				if mode == 1 {
					l.allStored(t, s)
					server.Kill()
				} else {
					server.Stop()
				}
				l.allStored(t, s)
				again := s.startAt(t, server.Port, command, cfg, "USRLOCDB")
				callThrough(t, again, "callee", callee)
			})
		}
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
			var l load
			l.begin(t, server)
			const all = loadPhones * usersPerPhone
			l.awaitDone(t, all/2)
			server.Kill()
			again := s.startAt(t, server.Port, command, cfg, "USRLOCDB")
			callThrough(t, again, "callee", callee)
			l.ended.Wait()
			l.answered = append(l.answered, "callee")
			l.allStored(t, s)
		})
	}
}
