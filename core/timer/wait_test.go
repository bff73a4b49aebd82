// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"testing"
	"time"
)

// TestWait: what one waits for comes, the time passes, or nobody moves the clock but
// who waits.
func TestWait(t *testing.T) {
	gone, never := make(chan struct{}), make(chan struct{})
	close(gone)
	clock := NewManual(time.Unix(0, 0))
	blocked := 0
	block := func(f func()) { blocked++; f() }
	if !Wait(clock, time.Hour, gone, block) || blocked != 1 {
		t.Errorf("it came: not told, blocked %d times", blocked)
	}
	if _, ok := clock.Next(); ok {
		t.Error("an alarm is left")
	}
	passes := func(f func()) { clock.Advance(time.Hour); f() }
	if Wait(clock, time.Hour, never, passes) {
		t.Error("it came out of nothing")
	}
	standing := Standing{clock}
	before := clock.Monotonic()
	if !Wait(standing, time.Hour, gone, nil) || clock.Monotonic() != before {
		t.Error("a clock that stands: it came, and was waited for")
	}
	if Wait(standing, time.Hour, never, nil) || clock.Monotonic() != before+time.Hour {
		t.Errorf("a clock that stands: %v passed", clock.Monotonic()-before)
	}
}

// TestSkipWhileRinging: time that is skipped by what rings is not taken back.
func TestSkipWhileRinging(t *testing.T) {
	clock := NewManual(time.Unix(0, 0))
	alarm := clock.Alarm(func() { Standing{clock}.Skip(time.Hour) })
	alarm.Set(clock.Monotonic() + time.Second)
	before := clock.Monotonic()
	clock.Advance(time.Second)
	if got := clock.Monotonic() - before; got != time.Hour+time.Second {
		t.Errorf("%v passed", got)
	}
}
