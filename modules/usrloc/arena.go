// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"encoding/binary"
	"unsafe"
)

// arena holds the texts of a shard in a few large blocks of bytes, so that a
// million contacts are nothing to walk for the garbage collector and cost no
// memory but their own. A text is named by a ref: number of the chunk and place
// in it, in units. Ref 0 is the empty text. Guarded by the shard's lock.
//
// Freed texts are kept in one list per size, threaded through their own bytes;
// what a list cannot give is cut off the newest chunk.
type arena struct {
	memory *memory
	chunks [][]byte
	tail   int // first free byte of chunk last
	last   int // the chunk that is cut, -1 before there is one
	free   [classes + 1]ref
	// spare are numbers of chunks that held one large text and are gone.
	spare []int
}

type ref uint32

const (
	unit      = 16 // bytes
	unitBits  = 10
	chunkSize = unit << unitBits
	classes   = 64 // a text of more than classes units has a chunk to itself
)

// size is how many bytes a text of n bytes takes.
func size(n int) int { return (n + unit - 1) &^ (unit - 1) }

// alloc returns room for n bytes.
func (a *arena) alloc(n int) ref {
	if n == 0 {
		return 0
	}
	class := size(n) / unit
	if class > classes {
		return a.large(size(n))
	}
	if r := a.free[class]; r != 0 {
		a.free[class] = ref(binary.LittleEndian.Uint32(a.at(r)))
		return r
	}
	if a.tail+class*unit > a.room() {
		a.grow()
	}
	r := ref(a.last<<unitBits | a.tail/unit)
	a.tail += class * unit
	return r
}

func (a *arena) room() int {
	if len(a.chunks) == 0 {
		return 0
	}
	return len(a.chunks[a.last])
}

// grow begins a chunk. The first ones are small, as most shards of a small
// server hold next to nothing.
func (a *arena) grow() {
	if rest := (a.room() - a.tail) / unit; rest > 0 {
		a.release(ref(a.last<<unitBits|a.tail/unit), rest*unit)
	}
	n := chunkSize
	switch len(a.chunks) {
	case 0:
		n = chunkSize / 16
	case 1:
		n = chunkSize / 4
	}
	a.last = len(a.chunks)
	a.chunks = append(a.chunks, a.memory.bytes(n))
	a.tail = 0
	if a.last == 0 {
		a.tail = unit // ref 0 is taken
	}
}

func (a *arena) large(n int) ref {
	if len(a.chunks) == 0 {
		a.grow()
	}
	i := len(a.chunks)
	if k := len(a.spare); k > 0 {
		i, a.spare = a.spare[k-1], a.spare[:k-1]
		a.chunks[i] = make([]byte, n)
	} else {
		a.chunks = append(a.chunks, make([]byte, n))
	}
	return ref(i << unitBits)
}

// release gives the room of a text of n bytes back.
func (a *arena) release(r ref, n int) {
	if r == 0 {
		return
	}
	class := size(n) / unit
	if class > classes {
		i := int(r >> unitBits)
		a.chunks[i] = nil
		a.spare = append(a.spare, i)
		return
	}
	binary.LittleEndian.PutUint32(a.at(r), uint32(a.free[class]))
	a.free[class] = r
}

// at returns the bytes from r to the end of its chunk.
func (a *arena) at(r ref) []byte {
	return a.chunks[r>>unitBits][int(r&(1<<unitBits-1))*unit:]
}

// text returns n bytes from offset from of r as a string, which is valid while the
// shard is locked and r not released.
func (a *arena) text(r ref, from, n int) string {
	if n == 0 {
		return ""
	}
	return unsafe.String(&a.at(r)[from], n)
}

// put stores one text.
func (a *arena) put(s string) ref {
	r := a.alloc(len(s))
	if r != 0 {
		copy(a.at(r), s)
	}
	return r
}

// bytes is the memory of the arena.
func (a *arena) bytes() int {
	n := 0
	for _, c := range a.chunks {
		n += len(c)
	}
	return n
}
