// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
	"github.com/kahea-sip/kahea/modules/db_redis"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

// node is one of several servers that share tables.
type node struct {
	*rpctest.Host
	t     *testing.T
	h     *HTable
	wheel *timer.Wheel
}

// nodes gives each of them other numbers.
var nodes atomic.Uint64

func (n *node) Rand() *rand.Rand                                       { return rand.New(rand.NewPCG(nodes.Add(1), 0)) }
func (n *node) Timers() *timer.Wheel                                   { return n.wheel }
func (n *node) Store(_ string, create func() any) any                  { return create() }
func (n *node) OnRequestEnd(func(*module.Call))                        {}
func (n *node) Route(module.RouteKind, string) (module.RouteRef, bool) { return 0, false }

// tableFile is a table of Redis as its module reads it.
const tableFile = "id/int,key_name/string,key_type/int,value_type/int,key_value/string,expires/int\n2\n"

func openShared(t *testing.T, addr string) db.Database {
	t.Helper()
	m := db_redis.New()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "bans"), []byte(tableFile), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range m.Exports().Params {
		switch p.Name {
		case "keys":
			if err := p.Set.(func(string) error)("bans=entry:key_name"); err != nil {
				t.Fatal(err)
			}
		case "schema_path":
			*p.Set.(*string) = dir
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

const sharedTable = "ban=>size=4;autoexpire=100;dbtable=bans"

func newNode(t *testing.T, addr string) *node {
	t.Helper()
	n := &node{Host: rpctest.New(), t: t, h: New()}
	n.wheel = timer.New(n.Time, timer.Options{})
	n.DB = openShared(t, addr)
	n.h.share, n.h.dbURL = 1, "redis://"+addr+"/5"
	if err := n.h.define(sharedTable); err != nil {
		t.Fatal(err)
	}
	if err := n.h.Prepare(nil); err != nil {
		t.Fatal(err)
	}
	if err := n.Set.Declare("htable", n.h.Exports().Counters...); err != nil {
		t.Fatal(err)
	}
	if err := n.h.Start(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	if err := n.h.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.h.Stop(t.Context()) })
	return n
}

func (n *node) table() *Table { return n.h.Table("ban") }

func (n *node) set(key string, v avp.Value) { n.table().set(nil, key, v, 0) }

// sees waits until an item is this.
func (n *node) sees(what, key string, want avp.Value) {
	n.t.Helper()
	var got avp.Value
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		if got = n.table().get(nil, key, heap{}); got == want {
			return
		}
	}
	n.t.Errorf("%s: %q is %v, want %v", what, key, got, want)
}

// written waits until nothing waits for the database.
func (n *node) written() {
	n.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); n.h.waiting() > 0; runtime.Gosched() {
		if time.Now().After(deadline) {
			n.t.Fatalf("%d changes are not written", n.h.waiting())
		}
	}
}

func TestShare(t *testing.T) {
	r := miniredis.RunT(t)
	a, b := newNode(t, r.Addr()), newNode(t, r.Addr())
	strange := "a=>b'; DROP\n\"\x00\xffkey"
	a.set("192.0.2.1", avp.Number(5))
	a.set(strange, avp.String("some 'text'"))
	b.sees("a number", "192.0.2.1", avp.Number(5))
	b.sees("a text, a strange key", strange, avp.String("some 'text'"))

	if v := b.table().step(nil, "192.0.2.1", 1); v.Int != 6 {
		t.Errorf("one more than 5 is %v", v)
	}
	a.sees("counted by the other", "192.0.2.1", avp.Number(6))
	b.table().setExpires(nil, "192.0.2.1", 30)
	b.written()
	a.set("mark", avp.Number(1))
	b.sees("what was written later", "mark", avp.Number(1))
	for deadline := time.Now().Add(30 * time.Second); a.table().left(nil, "192.0.2.1") != 30; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d seconds are left, want 30", a.table().left(nil, "192.0.2.1"))
		}
	}

	a.table().remove(nil, "192.0.2.1")
	b.sees("removed", "192.0.2.1", avp.Value{})
	b.table().clear()
	a.sees("all removed", strange, avp.Value{})

	// The way of iterators.
	a.set("walked", avp.Number(1))
	b.sees("before the walk", "walked", avp.Number(1))
	var k cursor
	if k.start(b.table()); !k.next() || !k.set(avp.Number(2)) {
		t.Error("the walk finds nothing")
	}
	a.sees("after the walk", "walked", avp.Number(2))
}

// TestShareOfLateComers: who starts later has all, and one that ends has
// written all.
func TestShareOfLateComers(t *testing.T) {
	r := miniredis.RunT(t)
	a := newNode(t, r.Addr())
	for i := range 50 {
		a.set(fmt.Sprint("k", i), avp.Number(int64(i)))
	}
	if err := a.h.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	b := newNode(t, r.Addr())
	if n := b.table().count.Load(); n != 50 {
		t.Errorf("%d items, want 50", n)
	}
}

