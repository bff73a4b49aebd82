// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"hash/maphash"
	"strings"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/arena"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/scriptlock"
	"github.com/kahea-sip/kahea/core/slothash"
	"github.com/kahea-sip/kahea/core/timer"
)

// Table is a hash table: items by key, each with an integer or a text.
//
// What operators see of its order are slots, 2^size of them, an item in the slot
// that Kamailio would put it in. The store behind it has nothing to do with size:
// shards with a lock each, in which items are found by a hash that nobody can
// foretold, and listed by buckets that keep the order of slots.
type Table struct {
	spec
	// content outlives the configuration; nil before Start.
	*content
	// shared is set where other servers have the table, too (db_share).
	shared *sharing
}

// content is what a table holds.
type content struct {
	seed   maphash.Seed
	clock  timer.Clock
	memory arena.Memory
	shards [shards]shard
	count  atomic.Int64 // of items
	// locks are those of sht_lock, by slot.
	locks scriptlock.Set[uint32]
}

const (
	shardBits  = 6
	shards     = 1 << shardBits
	bucketBits = 14
)

func newContent(clock timer.Clock) *content {
	t := &content{seed: maphash.MakeSeed(), clock: clock}
	for i := range t.shards {
		t.shards[i].texts.Memory = &t.memory
	}
	return t
}

// place is where a key belongs.
type place struct {
	hash uint32 // of the store
	sum  uint32 // of the slots
}

func (t *Table) place(key string) place {
	h := maphash.String(t.seed, key)
	return place{uint32(h ^ h>>32), slothash.Sum(key, "")}
}

// slot is the number of the slot of a sum.
func (t *Table) slot(sum uint32) uint32 { return sum & uint32(1<<t.bits-1) }

// bucket orders sums as slots are, and within a slot by themselves, where there
// are buckets enough.
func (t *Table) bucket(sum uint32) uint32 {
	slot := t.slot(sum)
	if t.bits >= bucketBits {
		return slot >> (t.bits - bucketBits)
	}
	more := bucketBits - t.bits
	return slot<<more | sum>>(32-more)
}

func (t *Table) shard(p place) *shard { return &t.shards[t.bucket(p.sum)&(shards-1)] }

// now is the time of items, in seconds since the epoch; 0 in a table whose items
// do not expire, for which nobody has to ask the clock.
func (t *Table) now() uint32 {
	if t.autoExpire == 0 {
		return 0
	}
	return uint32(t.clock.Now().Unix())
}

// await waits for a script that has locked the slot. c is nil for who may not
// wait.
func (t *Table) await(c *module.Call, p place) {
	if c != nil && t.locks.Held() {
		t.locks.Await(c, t.slot(p.sum))
	}
}

// memory is where the text of an item is copied to for who asked: that of the
// message, or heap.
type memory interface{ Copy(s string) string }

// heap is the memory of the collector.
type heap struct{}

// Copy implements memory.
func (heap) Copy(s string) string { return strings.Clone(s) }

// view copies nothing.
type view struct{}

// Copy implements memory.
func (view) Copy(s string) string { return s }

// Get returns the value of a key, initval where there is none.
func (t *Table) get(c *module.Call, key string, to memory) avp.Value {
	p := t.place(key)
	t.await(c, p)
	s, now := t.shard(p), t.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.find(p.hash, key); n != 0 && !over(s.expires(n), now) {
		return s.value(s.record(n), to)
	}
	if t.hasInit {
		return avp.Number(t.initial)
	}
	return avp.Value{}
}

// over tells whether an item is past its time.
func over(expires *uint32, now uint32) bool { return *expires != 0 && *expires <= now }

// set stores a value; null removes the item. seconds is its life from now on; 0
// for what the table says.
func (t *Table) set(c *module.Call, key string, v avp.Value, seconds uint32) {
	if v.IsNull() {
		t.remove(c, key)
		return
	}
	p := t.place(key)
	t.await(c, p)
	s, now := t.shard(p), t.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.find(p.hash, key)
	isNew := n == 0
	if isNew {
		n = t.add(s, p, key)
	}
	t.refresh(s.expires(n), now, isNew, seconds)
	s.setValue(s.record(n), v)
	t.changed(key)
}

// changed is called after an item was changed, with its shard locked.
func (t *Table) changed(key string) {
	if t.shared != nil {
		t.shared.note(key, change{})
	}
}

