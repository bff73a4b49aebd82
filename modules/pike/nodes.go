// SPDX-License-Identifier: Apache-2.0

package pike

import (
	"encoding/binary"
	"hash/maphash"
)

func (t *tree) hash(p prefix) uint32 {
	var key [18]byte
	copy(key[:16], p.bytes[:])
	key[16] = p.depth
	if p.long {
		key[17] = 1
	}
	h := maphash.Bytes(t.seed, key[:])
	return uint32(h ^ h>>32)
}

// same compares prefixes by words: the compiler's way is byte by byte.
func (p *prefix) same(q *prefix) bool {
	return p.depth == q.depth && p.long == q.long &&
		binary.NativeEndian.Uint64(p.bytes[:8]) == binary.NativeEndian.Uint64(q.bytes[:8]) &&
		binary.NativeEndian.Uint64(p.bytes[8:]) == binary.NativeEndian.Uint64(q.bytes[8:])
}

// find returns the number of a node.
func (s *shard) find(hash uint32, p prefix) uint32 {
	if len(s.index) == 0 {
		return 0
	}
	mask := uint32(len(s.index) - 1)
	for i := hash & mask; s.index[i] != 0; i = (i + 1) & mask {
		if n := &s.nodes[s.index[i]]; n.hash == hash && n.same(&p) {
			return s.index[i]
		}
	}
	return 0
}

// add makes a node, in the place of the oldest one where there are too many; 0
// when nothing can go.
func (t *tree) add(s *shard, p prefix, epoch, now uint32) uint32 {
	if s.used >= t.spare {
		if s.oldest == 0 {
			return 0
		}
		t.remove(s, s.oldest)
	}
	if 4*(s.used+1) > 3*len(s.index) {
		s.rehash(max(16, 2*len(s.index)))
	}
	number := s.free
	if number != 0 {
		s.free = s.nodes[number].newer
	} else {
		if len(s.nodes) == 0 {
			s.nodes = append(s.nodes, node{})
		}
		number = uint32(len(s.nodes))
		s.nodes = append(s.nodes, node{})
	}
	s.serial++
	s.used++
	s.nodes[number] = node{prefix: p, hash: t.hash(p), epoch: epoch, expires: now + t.latency, serial: s.serial}
	s.enter(number)
	s.list(number)
	return number
}

func (s *shard) enter(number uint32) {
	mask := uint32(len(s.index) - 1)
	i := s.nodes[number].hash & mask
	for s.index[i] != 0 {
		i = (i + 1) & mask
	}
	s.index[i] = number
}

func (s *shard) rehash(size int) {
	old := s.index
	s.index = make([]uint32, size)
	for _, number := range old {
		if number != 0 {
			s.enter(number)
		}
	}
}

// remove takes a childless node away, and with it its parent's last reason not to
// go.
func (t *tree) remove(s *shard, number uint32) {
	n := &s.nodes[number]
	p := n.prefix
	s.unlist(number)
	s.leave(number)
	*n = node{newer: s.free}
	s.free = number
	s.used--
	if p.depth > 1 {
		up := p.to(p.depth - 1)
		s.dropKid(s.find(t.hash(up), up))
	}
}

// leave takes a node out of the index. What follows without a gap moves up where
// its own place allows it.
func (s *shard) leave(number uint32) {
	mask := uint32(len(s.index) - 1)
	i := s.nodes[number].hash & mask
	for s.index[i] != number {
		i = (i + 1) & mask
	}
	for j := (i + 1) & mask; s.index[j] != 0; j = (j + 1) & mask {
		if home := s.nodes[s.index[j]].hash & mask; (j-home)&mask >= (j-i)&mask {
			s.index[i] = s.index[j]
			i = j
		}
	}
	s.index[i] = 0
}

// list puts a childless node to the end of the list.
func (s *shard) list(number uint32) {
	n := &s.nodes[number]
	n.older, n.newer = s.newest, 0
	if s.newest != 0 {
		s.nodes[s.newest].newer = number
	} else {
		s.oldest = number
	}
	s.newest = number
}

func (s *shard) unlist(number uint32) {
	n := &s.nodes[number]
	if n.older != 0 {
		s.nodes[n.older].newer = n.newer
	} else {
		s.oldest = n.newer
	}
	if n.newer != 0 {
		s.nodes[n.newer].older = n.older
	} else {
		s.newest = n.older
	}
}

// touch makes a listed node the newest one.
func (s *shard) touch(number uint32) {
	if s.newest != number {
		s.unlist(number)
		s.list(number)
	}
}