// TestShareOutlivesTheDatabase: each server goes on with what it holds, and all
// have all when the database is back, also one that has lost its content.
func TestShareOutlivesTheDatabase(t *testing.T) {
	for _, emptied := range []bool{false, true} {
		t.Run(fmt.Sprint("emptied ", emptied), func(t *testing.T) {
			r := miniredis.RunT(t)
			a, b := newNode(t, r.Addr()), newNode(t, r.Addr())
			a.set("old", avp.Number(1))
			a.set("gone", avp.Number(1))
			b.sees("at first", "old", avp.Number(1))
			b.sees("at first", "gone", avp.Number(1))
			a.written()
			r.SetError("test: away")
			r.Server().Close()
			a.set("of a", avp.Number(2))
			b.set("of b", avp.String("3"))
			a.sees("without the database", "old", avp.Number(1))
			a.sees("without the database", "of a", avp.Number(2))
			a.table().remove(nil, "gone")
			r.SetError("")
			if emptied {
				r.FlushAll()
			}
			if err := r.Restart(); err != nil {
				t.Fatal(err)
			}
			for _, n := range []*node{a, b} {
				n.sees("it is back", "of a", avp.Number(2))
				n.sees("it is back", "of b", avp.String("3"))
				n.sees("it is back", "old", avp.Number(1))
			}
			if !emptied { // else what b holds is written again
				a.sees("it is back", "gone", avp.Value{})
				b.sees("it is back", "gone", avp.Value{})
			}
		})
	}
}

// TestShareOfRefusedRows: what the database does not take for a reason of its own
// waits; a row that it refuses does not, and holds up no other one.
func TestShareOfRefusedRows(t *testing.T) {
	r := miniredis.RunT(t)
	a := newNode(t, r.Addr())
	if err := r.DB(5).Set("bans:entry::taken", "text"); err != nil {
		t.Fatal(err)
	}
	a.set("taken", avp.Number(1))
	a.set("free", avp.Number(2))
	a.written()
	if got := r.DB(5).HGet("bans:entry::free", "key_value"); got != "2" {
		t.Errorf("beside one that is refused the row has %q", got)
	}
	r.SetError("NOPERM test")
	if err := a.table().shared.write(t.Context(), "free", change{}); err == nil {
		t.Error("a change that waits counts as written")
	}
	r.SetError("")
}

// TestShareOfExpiry: an item that is over here was perhaps renewed elsewhere.
func TestShareOfExpiry(t *testing.T) {
	r := miniredis.RunT(t)
	a, b := newNode(t, r.Addr()), newNode(t, r.Addr())
	a.set("short", avp.Number(1))
	a.set("renewed", avp.Number(1))
	b.sees("at first", "short", avp.Number(1))
	b.sees("at first", "renewed", avp.Number(1))
	b.Time.Advance(60 * time.Second)
	b.set("renewed", avp.Number(2))
	a.sees("renewed", "renewed", avp.Number(2))
	a.Time.Advance(120 * time.Second)
	a.written()
	a.sees("its time is over", "short", avp.Value{})
	a.sees("it was renewed", "renewed", avp.Number(2))
	if n := len(r.DB(5).Keys()); n == 0 {
		t.Error("no row is left")
	}
	for _, key := range r.DB(5).Keys() {
		if strings.Contains(key, "short") {
			t.Errorf("%s is left", key)
		}
	}
}

// TestShareIsBounded: what too many changes are is told and counted.
func TestShareIsBounded(t *testing.T) {
	r := miniredis.RunT(t)
	a := newNode(t, r.Addr())
	s := a.table().shared
	s.io.Lock() // nothing is written
	s.mu.Lock()
	s.limit = 10
	s.mu.Unlock()
	for i := range 25 {
		a.set(fmt.Sprint(i), avp.Number(1))
	}
	if n := a.h.shares.lost.Value(); n == 0 || a.h.waiting() > 10 {
		t.Errorf("%d changes are lost, %d wait", n, a.h.waiting())
	}
	s.io.Unlock()
	a.written()
}

func TestSharingNeeds(t *testing.T) {
	for _, row := range []struct {
		name, url string
		tables    []string
		want      error
	}{
		{"a table", "redis://127.0.0.1/1", []string{"a=>size=4"}, errShareURL},
		{"a database", "", []string{"a=>dbtable=a"}, errShareURL},
		{"its own columns", "redis://127.0.0.1/1", []string{"a=>dbtable=a;cols='x,y'"}, errShareColumns},
		{"one each", "redis://127.0.0.1/1", []string{"a=>dbtable=t", "b=>dbtable=t"}, errShareTwice},
	} {
		h := New()
		h.share, h.dbURL = 1, row.url
		for _, text := range row.tables {
			if err := h.define(text); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.prepareSharing(); !errors.Is(err, row.want) {
			t.Errorf("%s: got %v", row.name, err)
		}
	}
}
