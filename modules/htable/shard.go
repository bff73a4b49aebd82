// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"slices"
	"sync"

	"github.com/kahea-sip/kahea/core/arena"
	"github.com/kahea-sip/kahea/core/avp"
)

// A shard is a part of a table with its own lock. All it holds are arrays
// without pointers, so that a million items are nothing for the garbage
// collector: records in pages, named by number, texts in an arena, and a hash
// table of numbers. Number 0 is none.
type shard struct {
	mu sync.Mutex

	slots    []entry  // open addressing, a power of two; guarded by mu, like all
	buckets  []uint32 // first record of each bucket; nil while there never was one
	pages    []*page
	next     uint32 // first number that no record ever had
	freeList uint32
	used     int
	serial   uint32
	texts    arena.Arena
}

// entry is a place of the hash table; record 0 is an empty one.
type entry struct{ hash, record uint32 }

// page holds records. The times of expiry lie together: the timer looks at all
// of them and at little else.
type page struct {
	expires [pageSize]uint32 // seconds since the epoch, 0 for never
	records [pageSize]record
}

const pageSize = 64

// record is an item, or a free one, which has the next free one in after.
type record struct {
	number        int64
	key, text     arena.Ref
	keyLen        uint32
	textLen       uint32
	hash, sum     uint32
	before, after uint32 // in the bucket
	serial        uint32 // differs from that of an item that had the number before
	isText        bool
	used          bool
}

func (s *shard) record(n uint32) *record { return &s.pages[n/pageSize].records[n%pageSize] }

func (s *shard) expires(n uint32) *uint32 { return &s.pages[n/pageSize].expires[n%pageSize] }

func (s *shard) key(r *record) string { return s.texts.Text(r.key, 0, int(r.keyLen)) }

func (s *shard) value(r *record, to memory) avp.Value {
	if r.isText {
		return avp.String(to.Copy(s.texts.Text(r.text, 0, int(r.textLen))))
	}
	return avp.Number(r.number)
}

// find returns the number of an item.
func (s *shard) find(hash uint32, key string) uint32 {
	if len(s.slots) == 0 {
		return 0
	}
	mask := uint32(len(s.slots) - 1)
	for i := hash & mask; s.slots[i].record != 0; i = (i + 1) & mask {
		if s.slots[i].hash == hash {
			if r := s.record(s.slots[i].record); s.key(r) == key {
				return s.slots[i].record
			}
		}
	}
	return 0
}

// add makes an item, an integer 0 that does not expire.
func (s *shard) add(p place, key string, bucket uint32) uint32 {
	if 4*(s.used+1) > 3*len(s.slots) {
		s.rehash(max(8, 2*len(s.slots)))
	}
	if s.buckets == nil {
		s.buckets = make([]uint32, 1<<(bucketBits-shardBits))
	}
	n := s.take()
	s.serial++
	r := s.record(n)
	*r = record{key: s.texts.Put(key), keyLen: uint32(len(key)), hash: p.hash, sum: p.sum, serial: s.serial, used: true}
	if r.after = s.buckets[bucket]; r.after != 0 {
		s.record(r.after).before = n
	}
	s.buckets[bucket] = n
	s.used++
	s.index(p.hash, n)
	return n
}

// take returns the number of a free record.
func (s *shard) take() uint32 {
	if n := s.freeList; n != 0 {
		s.freeList = s.record(n).after
		return n
	}
	if s.next == 0 {
		s.next = 1
	}
	n := s.next
	s.next++
	if int(n/pageSize) == len(s.pages) {
		s.pages = append(s.pages, arena.New[page](s.texts.Memory))
	}
	return n
}

func (s *shard) index(hash, n uint32) {
	mask := uint32(len(s.slots) - 1)
	i := hash & mask
	for s.slots[i].record != 0 {
		i = (i + 1) & mask
	}
	s.slots[i] = entry{hash, n}
}

func (s *shard) rehash(size int) {
	old := s.slots
	s.slots = make([]entry, size)
	for _, e := range old {
		if e.record != 0 {
			s.index(e.hash, e.record)
		}
	}
}

// setValue stores a number or a copy of a text.
func (s *shard) setValue(r *record, v avp.Value) {
	isText := v.Kind == avp.Str
	if !isText || uint32(len(v.Str)) != r.textLen {
		s.texts.Release(r.text, int(r.textLen))
		r.text, r.textLen = 0, 0
		if isText {
			r.text, r.textLen = s.texts.Alloc(len(v.Str)), uint32(len(v.Str))
		}
	}
	if r.isText = isText; !isText {
		r.number = v.Int
	} else if r.textLen != 0 {
		copy(s.texts.At(r.text), v.Str)
	}
}

// remove frees an item.
func (s *shard) remove(n, bucket uint32) {
	r := s.record(n)
	s.unindex(n, r.hash)
	if r.before != 0 {
		s.record(r.before).after = r.after
	} else {
		s.buckets[bucket] = r.after
	}
	if r.after != 0 {
		s.record(r.after).before = r.before
	}
	s.texts.Release(r.key, int(r.keyLen))
	s.texts.Release(r.text, int(r.textLen))
	*r = record{after: s.freeList}
	*s.expires(n) = 0
	s.freeList = n
	s.used--
}

// unindex takes a record out of the hash table. What follows without a gap moves
// up where its own place allows it, so that a search never stops at a hole before
// what it looks for.
func (s *shard) unindex(n, hash uint32) {
	mask := uint32(len(s.slots) - 1)
	i := hash & mask
	for s.slots[i].record != n {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; s.slots[j].record != 0; j = (j + 1) & mask {
		if home := s.slots[j].hash & mask; (j-home)&mask >= (j-i)&mask {
			s.slots[i] = s.slots[j]
			i = j
		}
	}
	s.slots[i] = entry{}
}

// handle names an item beyond the lock.
type handle struct{ number, serial uint32 }

// bucket appends the items of a bucket, in the order of slots.
func (s *shard) bucket(t *Table, bucket uint32, to []handle) []handle {
	if s.buckets == nil {
		return to
	}
	for n := s.buckets[bucket]; n != 0; n = s.record(n).after {
		to = append(to, handle{n, s.record(n).serial})
	}
	slices.SortFunc(to, func(a, b handle) int {
		x, y := s.record(a.number), s.record(b.number)
		if d := int64(t.slot(x.sum)) - int64(t.slot(y.sum)); d != 0 {
			return int(d)
		}
		if d := int64(x.sum) - int64(y.sum); d != 0 {
			return int(d)
		}
		return int(a.serial) - int(b.serial)
	})
	return to
}

// there tells whether a handle still names an item.
func (s *shard) there(h handle) bool {
	r := s.record(h.number)
	return r.used && r.serial == h.serial
}
