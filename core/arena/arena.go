// SPDX-License-Identifier: Apache-2.0

// Package arena keeps the content of large stores outside of the collector's sight.
package arena

import (
	"encoding/binary"
	"unsafe"
)

// Arena holds the texts of a part of a store in a few large blocks of bytes, so
// that a million of them are nothing to walk for the garbage collector and cost
// no memory but their own. Whoever owns it guards it with his own lock. Memory is
// set before the first text.
//
// Freed texts are kept in one list per size, threaded through their own bytes;
// what a list cannot give is cut off the newest chunk.
type Arena struct {
	Memory *Memory
	chunks [][]byte
	tail   int // first free byte of chunk last
	last   int // the chunk that is cut, -1 before there is one
	free   [classes + 1]Ref
	// spare are numbers of chunks that held one large text and are gone.
	spare []int
}

// Ref names a text: number of the chunk and place in it, in units. Ref 0 is the
// empty text.
type Ref uint32

const (
	unit      = 16 // bytes
	unitBits  = 10
	chunkSize = unit << unitBits
	classes   = 64 // a text of more than classes units has a chunk to itself
)

// size is how many bytes a text of n bytes takes.
func size(n int) int { return (n + unit - 1) &^ (unit - 1) }

// Alloc returns room for n bytes.
func (a *Arena) Alloc(n int) Ref {
	if n == 0 {
		return 0
	}
	class := size(n) / unit
	if class > classes {
		return a.large(size(n))
	}
	if r := a.free[class]; r != 0 {
		a.free[class] = Ref(binary.LittleEndian.Uint32(a.At(r)))
		return r
	}
	if a.tail+class*unit > a.room() {
		a.grow()
	}
	r := Ref(a.last<<unitBits | a.tail/unit)
	a.tail += class * unit
	return r
}

func (a *Arena) room() int {
	if len(a.chunks) == 0 {
		return 0
	}
	return len(a.chunks[a.last])
}

// grow begins a chunk. The first ones are small, as most parts of a small
// store hold next to nothing.
func (a *Arena) grow() {
	if rest := (a.room() - a.tail) / unit; rest > 0 {
		a.Release(Ref(a.last<<unitBits|a.tail/unit), rest*unit)
	}
	n := chunkSize
	switch len(a.chunks) {
	case 0:
		n = chunkSize / 16
	case 1:
		n = chunkSize / 4
	}
	a.last = len(a.chunks)
	a.chunks = append(a.chunks, a.Memory.Bytes(n))
	a.tail = 0
	if a.last == 0 {
		a.tail = unit // Ref 0 is taken
	}
}

func (a *Arena) large(n int) Ref {
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
	return Ref(i << unitBits)
}

// Release gives the room of a text of n bytes back.
func (a *Arena) Release(r Ref, n int) {
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
	binary.LittleEndian.PutUint32(a.At(r), uint32(a.free[class]))
	a.free[class] = r
}

// At returns the bytes from r to the end of its chunk.
func (a *Arena) At(r Ref) []byte {
	return a.chunks[r>>unitBits][int(r&(1<<unitBits-1))*unit:]
}

// Text returns n bytes from offset from of r as a string, which is valid until r
// is released.
func (a *Arena) Text(r Ref, from, n int) string {
	if n == 0 {
		return ""
	}
	return unsafe.String(&a.At(r)[from], n)
}

// Put stores one text.
func (a *Arena) Put(s string) Ref {
	r := a.Alloc(len(s))
	if r != 0 {
		copy(a.At(r), s)
	}
	return r
}

// Bytes is the memory of the arena.
func (a *Arena) Bytes() int {
	n := 0
	for _, c := range a.chunks {
		n += len(c)
	}
	return n
}
