// SPDX-License-Identifier: Apache-2.0

package timer

import "time"

// Real is the clock of the machine. Make it with [NewReal].
type Real struct{ base time.Time }

var _ Clock = (*Real)(nil)

// NewReal returns the clock of the machine. Made inside a testing/synctest
// bubble it follows the time of the bubble.
func NewReal() *Real { return &Real{base: time.Now()} }

// Now is the time of day.
func (r *Real) Now() time.Time { return time.Now() }

// Monotonic is the time since NewReal.
func (r *Real) Monotonic() time.Duration { return time.Since(r.base) }

// Alarm returns an alarm that calls f on a goroutine of its own.
func (r *Real) Alarm(f func()) Alarm { return &realAlarm{clock: r, f: f} }

type realAlarm struct {
	clock *Real
	f     func()
	timer *time.Timer // nil until the first Set
}

func (a *realAlarm) Set(at time.Duration) {
	d := max(at-a.clock.Monotonic(), 0)
	if a.timer == nil {
		a.timer = time.AfterFunc(d, a.f)
		return
	}
	a.timer.Reset(d)
}

func (a *realAlarm) Stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
