// SPDX-License-Identifier: Apache-2.0

package module

import (
	"iter"
	"slices"
)

// Stream is a List whose values are made while the reply is written, once, after
// the command has returned: one at a time instead of all at once in memory.
type Stream iter.Seq[any]

// List returns the values of a stream as a List.
func (s Stream) List() List { return slices.Collect(iter.Seq[any](s)) }

// Seq returns the values of a list as a sequence.
func (l List) Seq() Stream { return Stream(slices.Values(l)) }

// block is how many bytes are copied at once. Nothing stops a copy, so the
// garbage collector, and all that wait for it to begin, would wait for one of a
// reply of 100 MB: 33 ms were seen with append.
const block = 256 << 10

// Room returns dst with room for n more bytes, and with twice its size where it
// had to move.
func Room(dst []byte, n int) []byte {
	if cap(dst)-len(dst) >= n {
		return dst
	}
	return appendBlocks(make([]byte, 0, len(dst)+max(n, len(dst))), dst)
}

// AppendLarge is append for what may be large.
func AppendLarge(dst, src []byte) []byte { return appendBlocks(Room(dst, len(src)), src) }

func appendBlocks(dst, src []byte) []byte {
	for part := range slices.Chunk(src, block) {
		dst = append(dst, part...)
	}
	return dst
}

// ValueRoom is the room that a writer of a Stream makes before each value, so
// that values of usual size never make append move what is there.
const ValueRoom = 16 << 10
