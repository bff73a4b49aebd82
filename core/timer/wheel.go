// SPDX-License-Identifier: Apache-2.0

package timer

import "time"

// Tick is how fine a wheel under a [Real] clock measures.
const Tick = 10 * time.Millisecond

// Options tell how a Wheel runs. The zero value is good for a server and,
// with a [Manual] clock, for tests.
type Options struct {
	// Tick is how fine the wheel measures: [Tick] if 0, but a millisecond
	// under a Manual clock.
	Tick time.Duration
	// Shards is the number of locks that timers are spread over, a power of
	// two: by the number of processors if 0, but 1 under a Manual clock so
	// that timers run out in the order of their arming within one tick.
	Shards int
	// Go starts the runs of [Wheel.Every] on goroutines of their own, so that
	// they may wait. If nil they run on the wheel's goroutine.
	Go func(name string, f func())
	// Recover is told what a callback panicked with, and the wheel goes on.
	// If nil the panic ends the process.
	Recover func(v any, stack []byte)
}

// Wheel holds armed timers and runs what has run out.
type Wheel struct {
	clock Clock
	opt   Options
}

// New returns a wheel that runs by the clock.
func New(clock Clock, opt Options) *Wheel { return &Wheel{clock: clock, opt: opt} }

// Close ends the wheel: no callback runs after it returned. It must not be
// called from a callback.
func (w *Wheel) Close() {}

// Len is the number of armed timers.
func (w *Wheel) Len() int { return 0 }

// After calls f on the wheel's goroutine after d. The timer that it returns
// can be stopped and armed anew.
func (w *Wheel) After(d time.Duration, f func()) *Timer {
	t := new(Timer)
	t.Init(w, Func(f))
	t.Arm(d)
	return t
}
