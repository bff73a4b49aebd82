// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/timer"
)

func testTable(t testing.TB, definition string) (*Table, *timer.Manual) {
	t.Helper()
	s, err := parseSpec(definition)
	if err != nil {
		t.Fatal(err)
	}
	clock := timer.NewManual(time.Unix(1_800_000_000, 0))
	return &Table{spec: s, content: newContent(clock)}, clock
}

// TestModel does many things in a chance order to a table and to a plain map, and
// compares.
func TestModel(t *testing.T) {
	type want struct {
		value   avp.Value
		expires int64
	}
	table, clock := testTable(t, "m=>size=4;autoexpire=20")
	model := map[string]want{}
	r := rand.New(rand.NewPCG(1, 2))
	now := func() int64 { return clock.Now().Unix() }
	alive := func(key string) (want, bool) {
		w, ok := model[key]
		return w, ok && (w.expires == 0 || w.expires > now())
	}
	for i := range 30000 {
		key := fmt.Sprint("key", r.IntN(300))
		switch r.IntN(9) {
		case 0, 1:
			v := avp.String(strings.Repeat("v", r.IntN(2000)))
			table.set(nil, key, v, 0)
			model[key] = want{v, now() + 20}
		case 2:
			table.set(nil, key, avp.Number(int64(i)), 5)
			model[key] = want{avp.Number(int64(i)), now() + 5}
		case 3:
			_, there := model[key]
			if table.remove(nil, key) != there {
				t.Fatalf("step %d: removing %s", i, key)
			}
			delete(model, key)
		case 4:
			got := table.step(nil, key, 3)
			w, ok := alive(key)
			if ok = ok && w.value.Kind == avp.Int; ok {
				w.value.Int += 3
				model[key] = want{w.value, now() + 20}
			}
			if got.IsNull() == ok || ok && got.Int != w.value.Int {
				t.Fatalf("step %d: %s counts to %v, want %v", i, key, got, w.value)
			}
		case 5:
			table.setExpires(nil, key, 7)
			if w, ok := model[key]; ok {
				model[key] = want{w.value, now() + 7}
			}
		case 6:
			clock.Advance(time.Duration(r.IntN(3)) * 100 * time.Millisecond)
		case 7:
			if r.IntN(50) == 0 {
				gone := 0
				table.expire(uint32(now()), func(item) { gone++ }, func() {})
				for k := range model {
					if _, ok := alive(k); !ok {
						delete(model, k)
						gone--
					}
				}
				if gone != 0 {
					t.Fatalf("step %d: %d items too many have expired", i, gone)
				}
			}
		default:
			w, ok := alive(key)
			if got := table.get(nil, key, heap{}); got.IsNull() == ok || ok && got != w.value {
				t.Fatalf("step %d: %s is %.30v, want %.30v", i, key, got, w.value)
			}
		}
		if int(table.count.Load()) != len(model) {
			t.Fatalf("step %d: %d items, want %d", i, table.count.Load(), len(model))
		}
	}
	seen := 0
	table.sweep(func(i item) bool {
		seen++
		if w, ok := model[i.key]; !ok || w.value != i.value || int64(i.expires) != w.expires {
			t.Errorf("%s: %.30v until %d, want %.30v until %d", i.key, i.value, i.expires, w.value, w.expires)
		}
		return seen%2 == 0
	})
	if seen != len(model) || int(table.count.Load()) != seen-seen/2 {
		t.Errorf("saw %d of %d items, %d left", seen, len(model), table.count.Load())
	}
}

// TestOrder walks through tables with few and with many slots: each item once, by
// slot and hash.
func TestOrder(t *testing.T) {
	for _, size := range []int{2, 8, 14, 20, 31} {
		table, _ := testTable(t, fmt.Sprintf("o=>size=%d", size))
		for i := range 1000 {
			table.set(nil, fmt.Sprint(i*7919), avp.Number(1), 0)
		}
		var got []uint64
		var k cursor
		for k.start(table); k.next(); {
			i, _ := k.item(heap{})
			got = append(got, uint64(table.slot(i.sum))<<32|uint64(i.sum))
		}
		if len(got) != 1000 || !slices.IsSorted(got) {
			t.Errorf("size %d: %d items, in order: %v", size, len(got), slices.IsSorted(got))
		}
	}
}

// TestCursorSeesRemoval removes what a cursor is at and what it is about to show.
func TestCursorSeesRemoval(t *testing.T) {
	table, _ := testTable(t, "c=>size=2")
	for i := range 100 {
		table.set(nil, fmt.Sprint(i), avp.Number(1), 0)
	}
	var k cursor
	k.start(table)
	k.next()
	first, _ := k.item(heap{})
	table.clear()
	table.set(nil, "new", avp.Number(2), 0) // takes the place of one that is gone
	if i, ok := k.item(heap{}); ok {
		t.Errorf("the cursor was at %s and is at %s", first.key, i.key)
	}
	for k.next() {
		if i, _ := k.item(heap{}); i.key != "new" {
			t.Errorf("%s is gone and was seen", i.key)
		}
	}
}

func TestTableDoesNotAllocate(t *testing.T) {
	table, _ := testTable(t, "a=>size=8;autoexpire=100")
	table.set(nil, "number", avp.Number(1), 0)
	table.set(nil, "text", avp.String("some text"), 0)
	for name, f := range map[string]func(){
		"get number": func() { table.get(nil, "number", view{}) },
		"get text":   func() { table.get(nil, "text", view{}) },
		"get none":   func() { table.get(nil, "none", view{}) },
		"step":       func() { table.step(nil, "number", 1) },
		"set":        func() { table.set(nil, "text", avp.String("other one"), 0) },
		"new and gone": func() {
			table.set(nil, "passing", avp.String("by"), 0)
			table.remove(nil, "passing")
		},
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkTable(b *testing.B) {
	table, _ := testTable(b, "b=>size=10;autoexpire=100")
	keys := make([]string, 100_000)
	for i := range keys {
		keys[i] = fmt.Sprint("user", i, "@example.org::count")
		table.set(nil, keys[i], avp.Number(int64(i)), 0)
	}
	i := 0
	next := func() string { i++; return keys[i*7919%len(keys)] }
	b.Run("get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if table.get(nil, next(), view{}).IsNull() {
				b.Fatal("an item is gone")
			}
		}
	})
	b.Run("step", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if table.step(nil, next(), 1).IsNull() {
				b.Fatal("an item is gone")
			}
		}
	})
	b.Run("expire", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			table.expire(1, func(item) { b.Fatal("nothing is over") }, func() {})
		}
	})
}

// TestManyWorkers counts from many goroutines while others walk and expire.
func TestManyWorkers(t *testing.T) {
	table, clock := testTable(t, "w=>size=2;autoexpire=1000;initval=0")
	var all sync.WaitGroup
	for w := range 8 {
		all.Go(func() {
			for i := range 1000 {
				table.step(nil, "shared", 1)
				table.set(nil, fmt.Sprint(w, i%10), avp.String("text"), 0)
				table.remove(nil, fmt.Sprint(w, i%7))
			}
		})
	}
	all.Go(func() {
		for range 50 {
			var k cursor
			for k.start(table); k.next(); {
				k.item(heap{})
			}
			table.expire(uint32(clock.Now().Unix()), func(item) {}, func() {})
		}
	})
	all.Wait()
	if v := table.get(nil, "shared", heap{}); v.Int != 8000 {
		t.Errorf("counted to %d, want 8000", v.Int)
	}
}
