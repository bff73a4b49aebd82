// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"sync"
	"unsafe"
)

// memory gives the tables what holds records and texts. It comes from the system
// in regions, outside of the heap of the collector: the collector lets its heap
// grow to twice what is in use before it runs, which with a million contacts on
// it would be as much again. Nothing in this memory is a pointer, and none of it
// is given back: what one contact leaves free another takes.
type memory struct {
	mu     sync.Mutex
	region []byte // guarded by mu; what is left of the newest one
}

const regionSize = 4 << 20

// bytes returns n zero bytes, aligned for any record. n is at most regionSize.
func (m *memory) bytes(n int) []byte {
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

func newPage(m *memory) *page {
	return (*page)(unsafe.Pointer(unsafe.SliceData(m.bytes(int(unsafe.Sizeof(page{}))))))
}

func newAORPage(m *memory) *[aorPage]aorRecord {
	return (*[aorPage]aorRecord)(unsafe.Pointer(unsafe.SliceData(m.bytes(int(unsafe.Sizeof([aorPage]aorRecord{}))))))
}
