// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"math"
	"math/bits"
	"sync"
	"time"
	"unsafe"
)

// A shard is a hierarchical timing wheel under one lock.
//
// Level 0 has a slot per tick, each higher level a slot per whole turn of the
// level below. An armed timer lies at the level of the highest digit in which
// its tick differs from the current one, so that all timers of one tick are
// in the same slot, in the order of their arming, whenever they were armed.
// When the time reaches the first tick of a slot of a higher level, its timers
// move down: at most four moves in a life of up to 2^32 ticks. Timers further
// away wait in the one slot of the last level.
//
// The lists are links between nodes of one slice, by index. A timer knows only
// the index of its node: moving down touches the slice and not the owners of
// the timers, and a million armed timers show the garbage collector one slice
// of a million pointers instead of a list that it has to follow.
const (
	bits0   = 8 // of the tick that select a slot of level 0
	bitsN   = 6 // the same for each higher level
	upper   = 4 // levels above 0, without the last
	horizon = bits0 + upper*bitsN

	slots0 = 1 << bits0
	slotsN = 1 << bitsN

	// Nodes that are heads of lists. Node 0 is none.
	firstSlot = 1
	farSlot   = firstSlot + slots0 + upper*slotsN
	dueSlot   = farSlot + 1
	heads     = dueSlot + 1

	never = math.MaxInt64
)

// node is an armed timer, the head of a list, or free (then next links the
// free ones).
type node struct {
	timer      *Timer
	when       int64 // tick
	next, prev uint32
}

type shard struct {
	wheel *Wheel

	mu    sync.Mutex
	now   int64               // guarded by mu; the last tick whose timers were taken off
	nodes []node              // guarded by mu
	free  uint32              // guarded by mu; head of the list of free nodes
	armed int                 // guarded by mu
	used0 [slots0 / 64]uint64 // guarded by mu; slots of level 0 that may have timers
	usedN [upper]uint64       // guarded by mu; the same for the higher levels
}

// Neighbours in a slice of shards must share no cache line.
var _ [0]byte = [unsafe.Sizeof(shard{}) % 64]byte{}

func (s *shard) init(w *Wheel, now int64) {
	s.wheel = w
	s.now = now
	s.nodes = make([]node, heads, heads+64)
	for i := range s.nodes {
		s.nodes[i].next, s.nodes[i].prev = uint32(i), uint32(i)
	}
}

// shardOf spreads timers by address. Those of one owner share a shard, mostly,
// and with it cache lines.
func (w *Wheel) shardOf(t *Timer) *shard {
	h := uint64(uintptr(unsafe.Pointer(t))>>9) * 0x9e3779b97f4a7c15
	return &w.shards[h>>32&uint64(len(w.shards)-1)]
}

func (s *shard) armAt(t *Timer, at time.Duration) (was bool) {
	when := s.wheel.tickOf(at)
	s.mu.Lock()
	n := t.node
	if was = n != 0; was {
		s.unlink(n)
	} else {
		n = s.take(t)
	}
	s.nodes[n].when = max(when, s.now+1)
	slot := s.place(n)
	s.mu.Unlock()
	s.wheel.want(slot, 0)
	return was
}

func (s *shard) stop(t *Timer) bool {
	s.mu.Lock()
	armed := t.node != 0
	if armed {
		s.unlink(t.node)
		s.release(t.node)
	}
	s.mu.Unlock()
	return armed
}

// take finds a node for a timer.
func (s *shard) take(t *Timer) uint32 {
	n := s.free
	if n != 0 {
		s.free = s.nodes[n].next
	} else {
		n = uint32(len(s.nodes))
		s.nodes = append(s.nodes, node{})
	}
	s.nodes[n].timer = t
	t.node = n
	s.armed++
	return n
}

// release gives back the node of a timer that is in no list.
func (s *shard) release(n uint32) *Timer {
	p := &s.nodes[n]
	t := p.timer
	t.node = 0
	p.timer = nil
	p.next = s.free
	s.free = n
	s.armed--
	return t
}

func (s *shard) unlink(n uint32) {
	next, prev := s.nodes[n].next, s.nodes[n].prev
	s.nodes[prev].next = next
	s.nodes[next].prev = prev
}

