// SPDX-License-Identifier: Apache-2.0

// Package counter counts what happens.
package counter

import (
	"sync/atomic"
	"unsafe"
)

// Counter is a number that workers add to. It is a small handle: modules keep
// it as a field and name its address in their [Entry]; [Set.Declare] fills it.
// The zero Counter counts nothing. All methods are safe for concurrent use.
type Counter struct {
	page *page
	i    uint32
}

// A counter is kept once per stripe, and its value is their sum. Each stripe
// of a page is a run of whole cache lines with all its counters side by side:
// workers that count on different stripes never wait for each other's cache
// lines, and the ten or so counters of a packet are on two or three lines of
// the worker's own instead of on one line each.
const (
	stripes  = 16 // power of two
	pageSize = 64 // counters
)

type page struct {
	cells [stripes][pageSize]atomic.Int64
}

// stripe picks the stripe of the calling goroutine.
//
// Hot path: each goroutine has a stack of its own, so the address of a local
// variable tells goroutines apart for less than a nanosecond, and does so the
// same way again while the goroutine stays at it. BenchmarkInc against
// BenchmarkIncShared (one plain atomic), 2026-11, Xeon, 2 processors:
// 8.4 ns against 8.4 ns alone, 4.6 ns against 18 ns with both counting.
// A wrong guess costs time, never counts.
func stripe() uint32 {
	var here byte
	at := uintptr(unsafe.Pointer(&here)) >> 11
	return uint32(uint64(at)*0x9e3779b97f4a7c15>>60) & (stripes - 1)
}

// Inc adds one.
func (c Counter) Inc() { c.Add(1) }

// Add adds n, which may be negative.
func (c Counter) Add(n int64) {
	if c.page != nil {
		c.page.cells[stripe()][c.i%pageSize].Add(n)
	}
}

// Value is the sum of all additions since the last Reset. Additions that run
// at the same time may be in it or not.
func (c Counter) Value() int64 {
	if c.page == nil {
		return 0
	}
	var sum int64
	for s := range &c.page.cells {
		sum += c.page.cells[s][c.i%pageSize].Load()
	}
	return sum
}

// Reset makes the value zero and returns what it was. No addition is lost:
// one that runs at the same time counts before or after.
func (c Counter) Reset() int64 {
	if c.page == nil {
		return 0
	}
	var sum int64
	for s := range &c.page.cells {
		sum += c.page.cells[s][c.i%pageSize].Swap(0)
	}
	return sum
}

// Set makes v the value, as Reset and Add.
func (c Counter) Set(v int64) {
	c.Reset()
	c.Add(v)
}
