// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"sync"
	"time"
)

// Task is a function that runs periodically.
type Task struct {
	name     string
	wheel    *Wheel
	interval time.Duration
	f        func()
	timer    Timer

	mu      sync.Mutex
	idle    sync.Cond     // of mu; told when running becomes false
	due     time.Duration // guarded by mu; when the timer runs out
	running bool          // guarded by mu
	stopped bool          // guarded by mu
}

// Every runs f every interval (at least one tick), first one interval from
// now, never twice at once: a run that comes due while the last one is still
// going is left out, and no run is made up for. f may wait if the wheel was
// given [Options.Go].
func (w *Wheel) Every(name string, interval time.Duration, f func()) *Task {
	t := &Task{name: name, wheel: w, interval: max(interval, w.opt.Tick), f: f}
	t.idle.L = &t.mu
	t.timer.Init(w, t)
	t.due = w.clock.Monotonic() + t.interval
	t.timer.Arm(t.interval)
	return t
}

// Name is the name that was given to Every.
func (t *Task) Name() string { return t.name }

// Stop prevents further runs. One may be going; Wait waits for it.
func (t *Task) Stop() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.stopped = true
	t.timer.Stop()
}

// Wait returns when no run is going. It must not be called from the task.
func (t *Task) Wait() {
	t.mu.Lock()
	defer t.mu.Unlock()
	for t.running {
		t.idle.Wait()
	}
}

// Expire is for the wheel.
func (t *Task) Expire(*Timer) {
	if !t.begin() {
		return
	}
	if t.wheel.opt.Go != nil {
		t.wheel.opt.Go(t.name, t.run)
		return
	}
	t.run()
}

// begin arms the timer for the next run and says whether one starts now. Runs
// keep to multiples of the interval so that they do not drift.
func (t *Task) begin() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stopped {
		return false
	}
	now := t.wheel.clock.Monotonic()
	t.due += t.interval
	if late := now - t.due; late >= 0 {
		t.due += late/t.interval*t.interval + t.interval
	}
	t.timer.Arm(t.due - now)
	if t.running {
		return false
	}
	t.running = true
	return true
}

func (t *Task) run() {
	defer func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.running = false
		t.idle.Broadcast()
	}()
	t.f()
}