// refresh gives an item its time.
func (t *Table) refresh(expires *uint32, now uint32, isNew bool, seconds uint32) {
	switch {
	case now == 0: // nothing expires
	case seconds != 0:
		*expires = now + seconds
	case isNew || t.updateExpire || over(expires, now):
		*expires = now + t.autoExpire
	}
}

// step adds to a number and returns it; null where there is none and the table
// has no initval.
func (t *Table) step(c *module.Call, key string, by int64) avp.Value {
	p := t.place(key)
	t.await(c, p)
	s, now := t.shard(p), t.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.find(p.hash, key)
	isNew := n == 0
	if isNew || over(s.expires(n), now) {
		if !t.hasInit {
			return avp.Value{}
		}
		if isNew {
			n = t.add(s, p, key)
		}
		s.setValue(s.record(n), avp.Number(t.initial))
	}
	r := s.record(n)
	if r.isText {
		return avp.Value{}
	}
	r.number += by
	t.refresh(s.expires(n), now, isNew, 0)
	t.changed(key)
	return avp.Number(r.number)
}

// setExpires gives an item a life of so many seconds from now; 0 for ever. It
// has no meaning in a table without autoexpire.
func (t *Table) setExpires(c *module.Call, key string, seconds uint32) {
	p := t.place(key)
	t.await(c, p)
	s, now := t.shard(p), t.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.find(p.hash, key); n != 0 && now != 0 {
		setLife(s.expires(n), now, seconds)
		t.changed(key)
	}
}

func setLife(expires *uint32, now, seconds uint32) {
	*expires = 0
	if seconds != 0 {
		*expires = now + seconds
	}
}

// left returns how many seconds an item has left; 0 for ever, and for none.
func (t *Table) left(c *module.Call, key string) int64 {
	p := t.place(key)
	t.await(c, p)
	s, now := t.shard(p), t.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.find(p.hash, key)
	if n == 0 || *s.expires(n) == 0 || over(s.expires(n), now) {
		return 0
	}
	return int64(*s.expires(n) - now)
}

// exists tells whether there is an item.
func (t *Table) exists(c *module.Call, key string) bool {
	p := t.place(key)
	t.await(c, p)
	s, now := t.shard(p), t.now()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.find(p.hash, key)
	return n != 0 && !over(s.expires(n), now)
}

// remove takes an item out; false when there was none.
func (t *Table) remove(c *module.Call, key string) bool {
	p := t.place(key)
	t.await(c, p)
	s := t.shard(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.find(p.hash, key)
	if n != 0 {
		t.drop(s, n)
	}
	return n != 0
}

func (t *Table) add(s *shard, p place, key string) uint32 {
	t.count.Add(1)
	return s.add(p, key, t.bucket(p.sum)>>shardBits)
}

// drop removes an item.
func (t *Table) drop(s *shard, n uint32) {
	t.changed(s.key(s.record(n)))
	t.discard(s, n)
}

// discard removes an item of which nobody is told.
func (t *Table) discard(s *shard, n uint32) {
	t.count.Add(-1)
	s.remove(n, t.bucket(s.record(n).sum)>>shardBits)
}

// item is an item as a walk shows it. Its texts are views, valid until the walk
// goes on.
type item struct {
	key     string
	value   avp.Value
	sum     uint32
	expires uint32 // seconds since the epoch, 0 for never
}

func (s *shard) item(n uint32) item {
	r := s.record(n)
	return item{key: s.key(r), value: s.value(r, view{}), sum: r.sum, expires: *s.expires(n)}
}

// walkBatch bounds the items that are looked at under one lock, so that nobody
// has to wait for long.
const walkBatch = 256

// sweep calls f for all items, in no order; those for which it returns true are
// removed. f must not use the table.
func (t *Table) sweep(f func(i item) (remove bool)) {
	t.sweepWhile(func(i item) (remove, more bool) { return f(i), true })
}

// sweepWhile is sweep until more is false.
func (t *Table) sweepWhile(f func(i item) (remove, more bool)) {
	for i := range t.shards {
		for from, more := uint32(1), true; more; {
			if from, more = t.sweepShard(&t.shards[i], from, f); from == 0 {
				return
			}
		}
	}
}

// sweepShard looks at some records; from is 0 when f wanted no more.
func (t *Table) sweepShard(s *shard, from uint32, f func(i item) (remove, more bool)) (next uint32, more bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	to := min(from+walkBatch, s.next)
	for n := from; n < to; n++ {
		if !s.record(n).used {
			continue
		}
		remove, more := f(s.item(n))
		if remove {
			t.drop(s, n)
		}
		if !more {
			return 0, false
		}
	}
	return max(from, to), to < s.next
}
