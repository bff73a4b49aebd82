// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// cursor goes through a table in the order of slots. It holds no lock: what is
// removed behind its back is left out, what comes to a place that it has passed
// is not seen.
type cursor struct {
	table  *Table
	bucket uint32 // the next one
	list   []handle
	at     int // in list; -1 before its first
}

func (k *cursor) start(t *Table) { *k = cursor{table: t, list: k.list[:0], at: -1} }

// shard is that of the list.
func (k *cursor) shard() *shard { return &k.table.shards[(k.bucket-1)&(shards-1)] }

// next moves to the next item; false behind the last one.
func (k *cursor) next() bool {
	for {
		for k.at++; k.at < len(k.list); k.at++ {
			if k.valid() {
				return true
			}
		}
		if !k.nextBucket() {
			return false
		}
	}
}

func (k *cursor) nextBucket() bool {
	k.list, k.at = k.list[:0], -1
	for k.bucket < 1<<bucketBits {
		b := k.bucket
		k.bucket++
		s := k.shard()
		s.mu.Lock()
		k.list = s.bucket(k.table, b>>shardBits, k.list)
		s.mu.Unlock()
		if len(k.list) > 0 {
			return true
		}
	}
	return false
}

func (k *cursor) valid() bool {
	s := k.shard()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.there(k.list[k.at])
}

// with calls f with the item under the lock; false when the cursor is at none.
func (k *cursor) with(f func(s *shard, n uint32)) bool {
	if k.table == nil || k.at < 0 || k.at >= len(k.list) {
		return false
	}
	s := k.shard()
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.there(k.list[k.at]) {
		return false
	}
	f(s, k.list[k.at].number)
	return true
}

// item returns a copy of the item.
func (k *cursor) item(to memory) (i item, ok bool) {
	ok = k.with(func(s *shard, n uint32) {
		i = s.item(n)
		i.key, i.value.Str = to.Copy(i.key), to.Copy(i.value.Str)
	})
	return i, ok
}

// iterator is a cursor that a script has named.
type iterator struct {
	name string
	cursor
}

// iterators are those of a worker's script; they end with the message.
type iterators struct {
	serial uint64
	used   []iterator
}

// maxIterators is how many a script may have at a time.
const maxIterators = 4

// iterators returns those of the script of c.
func (h *HTable) iterators(c *module.Call) *iterators {
	it := c.Local(h, func() any { return new(iterators) }).(*iterators)
	if it.serial != c.Serial {
		it.serial, it.used = c.Serial, it.used[:0]
	}
	return it
}

func (it *iterators) find(name string) *iterator {
	for i := range it.used {
		if it.used[i].name == name {
			return &it.used[i]
		}
	}
	return nil
}

// open returns the iterator of a name, a new one where there is none; nil when
// there are too many.
func (it *iterators) open(name string) *iterator {
	if i := it.find(name); i != nil {
		return i
	}
	n := len(it.used)
	if n == maxIterators {
		return nil
	}
	if cap(it.used) > n {
		it.used = it.used[:n+1] // with the memory of the one that was there
	} else {
		it.used = append(it.used, iterator{})
	}
	it.used[n].name = name
	return &it.used[n]
}

func (it *iterators) close(i *iterator) {
	last := &it.used[len(it.used)-1]
	*i, *last = *last, *i
	it.used = it.used[:len(it.used)-1]
}

// set gives the item that the cursor is at a value; false when it is at none.
func (k *cursor) set(v avp.Value) bool {
	return k.with(func(s *shard, n uint32) {
		s.setValue(s.record(n), v)
		k.table.refresh(s.expires(n), k.table.now(), false, 0)
		k.table.changed(s.key(s.record(n)))
	})
}

// slots calls f for the slot of each item, in the order of slots.
func (t *Table) slots(f func(slot uint32)) {
	var k cursor
	for k.start(t); k.next(); {
		var slot uint32
		if k.with(func(s *shard, n uint32) { slot = t.slot(s.record(n).sum) }) {
			f(slot)
		}
	}
}
