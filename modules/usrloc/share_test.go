// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/modules/db_redis"
)

// node is one of several servers that share a table.
type node struct {
	*testing.T
	h *sharingHost
	u *Usrloc
	d *Domain
}

type sharingHost struct {
	*host
	tasks sync.WaitGroup
}

func (h *sharingHost) Go(_ string, f func()) { h.tasks.Go(f) }

// openShared opens the Redis as the module with the parameters of an operator.
func openShared(t *testing.T, addr string) db.Database {
	t.Helper()
	m := db_redis.New()
	for _, p := range m.Exports().Params {
		if p.Name == "keys" {
			if err := p.Set.(func(string) error)("location=entry:ruid&usrdom:username,domain&timer:partition,keepalive"); err != nil {
				t.Fatal(err)
			}
		}
	}
	u, err := db.ParseURL("redis://" + addr + "/5")
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.Open(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func newNode(t *testing.T, addr string) *node {
	t.Helper()
	n := &node{T: t, h: &sharingHost{host: newHost(t)}, u: New()}
	n.h.DB = openShared(t, addr)
	n.u.dbMode, n.u.useDomain, n.u.share = dbThrough, 1, 1
	n.d = n.u.Domain("location")
	if err := n.h.Set.Declare("usrloc", n.u.Exports().Counters...); err != nil {
		t.Fatal(err)
	}
	if err := n.u.Start(t.Context(), n.h); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		n.u.Stop(t.Context())
		n.h.tasks.Wait()
	})
	return n
}

// sees waits until the contacts of an AOR are these.
func (n *node) sees(what, aor string, want ...string) {
	n.Helper()
	var got []string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		got = got[:0]
		for _, c := range visited(n, n.d, aor) {
			got = append(got, c.URI)
		}
		if slices.Sort(got); slices.Equal(got, want) {
			return
		}
	}
	n.Errorf("%s: got %q, want %q", what, got, want)
}

func (n *node) register(aor, uri string) {
	n.Helper()
	if err := register(n, n.d, aor, contact(uri)); err != nil && !errors.Is(err, db.ErrUnavailable) {
		n.Error(err)
	}
}

func (n *node) remove(aor string) {
	n.Helper()
	if err := alter(n, n.d, aor, func(b *Bindings) { b.Delete(b.First()) }); err != nil && !errors.Is(err, db.ErrUnavailable) {
		n.Error(err)
	}
}

// write does what the timer does until nothing waits.
func (n *node) write() {
	n.Helper()
	for deadline := time.Now().Add(30 * time.Second); n.u.waiting() > 0; runtime.Gosched() {
		n.u.flush(n.Context())
		if time.Now().After(deadline) {
			n.Fatalf("%d changes are not written", n.u.waiting())
		}
	}
}

func TestShare(t *testing.T) {
	s := miniredis.RunT(t)
	a := newNode(t, s.Addr())
	a.register("old@h", "sip:old@h")
	b := newNode(t, s.Addr())
	b.sees("at its start", "old@h", "sip:old@h")
	a.register("bob@h", "sip:1@h")
	b.sees("what the other one has registered", "bob@h", "sip:1@h")
	b.register("bob@h", "sip:2@h")
	a.sees("a second contact", "bob@h", "sip:1@h", "sip:2@h")
	moved := contact("sip:1@h")
	moved.CSeq, moved.Expires, moved.Path = 7, moved.Expires+50, "<sip:p;lr>"
	if err := register(b, b.d, "bob@h", moved); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; runtime.Gosched() {
		list := visited(a, a.d, "bob@h")
		if i := slices.IndexFunc(list, func(c Contact) bool { return c.Path == "<sip:p;lr>" && c.CSeq == 7 && c.Expires == moved.Expires }); i >= 0 {
			if list[i].state != stateSynced {
				t.Errorf("a contact that another server has changed is %v", list[i].state)
			}
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("what the other one has changed is not there: %+v", list)
		}
	}
	a.remove("old@h")
	b.sees("what the other one has removed", "old@h")
	if a.u.waiting() != 0 || b.u.waiting() != 0 {
		t.Errorf("got %d and %d changes that wait, want none", a.u.waiting(), b.u.waiting())
	}
	if n := a.u.refreshed.Value(); n == 0 {
		t.Error("db_refreshed counts nothing")
	}
}

