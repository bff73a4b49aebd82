// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"sync"
	"unsafe"
)

// Buffer is the memory of one message: the bytes that were received, and the
// strings that were made while it was handled (the scratch). It has one owner
// at a time. A worker owns it for the time of one message; a transaction that
// lives on takes it over, so that nothing that points into it is copied.
// Strings that point into a Buffer die with Release.
type Buffer struct {
	// Data is room for a received message; Packet.Data is a part of it.
	Data []byte

	scratch []byte
}

// BufferSize is the room for a received message in a pooled Buffer, in bytes.
// A longer message gets a Buffer of its own size.
const BufferSize = 2048

// scratchKeep is the scratch that a released buffer keeps, in bytes.
const scratchKeep = 4096

var bufferPool = sync.Pool{New: func() any { return &Buffer{Data: make([]byte, BufferSize)} }}

// NewBuffer returns a buffer with room for at least size received bytes.
func NewBuffer(size int) *Buffer {
	if size > BufferSize {
		return &Buffer{Data: make([]byte, size)}
	}
	return bufferPool.Get().(*Buffer)
}

// Release gives the memory back. The owner calls it once, when no string that
// points into it is in use any more.
func (b *Buffer) Release() {
	if poison {
		scribble(b.Data)
		scribble(b.scratch[:cap(b.scratch)])
	}
	if len(b.Data) != BufferSize {
		return
	}
	if cap(b.scratch) > scratchKeep {
		b.scratch = nil
	}
	b.scratch = b.scratch[:0]
	bufferPool.Put(b)
}

// Begin returns a slice of length zero to append text to; Keep turns the
// result into a string. Between the two nothing else may use the scratch.
func (b *Buffer) Begin() []byte {
	if cap(b.scratch)-len(b.scratch) < 64 {
		// The old chunk stays alive as long as a string points into it.
		b.scratch = make([]byte, 0, max(1024, 2*cap(b.scratch)))
	}
	return b.scratch[len(b.scratch):]
}

// Keep makes the text that was appended to what Begin returned a string. The
// string lives as long as the buffer.
func (b *Buffer) Keep(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	free := b.scratch[len(b.scratch):cap(b.scratch)]
	if len(free) > 0 && unsafe.SliceData(free) == unsafe.SliceData(text) {
		b.scratch = b.scratch[:len(b.scratch)+len(text)]
	}
	return unsafe.String(unsafe.SliceData(text), len(text))
}

// Copy returns s as a string in the scratch.
func (b *Buffer) Copy(s string) string { return b.Keep(append(b.Begin(), s...)) }

// poison is set by tests: released memory is overwritten, so that a string
// that outlived its message shows.
var poison bool

// Poison makes Release overwrite what it gives back. For tests.
func Poison(on bool) { poison = on }

func scribble(b []byte) {
	for i := range b {
		b[i] = 0xDB
	}
}
