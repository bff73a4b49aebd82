// SPDX-License-Identifier: Apache-2.0

package arena

import (
	"sync"
	"unsafe"
)

// Memory gives a store what holds its records and texts. It comes from the system
// in regions, outside of the heap of the collector: the collector lets its heap
// grow to twice what is in use before it runs, which with a million records on
// it would be as much again. Nothing in this memory is a pointer, and none of it
// is given back: what one record leaves free another takes.
type Memory struct {
	mu     sync.Mutex
	region []byte // guarded by mu; what is left of the newest one
}

const regionSize = 4 << 20

// Bytes returns n zero bytes, aligned for any record. n is at most regionSize.
func (m *Memory) Bytes(n int) []byte {
	n = (n + 63) &^ 63
	m.mu.Lock()
	defer m.mu.Unlock()
	if n > len(m.region) {
		m.region = systemMemory(regionSize)
	}
	b := m.region[:n:n]
	m.region = m.region[n:]
	return b
}

// New returns a zero record of a type without pointers, in memory of m.
func New[T any](m *Memory) *T {
	var zero T
	return (*T)(unsafe.Pointer(unsafe.SliceData(m.Bytes(int(unsafe.Sizeof(zero))))))
}
