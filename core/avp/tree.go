// SPDX-License-Identifier: Apache-2.0

package avp

import "slices"

// Tree is an extended AVP list ($xavp, $xavu, $xavi): each name has a stack
// of values, and a value may itself be a Tree whose names are fields.
// The zero Tree is empty. Ownership is that of List.
type Tree struct {
	nodes  []node // oldest first
	frozen bool
}

type node struct {
	name string
	item Item
}

// Item is a value of a Tree: a plain Value, or fields.
type Item struct {
	Value  Value
	Fields *Tree // nil for a plain value
}

// Freeze makes t one that many items may share, also those of different
// messages: nobody changes it any more, and Own copies it. It returns t.
func (t *Tree) Freeze() *Tree {
	t.frozen = true
	return t
}

// Own returns the fields of an item for changes: where they are frozen the
// item gets a copy of them first. It returns nil for a plain value.
func (it *Item) Own() *Tree {
	if it.Fields != nil && it.Fields.frozen {
		it.Fields = &Tree{nodes: slices.Clone(it.Fields.nodes)}
	}
	return it.Fields
}

// Add puts an item in front of those that name has.
func (t *Tree) Add(name string, it Item) { t.nodes = append(t.nodes, node{name, it}) }

// At returns the index-th item of name, 0 the newest; negative counts from
// the oldest. The pointer is valid until the tree is changed.
func (t *Tree) At(name string, index int) *Item {
	if i := t.find(name, index); i >= 0 {
		return &t.nodes[i].item
	}
	return nil
}

// Remove takes the index-th item of name away; false when there is none.
func (t *Tree) Remove(name string, index int) bool {
	i := t.find(name, index)
	if i < 0 {
		return false
	}
	t.nodes = append(t.nodes[:i], t.nodes[i+1:]...)
	return true
}

// Clear removes all items of name and returns how many there were.
func (t *Tree) Clear(name string) int {
	n := 0
	for t.Remove(name, 0) {
		n++
	}
	return n
}

// Rotate makes the index-th item of name the newest; those that were newer
// become the oldest, in their order. Index is taken modulo their number, and
// counts from the oldest where it is negative. False when there is none.
func (t *Tree) Rotate(name string, index int) bool {
	n := t.Count(name)
	if n == 0 {
		return false
	}
	index = (index%n + n) % n
	for range index {
		first := -1
		// Each item takes the place of the next newer one, the newest that of
		// the oldest.
		var moved Item
		for i := range t.nodes {
			if t.nodes[i].name != name {
				continue
			}
			t.nodes[i].item, moved = moved, t.nodes[i].item
			if first < 0 {
				first = i
			}
		}
		t.nodes[first].item = moved
	}
	return true
}

// Count returns how many items name has.
func (t *Tree) Count(name string) int {
	n := 0
	for i := range t.nodes {
		if t.nodes[i].name == name {
			n++
		}
	}
	return n
}

// Each calls f for every item, the newest first, until f returns false.
func (t *Tree) Each(f func(name string, it *Item) bool) {
	for i := len(t.nodes) - 1; i >= 0; i-- {
		if !f(t.nodes[i].name, &t.nodes[i].item) {
			return
		}
	}
}

// Len returns the number of items.
func (t *Tree) Len() int { return len(t.nodes) }

// Reset empties the tree and keeps its memory.
func (t *Tree) Reset() {
	clear(t.nodes)
	t.nodes = t.nodes[:0]
}

func (t *Tree) find(name string, index int) int {
	if index < 0 {
		for i := range t.nodes {
			if t.nodes[i].name == name {
				if index++; index == 0 {
					return i
				}
			}
		}
		return -1
	}
	for i := len(t.nodes) - 1; i >= 0; i-- {
		if t.nodes[i].name == name {
			if index == 0 {
				return i
			}
			index--
		}
	}
	return -1
}
