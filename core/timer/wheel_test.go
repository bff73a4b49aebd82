// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var start = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// recorder is an owner that notes when its timers run out.
type recorder struct {
	Timer
	name  string
	clock Clock
	log   *[]string
}

func (r *recorder) Expire(t *Timer) {
	if t != &r.Timer {
		panic("told of another's timer")
	}
	*r.log = append(*r.log, fmt.Sprint(r.name, "@", r.clock.Monotonic()))
}

func manualWheel(t *testing.T) (*Manual, *Wheel) {
	m := NewManual(start)
	w := New(m, Options{})
	t.Cleanup(w.Close)
	return m, w
}

func TestOrder(t *testing.T) {
	m, w := manualWheel(t)
	var log []string
	arm := func(name string, d time.Duration) *recorder {
		r := &recorder{name: name, clock: m, log: &log}
		r.Init(w, r)
		r.Arm(d)
		return r
	}
	arm("far", 50*24*time.Hour)
	arm("hour", time.Hour)
	arm("c", 500*time.Millisecond)
	arm("a", 100*time.Millisecond)
	arm("d", 500*time.Millisecond)
	arm("b", 100*time.Millisecond)
	arm("zero", 0)
	arm("past", -time.Hour)
	stopped := arm("stopped", 200*time.Millisecond)
	moved := arm("moved", 200*time.Millisecond)
	if len(log) != 0 {
		t.Fatalf("ran within Arm: %v", log)
	}
	m.Advance(150 * time.Millisecond)
	if !stopped.Stop() || stopped.Stop() || stopped.Armed() {
		t.Error("Stop must say true, then false")
	}
	moved.Arm(time.Second)
	m.Advance(50*24*time.Hour - time.Nanosecond - 150*time.Millisecond)
	m.Advance(time.Nanosecond)
	want := "zero@1ms past@1ms a@100ms b@100ms c@500ms d@500ms moved@1.15s hour@1h0m0s far@1200h0m0s"
	if got := strings.Join(log, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := m.Now(); !got.Equal(start.Add(50 * 24 * time.Hour)) {
		t.Errorf("clock shows %v", got)
	}
	if w.Len() != 0 {
		t.Errorf("%d armed after all ran out", w.Len())
	}
}

// TestAgainstModel compares the wheel with a plain list under random arming,
// stopping and advances over all levels.
func TestAgainstModel(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		m, w := manualWheel(t)
		type entry struct {
			Timer
			due time.Duration // 0 when not armed
			seq int
		}
		all := make([]entry, 50)
		var ran []*entry
		for i := range all {
			e := &all[i]
			e.Init(w, Func(func() { ran = append(ran, e) }))
		}
		seq := 0
		for range 300 {
			e := &all[rnd.IntN(len(all))]
			switch rnd.IntN(4) {
			case 0:
				if got, want := e.Stop(), e.due != 0; got != want {
					t.Fatalf("seed %d: Stop said %v", seed, got)
				}
				e.due = 0
			case 1, 2:
				d := time.Duration(1+rnd.Int64N(1<<rnd.IntN(36))) * time.Millisecond
				seq++
				e.seq, e.due = seq, m.Monotonic()+d
				e.Arm(d)
			case 3:
				m.Advance(time.Duration(rnd.Int64N(1<<rnd.IntN(36))) * time.Millisecond)
				var want []*entry
				for i := range all {
					if e := &all[i]; e.due != 0 && e.due <= m.Monotonic() {
						want = append(want, e)
					}
				}
				slices.SortFunc(want, func(a, b *entry) int {
					if a.due != b.due {
						return int(a.due - b.due)
					}
					return a.seq - b.seq
				})
				for _, e := range want {
					e.due = 0
				}
				if !slices.Equal(ran, want) {
					t.Fatalf("seed %d: %d ran, want %d, or in another order", seed, len(ran), len(want))
				}
				ran = ran[:0]
			}
		}
		armed := 0
		for i := range all {
			if all[i].due != 0 {
				armed++
			}
			if all[i].Armed() != (all[i].due != 0) {
				t.Fatalf("seed %d: Armed is %v", seed, all[i].Armed())
			}
		}
		if w.Len() != armed {
			t.Fatalf("seed %d: Len is %d, want %d", seed, w.Len(), armed)
		}
	}
}

