// SPDX-License-Identifier: Apache-2.0

package module

// IteratorKind tells what an Iterator walks over.
type IteratorKind uint8

// The kinds.
const (
	HeaderIterator IteratorKind = iota
	LineIterator
	SDPIterator
)

// Iterator is a place in a message that a script moves along.
type Iterator struct {
	Name string
	Kind IteratorKind
	// Index is the header of a HeaderIterator: -1 before the first.
	Index int
	// Start and End are the line of a LineIterator or SDPIterator; both are the
	// beginning of the body before the first line, and its end behind the last.
	Start, End int
}

// Iterator finds an iterator of this message, or nil.
func (c *Call) Iterator(kind IteratorKind, name string) *Iterator {
	for i := range c.Iterators {
		if it := &c.Iterators[i]; it.Kind == kind && it.Name == name {
			return it
		}
	}
	return nil
}
