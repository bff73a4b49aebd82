// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// Who polls runs what is due, and keeps the alarm from ringing.
func TestPoll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewReal()
		w := New(c, Options{})
		defer w.Close()
		var ran atomic.Int32
		for i := range 50 {
			w.After(time.Duration(i)*Tick, func() { ran.Add(1) })
		}
		w.Poll(c.Monotonic())
		for range 40 {
			time.Sleep(Tick)
			w.Poll(c.Monotonic())
		}
		if ran.Load() < 40 {
			t.Fatalf("%d timers have run, want 40", ran.Load())
		}
		last := ran.Load()
		time.Sleep(Patience / 2)
		synctest.Wait()
		if ran.Load() != last {
			t.Error("the alarm rang while somebody polled")
		}
		time.Sleep(Patience)
		synctest.Wait()
		if ran.Load() == last {
			t.Error("nothing runs when the polling ends")
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if ran.Load() != 50 {
			t.Errorf("%d timers have run, want 50", ran.Load())
		}
	})
}

func TestPollOfAnEmptyWheelDoesNothing(t *testing.T) {
	w := New(NewReal(), Options{})
	w.Poll(time.Hour)
	w.Close()
	w.Poll(time.Hour)
}

// At follows the time of day, whatever the monotonic clock says.
func TestAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewReal()
		for range 5 {
			if got, want := c.At(c.Monotonic()), time.Now(); !got.Equal(want) {
				t.Errorf("%v, want %v", got, want)
			}
			time.Sleep(700 * time.Millisecond)
		}
	})
	m := NewManual(time.Unix(1000, 0))
	m.Advance(time.Minute)
	if got := m.At(m.Monotonic()); !got.Equal(m.Now()) {
		t.Errorf("%v, want %v", got, m.Now())
	}
}
