// SPDX-License-Identifier: Apache-2.0

package timer

import "time"

// Skipper is a clock that nobody moves but those who wait by it.
type Skipper interface {
	// Skip moves the time by d.
	Skip(d time.Duration)
}

// Standing is a Manual clock that stands still also while somebody waits by it,
// so that [Wait] skips the time.
type Standing struct{ *Manual }

// Skip moves the time by d and rings nothing: what came due meanwhile rings
// within the next Advance.
func (s Standing) Skip(d time.Duration) { s.skip(d) }

var (
	_ Clock   = Standing{}
	_ Skipper = Standing{}
)

// Wait waits until gone is closed, and returns true, or until d is over; block
// runs the function that waits. It returns at once where the clock is a Skipper.
func Wait(clock Clock, d time.Duration, gone <-chan struct{}, block func(func())) (came bool) {
	if s, ok := clock.(Skipper); ok {
		select {
		case <-gone:
			return true
		default:
		}
		s.Skip(d)
		return false
	}
	over := make(chan struct{})
	alarm := clock.Alarm(func() { close(over) })
	defer alarm.Stop()
	alarm.Set(clock.Monotonic() + d)
	block(func() {
		select {
		case <-gone:
			came = true
		case <-over:
		}
	})
	return came
}
