// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"sync/atomic"
	"unsafe"
)

// works count the messages that workers have taken and those that they are done with: the difference is what is at work now. Each
// worker counts in one of a few cells, so that two of them seldom share a cache line.
type works struct {
	next  atomic.Uint32
	cells [workCells]workCell
}

const workCells = 16

// workCell is a cache line of its own.
type workCell struct {
	workNumbers
	_ [64 - unsafe.Sizeof(workNumbers{})%64]byte
}

type workNumbers struct{ taken, done atomic.Int64 }

// cell is the one for a new worker.
func (w *works) cell() *workCell { return &w.cells[w.next.Add(1)%workCells] }

// Work is how many messages were taken so far and how many of them are being handled: in their routes, or waiting for something there.
// With none at work, all that were taken are done to their end. What is done is summed up before what was taken: none that moves on
// meanwhile is missed.
func (e *Engine) Work() (taken, atWork int64) {
	var done int64
	for i := range e.works.cells {
		done += e.works.cells[i].done.Load()
	}
	for i := range e.works.cells {
		taken += e.works.cells[i].taken.Load()
	}
	return taken, taken - done
}
