// SPDX-License-Identifier: Apache-2.0

// Package prefix finds the longest known prefix of a number.
package prefix

import (
	"math/bits"
	"slices"
)

// Tree is a trie of prefixes that never changes: whoever has new prefixes builds
// another one. It may be used by all goroutines at once, and matching allocates
// nothing.
//
// The nodes lie in one array without pointers, level by level, so that the
// children of a node stand side by side: a node knows its first child and has a
// bit for each sign with which one continues. The child of a sign is found by
// counting the bits below its own.
type Tree struct {
	alphabet *Alphabet
	nodes    []node
	size     int
}

type node struct {
	children uint64
	first    uint32
	key      int32 // none below 0
}

// NoKey is the key of a node that is only on the way to others.
const NoKey = -1

// Build makes a tree of prefixes in which Key gives back the place of a prefix
// among the given ones; of equal ones that of the first. All signs must be of
// the alphabet. The empty prefix is one, too.
func Build(a *Alphabet, prefixes []string) (*Tree, error) {
	t := &Tree{alphabet: a}
	order := make([]int32, len(prefixes))
	for i, p := range prefixes {
		if err := a.Check(p); err != nil {
			return nil, err
		}
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(x, y int32) int { return a.compare(prefixes[x], prefixes[y]) })
	order = slices.CompactFunc(order, func(x, y int32) bool { return prefixes[x] == prefixes[y] })
	t.size = len(order)
	t.build(prefixes, order)
	return t, nil
}

// span are the prefixes below a node: a part of the sorted ones.
type span struct{ from, to int32 }

func (t *Tree) build(prefixes []string, order []int32) {
	t.nodes = append(t.nodes, node{key: NoKey})
	level := []span{{0, int32(len(order))}}
	at := 0 // the node of the first span of the level
	for depth := 0; len(level) > 0; depth++ {
		var below []span
		for i, s := range level {
			n := &t.nodes[at+i]
			if s.from < s.to && len(prefixes[order[s.from]]) == depth {
				n.key = order[s.from]
				s.from++
			}
			n.first = uint32(at + len(level) + len(below))
			for s.from < s.to {
				code := t.alphabet.codes[prefixes[order[s.from]][depth]]
				end := s.from
				for end < s.to && t.alphabet.codes[prefixes[order[end]][depth]] == code {
					end++
				}
				n.children |= 1 << code
				below = append(below, span{s.from, end})
				s.from = end
			}
		}
		at += len(level)
		t.nodes = append(t.nodes, make([]node, len(below))...)
		for i := range below {
			t.nodes[at+i].key = NoKey
		}
		level = below
	}
	t.nodes = slices.Clip(t.nodes)
}

// Node is a place in a tree; the zero one is the root.
type Node uint32

// Next returns the place that a sign leads to; false where no prefix continues
// with it.
func (t *Tree) Next(at Node, sign byte) (Node, bool) {
	code := t.alphabet.codes[sign]
	n := &t.nodes[at]
	if code < 0 || n.children&(1<<code) == 0 {
		return 0, false
	}
	return Node(n.first) + Node(bits.OnesCount64(n.children&(1<<code-1))), true
}

// Key returns the place of the prefix that ends here among those that the tree
// was built of, or NoKey.
func (t *Tree) Key(at Node) int { return int(t.nodes[at].key) }

// Leaf tells whether no prefix continues from here.
func (t *Tree) Leaf(at Node) bool { return t.nodes[at].children == 0 }

// Longest returns the key and length of the longest prefix of text, NoKey
// without one.
func (t *Tree) Longest(text string) (key, length int) {
	key = t.Key(0)
	at, ok := Node(0), true
	for i := 0; i < len(text); i++ {
		if at, ok = t.Next(at, text[i]); !ok {
			break
		}
		if k := t.Key(at); k != NoKey {
			key, length = k, i+1
		}
	}
	return key, length
}

// Alphabet returns the signs of the prefixes.
func (t *Tree) Alphabet() *Alphabet { return t.alphabet }

// Len returns the number of prefixes.
func (t *Tree) Len() int { return t.size }

// Inner returns the number of nodes from which prefixes continue.
func (t *Tree) Inner() (n int) {
	for i := range t.nodes {
		if t.nodes[i].children != 0 {
			n++
		}
	}
	return n
}

// Bytes returns the memory of the nodes.
func (t *Tree) Bytes() int { return len(t.nodes) * 16 }

// Each calls f for all prefixes in order, with its key. The text is f's until it
// returns; false ends the walk.
func (t *Tree) Each(f func(prefix []byte, key int) bool) { t.each(0, nil, f) }

func (t *Tree) each(at Node, text []byte, f func([]byte, int) bool) bool {
	n := &t.nodes[at]
	if n.key != NoKey && !f(text, int(n.key)) {
		return false
	}
	child := Node(n.first)
	for left := n.children; left != 0; left &= left - 1 {
		sign := t.alphabet.signs[bits.TrailingZeros64(left)]
		if !t.each(child, append(text, sign), f) {
			return false
		}
		child++
	}
	return true
}
