// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// slow is a database that stops in the middle of the whole table until it is
// let go, or fails there.
type slow struct {
	*flaky
	after   int
	reached chan struct{}
	release chan error
}

func (s *slow) Select(ctx context.Context, q db.Query, each func([]db.Value) error) error {
	if q.Table != "location" || q.Where != nil {
		return s.flaky.Select(ctx, q, each)
	}
	n := 0
	return s.flaky.Select(ctx, q, func(row []db.Value) error {
		if n++; n == s.after+1 {
			s.reached <- struct{}{}
			if err := <-s.release; err != nil {
				return err
			}
		}
		return each(row)
	})
}

// begun starts a server that has loaded some of the contacts of ten users, in the
// order of their names; each has two.
func begun(t *testing.T, mode, after int) (s *slow, u *Usrloc, d *Domain) {
	t.Helper()
	f := newDatabase(t)
	_, first, d := serve(t, f, dbThrough)
	for i := range 20 {
		c := contact(fmt.Sprintf("sip:%d@h", i))
		c.Expires = rpctest.Start.Unix() + 600
		if err := register(t, d, fmt.Sprintf("u%d@h", i/2), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := first.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	s = &slow{flaky: f, after: after, reached: make(chan struct{}, 1), release: make(chan error)}
	h := newHost(t)
	h.DB = s
	u = New()
	u.dbMode, u.useDomain, u.headStart = mode, 1, min(after, 1)
	d = start(t, h, u)
	<-s.reached
	return s, u, d
}

func addresses(list []Contact) string {
	var all []string
	for i := range list {
		all = append(all, list[i].URI)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func wantContacts(t *testing.T, d *Domain, aor, want string) {
	t.Helper()
	if got := addresses(visited(t, d, aor)); got != want {
		t.Errorf("%s has %q, want %q", aor, got, want)
	}
}

// TestCallsWhileLoading: before all rows are in memory each AOR has its
// contacts, what is changed counts, and nothing is there twice afterwards.
func TestCallsWhileLoading(t *testing.T) {
	for _, mode := range []int{dbThrough, dbBack, dbLoad} {
		t.Run(fmt.Sprint(mode), func(t *testing.T) {
			s, u, d := begun(t, mode, 3) // one and a half users
			wantContacts(t, d, "u1@h", "sip:2@h sip:3@h")
			wantContacts(t, d, "u7@h", "sip:14@h sip:15@h")
			wantContacts(t, d, "nobody@h", "")
			removeOne := func(b *Bindings) { b.Delete(b.MatchURI("sip:16@h")) }
			if err := alter(t, d, "u8@h", removeOne); err != nil {
				t.Fatal(err)
			}
			if err := register(t, d, "u9@h", contact("sip:19@h")); err != nil {
				t.Fatal(err)
			}
			if err := register(t, d, "nobody@h", contact("sip:20@h")); err != nil {
				t.Fatal(err)
			}
			s.release <- nil
			if err := d.awaitLoaded(t.Context()); err != nil {
				t.Fatal(err)
			}
			for aor, want := range map[string]string{"u0@h": "sip:0@h sip:1@h", "u1@h": "sip:2@h sip:3@h", "u7@h": "sip:14@h sip:15@h",
				"u8@h": "sip:17@h", "u9@h": "sip:18@h sip:19@h", "nobody@h": "sip:20@h"} {
				wantContacts(t, d, aor, want)
			}
			if n := d.Contacts(); n != 20 {
				t.Errorf("%d contacts, want 20", n)
			}
			if mode == dbLoad {
				return
			}
			if err := u.flush(t.Context()); err != nil || u.waiting() != 0 {
				t.Errorf("%d changes wait: %v", u.waiting(), err)
			}
			if got := len(rows(t, s.flaky)); got != 20 {
				t.Errorf("%d rows, want 20", got)
			}
		})
	}
}

// TestContactByRecordIDWhileLoading: the AOR of a record is found in the
// database.
func TestContactByRecordIDWhileLoading(t *testing.T) {
	s, _, d := begun(t, dbThrough, 1)
	ruid := db.Text(firstRow(t, s.flaky, "u9")[0])
	v, ok, err := d.VisitRUID(nil, d.t.store.hash("u9@h"), ruid)
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	b := v.Lock()
	if b.AOR() != "u9@h" || b.MatchRUID(ruid) == 0 {
		t.Errorf("the visit is one to %s, without the contact", b.AOR())
	}
	b.Unlock()
	v.Leave()
	s.release <- nil
}

func firstRow(t *testing.T, f *flaky, user string) []db.Value {
	t.Helper()
	all, err := db.Rows(t.Context(), f.storage, db.Query{Table: "location", Columns: []string{"ruid"}, Where: []db.Cond{db.Is("username", user)}})
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	return all[0]
}

// TestDatabaseLostWhileLoading: what is in memory is served, the rest is an
// error until the database is back; then the load begins again.
func TestDatabaseLostWhileLoading(t *testing.T) {
	s, u, d := begun(t, dbThrough, 4)
	s.away.Store(true)
	wantContacts(t, d, "u0@h", "sip:0@h sip:1@h")
	if _, err := d.Visit(nil, "u7@h"); !errors.Is(err, db.ErrUnavailable) {
		t.Errorf("a visit without the database gives %v", err)
	}
	s.release <- fmt.Errorf("%w: test", db.ErrUnavailable)
	if u.dbFailures.Value() == 0 {
		t.Error("the failure is not counted")
	}
	s.away.Store(false)
	<-s.reached
	s.release <- nil
	if err := d.awaitLoaded(t.Context()); err != nil || d.Contacts() != 20 {
		t.Errorf("%d contacts, want 20: %v", d.Contacts(), err)
	}
	wantContacts(t, d, "u0@h", "sip:0@h sip:1@h")
}

// TestEndWhileLoading: the end does not wait for the rest.
func TestEndWhileLoading(t *testing.T) {
	s, u, d := begun(t, dbThrough, 4)
	close(s.release)
	if err := u.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if d.loading.Load() != nil {
		t.Error("the load goes on")
	}
}
