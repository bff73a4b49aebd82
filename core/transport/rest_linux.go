// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"runtime"
	"time"
)

// between does what is due between two batches.
func (r *udpReader) between() {
	r.layer.opt.Poll(r.fetched)
	if r.fetched-r.scheduled >= schedulePeriod {
		r.scheduled = r.fetched
		if r.yields++; r.yields%fairEvery == 0 {
			runtime.Gosched()
		} else {
			yield()
		}
	}
}

// crowded calls for another reader when a batch is full; alone says that nobody
// waits now.
func (r *udpReader) crowded(alone bool) {
	if r.n == batch {
		r.calm.Store(0)
		if alone && r.resting.Load() > 0 {
			r.unpark()
		}
	} else if c := r.calm.Load(); c < calmAfter {
		r.calm.Store(c + 1)
	}
	if !r.active.Load() {
		r.active.Store(true)
	}
	if r.resting.Load() > 0 && !r.looking.Load() && r.looking.CompareAndSwap(false, true) {
		r.look.Set(r.fetched + lookPeriod)
	}
}

// putOff puts the next look off when the one before this batch was fetched a
// moment ago: messages that come fast and take no time need no look, and each
// wakes two threads.
func (r *udpReader) putOff(before time.Duration) {
	if r.fetched-before < calmPeriod && r.fetched-r.lookSet >= lookPeriod*3/4 && r.looking.Load() {
		r.lookSet = r.fetched
		r.look.Set(r.fetched + lookPeriod)
	}
}

// relieve calls for another reader when all are at work, and looks again as
// long as there is traffic.
func (u *udpSocket) relieve() {
	if u.waiting.Load() == 0 && u.resting.Load() > 0 {
		u.unpark()
	}
	u.looking.Store(false)
	if u.active.Swap(false) && !u.stopped.Load() && u.looking.CompareAndSwap(false, true) {
		u.look.Set(u.layer.clock.Monotonic() + lookPeriod)
	}
}

// park waits for unpark, unless nobody else waits.
func (r *udpReader) park() {
	r.mu.Lock()
	if r.stopped.Load() || r.waiting.Load() < 1 {
		r.mu.Unlock()
		return
	}
	r.parked = append(r.parked, r)
	r.resting.Add(1)
	r.mu.Unlock()
	<-r.wake
	r.quiet = 0
	r.calm.Store(0)
}

// unpark lets one parked reader wait for packets again; false when there is
// none.
func (u *udpSocket) unpark() bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := len(u.parked)
	if n == 0 {
		return false
	}
	r := u.parked[n-1]
	u.parked = u.parked[:n-1]
	u.resting.Add(-1)
	r.wake <- struct{}{}
	return true
}