// push adds a node to the end of a list.
func (s *shard) push(head, n uint32) {
	last := s.nodes[head].prev
	s.nodes[n].next, s.nodes[n].prev = head, last
	s.nodes[last].next = n
	s.nodes[head].prev = n
}

func (s *shard) empty(head uint32) bool { return s.nodes[head].next == head }

// place puts a node that is in no list into the slot of its time and returns
// the tick at which that slot needs attention.
func (s *shard) place(n uint32) int64 {
	when := s.nodes[n].when
	differ := uint64(when ^ s.now)
	if differ < slots0 {
		slot := uint32(when) & (slots0 - 1)
		s.used0[slot/64] |= 1 << (slot % 64)
		s.push(firstSlot+slot, n)
		return when
	}
	if differ >= 1<<horizon {
		s.push(farSlot, n)
		return s.farTick()
	}
	level := (bits.Len64(differ) - 1 - bits0) / bitsN
	shift := bits0 + level*bitsN
	slot := uint32(when>>shift) & (slotsN - 1)
	s.usedN[level] |= 1 << slot
	s.push(head(level, slot), n)
	return when >> shift << shift
}

func head(level int, slot uint32) uint32 {
	return firstSlot + slots0 + uint32(level)*slotsN + slot
}

// farTick is the first tick that differs from now above the horizon.
func (s *shard) farTick() int64 { return (s.now>>horizon + 1) << horizon }

// next finds the slot that needs attention first and the tick when it does,
// or never. Lower levels always come first.
func (s *shard) next() (slot uint32, at int64) {
	if slot, ok := s.next0(); ok {
		return firstSlot + slot, s.now&^(slots0-1) | int64(slot)
	}
	for level := range upper {
		shift := bits0 + level*bitsN
		for s.usedN[level] != 0 {
			slot := uint32(bits.TrailingZeros64(s.usedN[level]))
			if h := head(level, slot); !s.empty(h) {
				above := shift + bitsN
				return h, s.now>>above<<above | int64(slot)<<shift
			}
			s.usedN[level] &^= 1 << slot
		}
	}
	if !s.empty(farSlot) {
		return farSlot, s.farTick()
	}
	return 0, never
}

// next0 finds the first used slot of level 0. Slots before the current one
// are always empty: what is in them would have run out.
func (s *shard) next0() (uint32, bool) {
	for i := range s.used0 {
		for s.used0[i] != 0 {
			b := uint32(bits.TrailingZeros64(s.used0[i]))
			if slot := uint32(i)*64 + b; !s.empty(firstSlot + slot) {
				return slot, true
			}
			s.used0[i] &^= 1 << b
		}
	}
	return 0, false
}

// advance moves all timers that run out up to and including tick target to
// the list of due ones, in the order of their ticks.
func (s *shard) advance(target int64) {
	for {
		slot, at := s.next()
		if at > target {
			break
		}
		s.now = max(s.now, at)
		if slot < firstSlot+slots0 {
			s.move(slot)
		} else {
			s.lower(slot)
		}
	}
	s.now = max(s.now, target)
}

// move appends a whole list to the due ones.
func (s *shard) move(slot uint32) {
	first, last := s.nodes[slot].next, s.nodes[slot].prev
	end := s.nodes[dueSlot].prev
	s.nodes[end].next, s.nodes[first].prev = first, end
	s.nodes[last].next, s.nodes[dueSlot].prev = dueSlot, last
	s.nodes[slot].next, s.nodes[slot].prev = slot, slot
}

// lower places the timers of a slot anew. Those of the far slot may land in
// it again, so the list is taken off first.
func (s *shard) lower(slot uint32) {
	n := s.nodes[slot].next
	s.nodes[slot].next, s.nodes[slot].prev = slot, slot
	for n != slot {
		next := s.nodes[n].next
		s.place(n)
		n = next
	}
}

// pop takes the first due timer, or nil.
func (s *shard) pop() *Timer {
	s.mu.Lock()
	var t *Timer
	if n := s.nodes[dueSlot].next; n != dueSlot {
		s.unlink(n)
		t = s.release(n)
	}
	s.mu.Unlock()
	return t
}