// While the Redis is gone each server goes on with what it holds; afterwards
// both hold what both have done.
func TestShareWithoutRedis(t *testing.T) {
	for _, lost := range []bool{false, true} {
		s := miniredis.RunT(t)
		a, b := newNode(t, s.Addr()), newNode(t, s.Addr())
		a.register("bob@h", "sip:1@h")
		a.register("gone@h", "sip:gone@h")
		b.sees("before", "bob@h", "sip:1@h")
		b.sees("before", "gone@h", "sip:gone@h")
		b.register("old@h", "sip:old@h")
		a.sees("before", "old@h", "sip:old@h")
		s.Close()
		a.register("ann@h", "sip:ann@h")
		a.remove("gone@h")
		b.register("bob@h", "sip:2@h")
		a.sees("without Redis", "bob@h", "sip:1@h")
		a.sees("without Redis", "ann@h", "sip:ann@h")
		b.sees("without Redis", "bob@h", "sip:1@h", "sip:2@h")
		if lost {
			s.FlushAll()
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		a.write()
		b.write()
		for _, n := range []*node{a, b} {
			n.sees("afterwards", "bob@h", "sip:1@h", "sip:2@h")
			n.sees("afterwards", "ann@h", "sip:ann@h")
			n.sees("afterwards", "old@h", "sip:old@h")
		}
		if !lost {
			b.sees("afterwards", "gone@h")
		}
		c := newNode(t, s.Addr())
		c.sees("a third one", "bob@h", "sip:1@h", "sip:2@h")
		c.sees("a third one", "old@h", "sip:old@h")
	}
}

// A contact that has expired for one server, which does not know that another
// one has renewed it, keeps its row.
func TestShareExpired(t *testing.T) {
	s := miniredis.RunT(t)
	a := newNode(t, s.Addr())
	a.register("bob@h", "sip:1@h")
	ruid := visited(a, a.d, "bob@h")[0].AppendRUID(nil)
	a.u.cancel() // it hears nothing any more
	a.h.tasks.Wait()
	b := newNode(t, s.Addr())
	renewed := contact("sip:1@h")
	renewed.CSeq, renewed.Expires = 2, renewed.Expires+1<<20
	if err := register(b, b.d, "bob@h", renewed); err != nil {
		t.Fatal(err)
	}
	a.h.Time.Advance(time.Duration(contact("").Expires-a.h.Clock().Now().Unix()+1) * time.Second)
	a.u.ctx = t.Context()
	a.u.expire()
	a.sees("the one that knows of nothing", "bob@h")
	if s.Select(5); !s.Exists("location:entry::" + string(ruid)) {
		t.Error("a row that was renewed is gone")
	}
	b.remove("bob@h")
	if s.Exists("location:entry::" + string(ruid)) {
		t.Error("a row that was removed is there")
	}
}

func TestShareMistakes(t *testing.T) {
	for _, set := range []func(u *Usrloc){
		func(u *Usrloc) { u.dbMode = dbNone }, func(u *Usrloc) { u.dbMode = dbOnly }, func(u *Usrloc) { u.dbLoad = 0 },
		func(u *Usrloc) { u.serverFilter = 1 }, func(u *Usrloc) { u.skipRemote = 1 },
	} {
		u := New()
		u.dbMode, u.share = dbThrough, 1
		set(u)
		if err := u.Prepare(nil); !errors.Is(err, errShareMode) {
			t.Errorf("got %v, want that db_share needs other parameters", err)
		}
	}
	f := newDatabase(t)
	h, u := newHost(t), New()
	h.DB = f
	u.dbMode, u.share = dbThrough, 1
	u.Domain("location")
	if err := u.Start(t.Context(), h); err == nil || !strings.Contains(err.Error(), "carries no messages") {
		t.Errorf("got %v, want that SQLite carries no messages", err)
	}
	u.Stop(t.Context())
}
