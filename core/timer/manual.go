// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"sync"
	"time"
)

// Manual is a clock for tests: it stands still until [Manual.Advance]. The
// zero value is not ready; make it with [NewManual]. Safe for concurrent use,
// except that only one goroutine at a time may call Advance.
type Manual struct {
	mu     sync.Mutex
	start  time.Time
	now    time.Duration  // guarded by mu
	alarms []*manualAlarm // guarded by mu; all that are set, in the order of setting
}

var _ Clock = (*Manual)(nil)

// NewManual returns a clock that shows start.
func NewManual(start time.Time) *Manual { return &Manual{start: start.Round(0)} }

// Now is the time that the clock shows.
func (m *Manual) Now() time.Time { return m.start.Add(m.Monotonic()) }

// At is the time of day at a sum of advances.
func (m *Manual) At(mono time.Duration) time.Time { return m.start.Add(mono) }

// Monotonic is the sum of all advances.
func (m *Manual) Monotonic() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// Alarm returns an alarm that calls f within Advance, on its goroutine.
func (m *Manual) Alarm(f func()) Alarm { return &manualAlarm{clock: m, f: f} }

// Advance moves the time by d and rings, in the order of their times and on
// this goroutine, the alarms that come due, those that are set meanwhile
// included. While an alarm rings the clock shows the time of the alarm.
func (m *Manual) Advance(d time.Duration) {
	m.mu.Lock()
	end := m.now + d
	for {
		a := m.pop(end)
		if a == nil {
			break
		}
		m.now = max(m.now, a.at)
		m.mu.Unlock()
		a.f()
		m.mu.Lock()
	}
	m.now = max(m.now, end) // what rang may have skipped more
	m.mu.Unlock()
}

// skip moves the time by d and rings nothing. It may be called while an alarm
// rings.
func (m *Manual) skip(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now += d
}

// Next is the time until the next alarm; false when none is set.
func (m *Manual) Next() (time.Duration, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a := m.earliest()
	if a == nil {
		return 0, false
	}
	return max(a.at-m.now, 0), true
}

// pop takes the earliest alarm that is due at end. m.mu is held.
func (m *Manual) pop(end time.Duration) *manualAlarm {
	a := m.earliest()
	if a == nil || a.at > end {
		return nil
	}
	m.remove(a)
	return a
}

func (m *Manual) earliest() *manualAlarm {
	var first *manualAlarm
	for _, a := range m.alarms {
		if first == nil || a.at < first.at {
			first = a
		}
	}
	return first
}

func (m *Manual) remove(a *manualAlarm) {
	for i, b := range m.alarms {
		if a == b {
			m.alarms = append(m.alarms[:i], m.alarms[i+1:]...)
			return
		}
	}
}

type manualAlarm struct {
	clock *Manual
	f     func()
	at    time.Duration // guarded by clock.mu
}

func (a *manualAlarm) Set(at time.Duration) {
	a.clock.mu.Lock()
	defer a.clock.mu.Unlock()
	a.clock.remove(a)
	a.at = at
	a.clock.alarms = append(a.clock.alarms, a)
}

func (a *manualAlarm) Stop() {
	a.clock.mu.Lock()
	defer a.clock.mu.Unlock()
	a.clock.remove(a)
}
