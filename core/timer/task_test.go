// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestEvery(t *testing.T) {
	m, w := manualWheel(t)
	var at []time.Duration
	task := w.Every("sweep", 700*time.Millisecond, func() { at = append(at, m.Monotonic()/time.Millisecond) })
	m.Advance(3 * time.Second)
	if got := fmt.Sprint(at); got != "[700ns 1.4µs 2.1µs 2.8µs]" {
		t.Errorf("ran at %v (ms)", got)
	}
	if task.Name() != "sweep" {
		t.Errorf("name is %q", task.Name())
	}
	task.Stop()
	task.Wait()
	n := len(at)
	m.Advance(time.Minute)
	if len(at) != n {
		t.Error("ran after Stop")
	}
}

func TestEveryStopsItself(t *testing.T) {
	m, w := manualWheel(t)
	n := 0
	var task *Task
	task = w.Every("once", time.Second, func() { n++; task.Stop() })
	m.Advance(time.Minute)
	if n != 1 {
		t.Errorf("ran %d times", n)
	}
}

// TestEverySlow: a run that takes longer than the interval does not overlap
// the next, which comes on a multiple of the interval.
func TestEverySlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := NewReal()
		names := make(chan string, 10)
		w := New(clock, Options{Go: func(name string, f func()) { names <- name; go f() }})
		defer w.Close()
		var at []time.Duration
		going := 0
		task := w.Every("slow", time.Second, func() {
			if going++; going > 1 {
				t.Error("two runs at once")
			}
			at = append(at, clock.Monotonic())
			time.Sleep(2500 * time.Millisecond)
			going--
		})
		time.Sleep(8500 * time.Millisecond)
		task.Stop()
		task.Wait()
		if going != 0 {
			t.Error("Wait returned during a run")
		}
		want := []time.Duration{time.Second, 4 * time.Second, 7 * time.Second}
		if !slices.Equal(at, want) || <-names != "slow" {
			t.Errorf("ran at %v, want %v", at, want)
		}
	})
}

// TestEveryLate: after a clock that was not read for long, runs are not made
// up for.
func TestEveryLate(t *testing.T) {
	m, w := manualWheel(t)
	n := 0
	w.Every("tick", time.Second, func() { n++ })
	w.After(time.Second/2, func() {
		// The time passes while the wheel is held up.
		m.mu.Lock()
		m.now += 10 * time.Second
		m.mu.Unlock()
	})
	m.Advance(12 * time.Second)
	if n != 3 { // at 10.5, 11 and 12 seconds
		t.Errorf("ran %d times, want 3", n)
	}
}
