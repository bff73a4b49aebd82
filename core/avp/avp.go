// SPDX-License-Identifier: Apache-2.0

// Package avp keeps the attribute-value pairs of a message or transaction.
package avp

import (
	"iter"
	"strings"
)

// Value is the value of a script variable: null, an integer or a string.
// A string may be a view of a message's buffer; whoever keeps a Value beyond
// the message takes Clone of it.
type Value struct {
	Str  string
	Int  int64
	Kind Kind
}

// Kind tells what a Value holds.
type Kind uint8

// The kinds. A Both value is an integer whose text is given too, as $rs or
// $sp have it: comparisons take the side that the other operand has. A Str
// whose Int is not 0 is a text that has a number of its own, as $rm has.
const (
	Null Kind = iota
	Int
	Str
	Both
)

// IsNull reports whether the value is $null.
func (v Value) IsNull() bool { return v.Kind == Null }

// Clone returns the value with a string of its own memory.
func (v Value) Clone() Value {
	v.Str = strings.Clone(v.Str)
	return v
}

// String makes a string value.
func String(s string) Value { return Value{Kind: Str, Str: s} }

// Number makes an integer value.
func Number(n int64) Value { return Value{Kind: Int, Int: n} }

// Text makes an integer value that has its decimal text at hand.
func Text(n int64, s string) Value { return Value{Kind: Both, Int: n, Str: s} }

// Word makes a string value that counts as n where a script asks for a number,
// instead of what its text reads as; 0 is none. A copy of it that is stored is
// the string alone.
func Word(n int64, s string) Value { return Value{Kind: Str, Int: n, Str: s} }

// Plain returns the value as it is stored: a Word is its text alone.
func (v Value) Plain() Value {
	if v.Kind == Str {
		v.Int = 0
	}
	return v
}

// List holds pairs of one scope. The newest value of a name comes first, as
// in Kamailio: $avp(x) reads what was assigned last, $(avp(x)[1]) the one
// before. The zero List is empty. Not safe for concurrent use: it belongs to
// the message, then to the transaction that the message created.
type List struct {
	pairs []pair // oldest first
}

type pair struct {
	name  string
	value Value
}

// Add puts a value in front of those that name has. Name and value are kept
// as they are: the caller clones what is a view of a message.
func (l *List) Add(name string, v Value) { l.pairs = append(l.pairs, pair{name, v}) }

// At returns the index-th value of name, 0 the newest; a negative index counts
// from the oldest, -1 the oldest.
func (l *List) At(name string, index int) (Value, bool) {
	if i := l.find(name, index); i >= 0 {
		return l.pairs[i].value, true
	}
	return Value{}, false
}

// Set replaces the index-th value of name; false when there is none.
func (l *List) Set(name string, index int, v Value) bool {
	i := l.find(name, index)
	if i < 0 {
		return false
	}
	l.pairs[i].value = v
	return true
}

// Remove takes the index-th value of name away; false when there is none.
func (l *List) Remove(name string, index int) bool {
	i := l.find(name, index)
	if i < 0 {
		return false
	}
	l.pairs = append(l.pairs[:i], l.pairs[i+1:]...)
	return true
}

// Clear removes all values of name and returns how many there were.
func (l *List) Clear(name string) int {
	kept := l.pairs[:0]
	for _, p := range l.pairs {
		if p.name != name {
			kept = append(kept, p)
		}
	}
	n := len(l.pairs) - len(kept)
	clear(l.pairs[len(kept):])
	l.pairs = kept
	return n
}

// Count returns how many values name has.
func (l *List) Count(name string) int {
	n := 0
	for i := range l.pairs {
		if l.pairs[i].name == name {
			n++
		}
	}
	return n
}

// All yields name and value of each pair, the newest first.
func (l *List) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for i := len(l.pairs) - 1; i >= 0; i-- {
			if !yield(l.pairs[i].name, l.pairs[i].value) {
				return
			}
		}
	}
}

// Len returns the number of pairs.
func (l *List) Len() int { return len(l.pairs) }

// Reset empties the list and keeps its memory.
func (l *List) Reset() {
	clear(l.pairs)
	l.pairs = l.pairs[:0]
}

func (l *List) find(name string, index int) int {
	if index < 0 {
		for i := range l.pairs {
			if l.pairs[i].name == name {
				if index++; index == 0 {
					return i
				}
			}
		}
		return -1
	}
	for i := len(l.pairs) - 1; i >= 0; i-- {
		if l.pairs[i].name == name {
			if index == 0 {
				return i
			}
			index--
		}
	}
	return -1
}
