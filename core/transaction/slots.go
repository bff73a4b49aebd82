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
//
// It is the pool of transactions too: a free slot keeps the one that it had
// for the next request, until trim. The slot that was given back last is taken
// first, while its transaction is still in the caches of the processor.
//
// Hot path: a sync.Pool hands out what another processor gave back longest
// ago, and costs as much as the rest of the way into the table. Together with
// emptying at use instead of at the end (forget), locks of a few lines without
// defer, and timers armed without asking the clock again (timer.ArmAt):
// BenchmarkInvite 4,560 -> 4,320 ns, BenchmarkLingering 4,370 -> 4,140 ns, of
// which the harness is a third (least of 12 runs, 2026-11-20, 2 Xeon cores).
// Tried and dropped: structures written as one literal instead of cleared and
// filled: they are made on the stack and copied, 4 % slower; the fields that the
// end of a transaction looks at laid side by side: no difference to be seen.
type slots struct {
	chunks [maxChunks]atomic.Pointer[[slotsPerChunk]slot]

	limit int64 // of held; 0 for none

	mu   sync.Mutex
	free uint32 // guarded by mu; head of the list of free slots, plus one
	size uint32 // guarded by mu; slots that exist
	held int64  // guarded by mu; bytes that transactions count for
}

type slot struct {
	tx   atomic.Pointer[Transaction] // nil before the first use
	uses uint32                      // guarded by slots.mu; how often it was taken
	next uint32                      // guarded by slots.mu; next free slot, plus one
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
// which reserve must be left over; uses is another number each time. A nil
// slot tells that all are taken, or the memory is.
func (s *slots) take(cost, reserve int64) (at *slot, index, uses uint32) {
	s.mu.Lock()
	if s.limit != 0 && s.held+cost > s.limit-reserve || s.free == 0 && !s.grow() {
		s.mu.Unlock()
		return nil, 0, 0
	}
	s.held += cost
	index = s.free - 1
	at = s.at(index)
	s.free = at.next
	at.uses++
	uses = at.uses
	s.mu.Unlock()
	return at, index, uses
}

// trim forgets the transactions of free slots.
func (s *slots) trim() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := s.free; i != 0; {
		at := s.at(i - 1)
		at.tx.Store(nil)
		i = at.next
	}
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
	s.mu.Lock()
	s.held -= cost
	t.next = s.free
	s.free = index + 1
	s.mu.Unlock()
}

// each calls f for what stands in the table at the moment: transactions, and
// what was one and waits for the next request, which is not live.
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
