// SPDX-License-Identifier: Apache-2.0

package pua

import "sync"

// job is a state that is to be published, or a subscription to be made or
// renewed.
type job interface {
	identity() identity
	// run begins; over is called once, when the last reply has been dealt with.
	run(over func())
	// replaced is called instead of run where a later job came first.
	replaced()
}

// flights are the jobs at work, one for each identity, and behind it the last
// one that came meanwhile.
type flights struct {
	start func(f func())

	mu sync.Mutex
	// waiting has an entry for each identity at work, nil where nothing waits;
	// guarded by mu.
	waiting map[identity]job
}

// begin has a job run as soon as it is its turn.
func (f *flights) begin(j job) {
	id := j.identity()
	f.mu.Lock()
	old, busy := f.waiting[id]
	if busy {
		f.waiting[id] = j
	} else {
		f.waiting[id] = nil
	}
	f.mu.Unlock()
	if old != nil {
		old.replaced()
	}
	if !busy {
		f.launch(j)
	}
}

// busy says whether a job of that identity is at work.
func (f *flights) busy(id identity) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, busy := f.waiting[id]
	return busy
}

func (f *flights) launch(j job) {
	f.start(func() { j.run(func() { f.over(j.identity()) }) })
}

// over lets the next one run.
func (f *flights) over(id identity) {
	f.mu.Lock()
	next := f.waiting[id]
	if next != nil {
		f.waiting[id] = nil
	} else {
		delete(f.waiting, id)
	}
	f.mu.Unlock()
	if next != nil {
		f.launch(next)
	}
}
