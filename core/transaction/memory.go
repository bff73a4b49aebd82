// SPDX-License-Identifier: Apache-2.0

package transaction

import (
	"sync"
	"unsafe"

	"github.com/kahea-sip/kahea/core/sip"
)

// Printed messages (the request of a branch, the last reply) live as long as
// they may have to be sent again, most of a transaction's life. They lie in
// pooled arrays of a few sizes, so that a transaction keeps little more than
// the bytes themselves. The pools hold pointers to arrays: a slice put into a
// sync.Pool would cost an allocation for its header.
var (
	text512  = sync.Pool{New: func() any { return new([512]byte) }}
	text1024 = sync.Pool{New: func() any { return new([1024]byte) }}
	text1536 = sync.Pool{New: func() any { return new([1536]byte) }}
	text2048 = sync.Pool{New: func() any { return new([2048]byte) }}
	text4096 = sync.Pool{New: func() any { return new([4096]byte) }}
)

// newText returns an empty slice with room for at least n bytes.
func newText(n int) []byte {
	switch {
	case n <= 512:
		return text512.Get().(*[512]byte)[:0]
	case n <= 1024:
		return text1024.Get().(*[1024]byte)[:0]
	case n <= 1536:
		return text1536.Get().(*[1536]byte)[:0]
	case n <= 2048:
		return text2048.Get().(*[2048]byte)[:0]
	case n <= 4096:
		return text4096.Get().(*[4096]byte)[:0]
	}
	return make([]byte, 0, n)
}

// freeText gives back what newText returned, perhaps grown since; nil is let
// pass.
func freeText(b []byte) {
	if b == nil {
		return
	}
	b = b[:cap(b)]
	if poison {
		sip.Poison(b)
	}
	switch len(b) {
	case 512:
		text512.Put((*[512]byte)(b))
	case 1024:
		text1024.Put((*[1024]byte)(b))
	case 1536:
		text1536.Put((*[1536]byte)(b))
	case 2048:
		text2048.Put((*[2048]byte)(b))
	case 4096:
		text4096.Put((*[4096]byte)(b))
	}
}

// fit moves a text into an array of its size where that saves memory.
func fit(b []byte) []byte {
	if c := cap(b); c <= 512 || len(b) > c/2 && c <= 1024 || len(b) > c-512 && c <= 4096 {
		return b
	}
	small := append(newText(len(b)), b...)
	freeText(b)
	return small
}

var poison bool

// Poison makes released memory be overwritten, so that a use after release
// shows. For tests.
func Poison(on bool) { poison = on }

var messages = sync.Pool{New: func() any { return new(sip.Message) }}

// NewMessage returns an empty message from the pool that transactions give
// the messages back to which they took over.
func NewMessage() *sip.Message { return messages.Get().(*sip.Message) }

// FreeMessage gives a message back. Its text may be gone already.
func FreeMessage(m *sip.Message) {
	m.Reset()
	messages.Put(m)
}

// view makes a string of bytes that do not change while it is used.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