// TestDueTogether: a callback stops and moves timers that are due in the
// same tick and have not run yet.
func TestDueTogether(t *testing.T) {
	m, w := manualWheel(t)
	var second, third Timer
	ran := ""
	w.After(time.Second, func() {
		ran += "1"
		if !second.Stop() {
			t.Error("the second was due but had not run: Stop must say true")
		}
		third.Arm(time.Second)
	})
	second.Init(w, Func(func() { ran += "2" }))
	second.Arm(time.Second)
	third.Init(w, Func(func() { ran += "3" }))
	third.Arm(time.Second)
	m.Advance(time.Second)
	if ran != "1" {
		t.Errorf("after one second ran %q, want 1", ran)
	}
	m.Advance(time.Second)
	if ran != "13" {
		t.Errorf("after two seconds ran %q, want 13", ran)
	}
}

func TestRearmFromCallback(t *testing.T) {
	m, w := manualWheel(t)
	var tm Timer
	n := 0
	tm.Init(w, Func(func() {
		n++
		tm.Arm(500 * time.Millisecond << n)
	}))
	tm.Arm(500 * time.Millisecond)
	m.Advance(500*time.Millisecond + time.Second + 2*time.Second + 4*time.Second - 1)
	if n != 3 {
		t.Errorf("ran %d times, want 3", n)
	}
}

// TestArmAt: ArmAt is Arm without asking the clock, and says what it found.
func TestArmAt(t *testing.T) {
	clock := NewManual(time.Unix(0, 0))
	w := New(clock, Options{})
	clock.Advance(time.Second)
	n := 0
	tm := new(Timer)
	tm.Init(w, Func(func() { n++ }))
	if tm.ArmAt(2*time.Second) || !tm.ArmAt(3*time.Second) {
		t.Error("ArmAt does not tell whether the timer was armed")
	}
	clock.Advance(2*time.Second - time.Millisecond)
	if n != 0 {
		t.Error("it ran out early")
	}
	clock.Advance(time.Millisecond)
	if n != 1 {
		t.Errorf("it ran out %d times at its moment", n)
	}
	tm.ArmAt(-5)
	clock.Advance(10 * time.Millisecond)
	if n != 2 {
		t.Errorf("a moment in the past: it ran out %d times", n)
	}
	tm.ArmAt(math.MaxInt64)
	clock.Advance(time.Hour)
	if n != 2 || !tm.Stop() {
		t.Error("the end of time came early")
	}
}

func TestZeroTimer(t *testing.T) {
	var tm Timer
	if tm.Stop() || tm.Armed() {
		t.Error("a zero Timer is not armed")
	}
}

func TestOverflow(t *testing.T) {
	m, w := manualWheel(t)
	m.Advance(time.Hour)
	tm := w.After(1<<63-1, func() { t.Error("ran") })
	m.Advance(1000 * time.Hour)
	if !tm.Armed() {
		t.Error("lost")
	}
}

func TestCloseAndArm(t *testing.T) {
	m := NewManual(start)
	w := New(m, Options{})
	w.After(time.Second, func() { t.Error("ran after Close") })
	w.Close()
	tm := w.After(time.Millisecond, func() { t.Error("ran after Close") })
	m.Advance(time.Hour)
	if !tm.Stop() {
		t.Error("still armed, so Stop says true")
	}
}

