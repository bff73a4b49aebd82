// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"sync"
	"sync/atomic"
)

const (
	slotsPerChunk = 1024
	maxChunks     = 1 << 14 // 16 million transactions
)

// slots is the table that responses find their transaction in. It grows by
// chunks and never shrinks; a chunk never moves, so that a lookup takes no
// lock of the table.
type slots struct {
	chunks [maxChunks]atomic.Pointer[[slotsPerChunk]slot]

	limit int64 // of held; 0 for none

	mu   sync.Mutex
	free uint32 // guarded by mu; head of the list of free slots, plus one
	size uint32 // guarded by mu; slots that exist
	held int64  // guarded by mu; bytes that transactions count for
}

type slot struct {
	tx   atomic.Pointer[Transaction]
	uses uint32 // guarded by slots.mu; how often it was taken
	next uint32 // guarded by slots.mu; next free slot, plus one
}

func (s *slots) at(i uint32) *slot {
	if i >= slotsPerChunk*maxChunks {
		return nil
	}
	c := s.chunks[i/slotsPerChunk].Load()
	if c == nil {
		return nil
	}
	return &c[i%slotsPerChunk]
}

// take finds a free slot for a transaction that counts for cost bytes, of
// which reserve must be left over; uses is another number each time. False
// when all slots are taken, or the memory is.
func (s *slots) take(cost, reserve int64) (index, uses uint32, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.limit != 0 && s.held+cost > s.limit-reserve || s.free == 0 && !s.grow() {
		return 0, 0, false
	}
	s.held += cost
	index = s.free - 1
	t := s.at(index)
	s.free = t.next
	t.uses++
	return index, t.uses, true
}

// charge makes a transaction that exists count for more.
func (s *slots) charge(cost int64) {
	s.mu.Lock()
	s.held += cost
	s.mu.Unlock()
}

// memory is what all transactions count for.
func (s *slots) memory() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held
}

func (s *slots) grow() bool {
	if s.size == slotsPerChunk*maxChunks {
		return false
	}
	c := new([slotsPerChunk]slot)
	for i := range c {
		c[i].next = s.size + uint32(i) + 2
	}
	c[slotsPerChunk-1].next = s.free
	s.chunks[s.size/slotsPerChunk].Store(c)
	s.free = s.size + 1
	s.size += slotsPerChunk
	return true
}

// give takes back what take and charge gave.
func (s *slots) give(index uint32, cost int64) {
	t := s.at(index)
	t.tx.Store(nil)
	s.mu.Lock()
	s.held -= cost
	t.next = s.free
	s.free = index + 1
	s.mu.Unlock()
}

// each calls f for what stands in the table at the moment.
func (s *slots) each(f func(t *Transaction)) {
	s.mu.Lock()
	size := s.size
	s.mu.Unlock()
	for i := range size {
		if t := s.at(i).tx.Load(); t != nil {
			f(t)
		}
	}
}

// find returns the transaction with its lock taken for the worker of from, or
// nil. A Transaction is
// never memory of another kind, so it may be looked at before it is certain
// that it is still the one that is asked for.
func (l *Layer) find(id ID, from any) *Transaction {
	t := l.slots.of(id)
	if t == nil {
		return nil
	}
	t.acquire(from)
	if t.id != id || !t.live {
		t.unlock()
		return nil
	}
	return t
}

// of returns what stands in the slot of an ID, perhaps another transaction.
func (s *slots) of(id ID) *Transaction {
	if slot := s.at(id.Index); slot != nil {
		return slot.tx.Load()
	}
	return nil
}
