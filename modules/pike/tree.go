// SPDX-License-Identifier: Apache-2.0

package pike

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"sync/atomic"
)

// The tree counts packets by source address. A node stands for the first bytes of
// an address; the node of a whole address is a leaf. An address begins with a
// node for its first byte. A packet counts at the deepest node that is there, and
// when that has seen a quarter of the limit in a period its next byte gets a node
// too. So chance addresses cost few nodes, and an address that comes often has
// its leaf after limit/4 packets and some. A leaf that was hit limit times in this
// period or the one before is hot: its address floods.
//
// Nodes are found by a hash of what they stand for, not from their parents: one
// look-up finds the leaf of a flooding address. There are at most maxNodes, and in
// one shard a part of them; when they are used up, the childless node that was
// not hit for the longest time makes room. So nobody's packets, from however many
// addresses, take more memory than that, and the addresses that flood keep their
// leaves. A node that was not hit for the latency goes.
type tree struct {
	limit   uint32 // hits of a leaf in a period that make it hot
	warm    uint32 // hits of a node that give it a child
	latency uint32 // seconds
	seed    maphash.Seed
	epoch   atomic.Uint32 // number of the period
	shards  [shards]shard
	spare   int // nodes that a shard may have
}

const (
	shards   = 32
	maxNodes = 1 << 20
)

// verdict is what the tree says of a packet.
type verdict uint8

const (
	pass     verdict = iota
	newlyHot         // the first packet that is too many
	stillHot         // the address was found to flood before
)

// shard is the nodes of some first bytes, with its own lock.
type shard struct {
	mu    sync.Mutex
	index []uint32 // open addressing, a power of two; guarded by mu, like all
	nodes []node   // 0 is none
	free  uint32
	used  int
	// oldest and newest are the ends of the list of childless nodes, by their
	// last hit.
	oldest, newest uint32
	serial         uint32

	_ [64]byte // neighbours share no cache line
}

// prefix is what a node stands for: the first bytes of an address of a family.
type prefix struct {
	bytes [16]byte
	depth uint8
	long  bool // IPv6
}

func (p prefix) leaf() bool { return p.depth == p.full() }

func (p prefix) full() uint8 {
	if p.long {
		return 16
	}
	return 4
}

// to cuts p to a depth.
func (p prefix) to(depth uint8) prefix {
	q := prefix{depth: depth, long: p.long}
	copy(q.bytes[:depth], p.bytes[:])
	return q
}

// node counts in two periods: the one of epoch, and the one before.
type node struct {
	prefix
	blocked      bool
	kids         uint16
	hash         uint32
	epoch        uint32
	hits         [2]uint32 // of this node, as the deepest one; before and now
	leafHits     [2]uint32
	expires      uint32 // seconds since the epoch
	older, newer uint32
	serial       uint32 // order of creation
}

func newTree(limit, latency int) *tree {
	return &tree{limit: uint32(limit), warm: uint32(max(1, limit/4)), latency: uint32(latency),
		seed: maphash.MakeSeed(), spare: maxNodes / shards}
}

// prefixOf is the prefix of a whole address.
func prefixOf(a netip.Addr) prefix {
	if a = a.Unmap(); a.Is4() {
		b := a.As4()
		p := prefix{depth: 4}
		copy(p.bytes[:], b[:])
		return p
	}
	return prefix{bytes: a.As16(), depth: 16, long: true}
}

// check counts a packet of an address.
func (t *tree) check(a netip.Addr, now uint32) verdict {
	whole := prefixOf(a)
	s := &t.shards[whole.bytes[0]%shards]
	epoch := t.epoch.Load()
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := s.find(t.hash(whole), whole); n != 0 {
		return t.hitLeaf(s, n, epoch, now)
	}
	parent := uint32(0)
	for depth := uint8(1); depth < whole.depth; depth++ {
		p := whole.to(depth)
		n := s.find(t.hash(p), p)
		if n == 0 {
			break
		}
		parent = n
	}
	t.grow(s, parent, whole, epoch, now)
	return pass
}

