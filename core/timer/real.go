// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"math"
	"sync/atomic"
	"time"
)

// Real is the clock of the machine. Make it with [NewReal].
type Real struct {
	base   time.Time
	anchor atomic.Pointer[anchor]
}

// anchor is a moment on both clocks, so that At reads none: a look at the
// machine's clock for each message costs as much as parsing it.
type anchor struct {
	mono time.Duration
	day  time.Time
}

// anchorLife is how old an anchor may be.
const anchorLife = time.Second

var _ Clock = (*Real)(nil)

// NewReal returns the clock of the machine. Made inside a testing/synctest
// bubble it follows the time of the bubble.
func NewReal() *Real {
	r := &Real{base: time.Now()}
	r.anchor.Store(&anchor{day: r.base.Round(0)})
	return r
}

// Now is the time of day.
func (r *Real) Now() time.Time { return time.Now() }

// Monotonic is the time since NewReal.
func (r *Real) Monotonic() time.Duration { return time.Since(r.base) }

// At is the time of day at a moment that Monotonic has just told.
func (r *Real) At(mono time.Duration) time.Time {
	a := r.anchor.Load()
	if d := mono - a.mono; d >= 0 && d < anchorLife {
		return a.day.Add(d)
	}
	now := time.Now()
	r.anchor.Store(&anchor{mono: now.Sub(r.base), day: now.Round(0)})
	return now.Round(0)
}

// Alarm returns an alarm that calls f on a goroutine of its own.
func (r *Real) Alarm(f func()) Alarm {
	t := time.AfterFunc(math.MaxInt64, f)
	t.Stop()
	return &realAlarm{r, t}
}

type realAlarm struct {
	clock *Real
	timer *time.Timer
}

func (a *realAlarm) Set(at time.Duration) { a.timer.Reset(max(at-a.clock.Monotonic(), 0)) }

func (a *realAlarm) Stop() { a.timer.Stop() }