func TestRecover(t *testing.T) {
	m := NewManual(start)
	var got any
	w := New(m, Options{Recover: func(v any, stack []byte) {
		if !strings.Contains(string(stack), "TestRecover") {
			t.Errorf("the stack does not show the callback: %s", stack)
		}
		got = v
	}})
	defer w.Close()
	ran := false
	w.After(time.Second, func() { panic("boom") })
	w.After(time.Second, func() { ran = true })
	m.Advance(time.Second)
	if got != "boom" || !ran {
		t.Errorf("recovered %v, next ran %v", got, ran)
	}
}

// TestIdle: the alarm rings for what is armed, not for every tick.
func TestIdle(t *testing.T) {
	m, w := manualWheel(t)
	if _, set := m.Next(); set {
		t.Error("the alarm is set with nothing armed")
	}
	w.After(time.Hour, func() {})
	wakes := 0
	for {
		d, set := m.Next()
		if !set {
			break
		}
		wakes++
		m.Advance(d)
	}
	if wakes > upper+1 {
		t.Errorf("woke %d times for one timer", wakes)
	}
	tm := w.After(time.Hour, func() {})
	tm.Stop()
	m.Advance(time.Hour)
	if _, set := m.Next(); set {
		t.Error("the alarm is set after the only timer was stopped")
	}
}

func TestRealUnderSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := NewReal()
		w := New(clock, Options{})
		defer w.Close()
		var at []time.Duration
		done := make(chan bool)
		for _, d := range []time.Duration{32 * time.Second, 500 * time.Millisecond, 3 * time.Hour, 15 * time.Millisecond} {
			w.After(d, func() {
				at = append(at, clock.Monotonic())
				if len(at) == 4 {
					close(done)
				}
			})
		}
		<-done
		want := []time.Duration{20 * time.Millisecond, 500 * time.Millisecond, 32 * time.Second, 3 * time.Hour}
		if !slices.Equal(at, want) {
			t.Errorf("ran at %v, want %v", at, want)
		}
	})
}

// TestConcurrent arms and stops from many goroutines while timers run out.
// Each arming must end in exactly one of: run, stopped.
func TestConcurrent(t *testing.T) {
	w := New(NewReal(), Options{Tick: 100 * time.Microsecond})
	defer w.Close()
	var wg sync.WaitGroup
	for g := range uint64(8) {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(g, 2))
			var runs atomic.Int64
			done := make(chan struct{}, 1)
			var tm Timer
			tm.Init(w, Func(func() { runs.Add(1); done <- struct{}{} }))
			for i := range int64(300) {
				before := runs.Load()
				tm.Arm(time.Duration(rnd.IntN(300)) * time.Microsecond)
				if rnd.IntN(2) == 0 && tm.Stop() {
					if runs.Load() != before {
						t.Errorf("round %d: stopped and ran", i)
					}
					continue
				}
				<-done
				if runs.Load() != before+1 {
					t.Errorf("round %d: ran %d times", i, runs.Load()-before)
				}
			}
		})
	}
	wg.Wait()
	if w.Len() != 0 {
		t.Errorf("%d still armed", w.Len())
	}
}

// TestCloseWaits: Close returns only after the callback that is running.
func TestCloseWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(NewReal(), Options{})
		finish := make(chan bool)
		ended := false
		w.After(time.Second, func() { <-finish; ended = true })
		w.After(time.Second, func() { t.Error("ran while closing") })
		time.Sleep(2 * time.Second)
		go func() { time.Sleep(time.Second); close(finish) }()
		w.Close()
		if !ended {
			t.Error("Close did not wait")
		}
	})
}

func TestAllocs(t *testing.T) {
	_, w := manualWheel(t)
	r := &recorder{}
	r.Init(w, r)
	r.Arm(time.Second)
	if n := testing.AllocsPerRun(1000, func() {
		r.Arm(30 * time.Second)
		r.Arm(time.Second)
		r.Stop()
		r.Init(w, r)
		r.Arm(5 * time.Second)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