func (t *tree) hitLeaf(s *shard, number, epoch, now uint32) verdict {
	n := &s.nodes[number]
	n.turn(epoch)
	n.leafHits[1]++
	n.expires = now + t.latency
	s.touch(number)
	switch {
	case !t.hot(n):
		return pass
	case n.blocked:
		return stillHot
	}
	n.blocked = true
	return newlyHot
}

// grow counts a hit of the deepest node, 0 for none, and gives it a child when it
// has enough.
func (t *tree) grow(s *shard, parent uint32, whole prefix, epoch, now uint32) {
	if parent == 0 {
		if n := t.add(s, whole.to(1), epoch, now); n != 0 {
			s.nodes[n].hits[1] = 1
		}
		return
	}
	n := &s.nodes[parent]
	n.turn(epoch)
	n.hits[1]++
	n.expires = now + t.latency
	if n.kids == 0 {
		s.touch(parent)
	}
	if n.hits[0] < t.warm && n.hits[1] < t.warm {
		return
	}
	if n.kids == 0 {
		s.unlist(parent) // so that it does not make room for its own child
	}
	n.kids++
	hits := n.hits[1] - 1
	child := t.add(s, whole.to(n.depth+1), epoch, now)
	if child == 0 {
		s.dropKid(parent)
		return
	}
	s.nodes[child].hits[1] = hits
}

// dropKid tells a node that one child is gone.
func (s *shard) dropKid(parent uint32) {
	n := &s.nodes[parent]
	if n.kids--; n.kids == 0 {
		s.list(parent)
	}
}

func (t *tree) hot(n *node) bool { return n.leafHits[0] >= t.limit || n.leafHits[1] >= t.limit }

// turn brings the counts of a node to the period that is now.
func (n *node) turn(epoch uint32) {
	switch epoch - n.epoch {
	case 0:
		return
	case 1:
		n.hits = [2]uint32{n.hits[1], 0}
		n.leafHits = [2]uint32{n.leafHits[1], 0}
	default:
		n.hits, n.leafHits = [2]uint32{}, [2]uint32{}
	}
	n.epoch = epoch
}

// sweepBatch bounds the nodes that are looked at under one lock.
const sweepBatch = 1024

// nextPeriod begins a period and reports the addresses that flood no longer.
func (t *tree) nextPeriod(tell func(netip.Addr)) {
	epoch := t.epoch.Add(1)
	t.sweep(func(s *shard, number uint32, free *[]netip.Addr) {
		n := &s.nodes[number]
		if n.turn(epoch); n.blocked && !t.hot(n) {
			n.blocked = false
			*free = append(*free, n.addr())
		}
	}, tell)
}

// sweep calls f for all nodes, some under one lock, and tell between for the
// addresses that f found.
func (t *tree) sweep(f func(s *shard, number uint32, found *[]netip.Addr), tell func(netip.Addr)) {
	var found []netip.Addr
	for i := range t.shards {
		s := &t.shards[i]
		for from, last := 1, false; !last; {
			s.mu.Lock()
			to := min(from+sweepBatch, len(s.nodes))
			for n := from; n < to; n++ {
				if s.nodes[n].depth != 0 {
					f(s, uint32(n), &found)
				}
			}
			from, last = to, to >= len(s.nodes)
			s.mu.Unlock()
			for _, a := range found {
				tell(a)
			}
			found = found[:0]
		}
	}
}

// forget removes the nodes that were not hit for the latency.
func (t *tree) forget(now uint32) {
	for i := range t.shards {
		s := &t.shards[i]
		for more := true; more; {
			s.mu.Lock()
			more = false
			for k := 0; k < sweepBatch && s.oldest != 0 && s.nodes[s.oldest].expires <= now; k++ {
				t.remove(s, s.oldest)
				more = k == sweepBatch-1
			}
			s.mu.Unlock()
		}
	}
}

// addr is the address of a leaf.
func (n *node) addr() netip.Addr {
	if n.long {
		return netip.AddrFrom16(n.bytes)
	}
	return netip.AddrFrom4([4]byte(n.bytes[:4]))
}
