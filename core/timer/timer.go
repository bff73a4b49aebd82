// SPDX-License-Identifier: Apache-2.0

// Package timer runs callbacks after an interval.
package timer

import "time"

// Expirer owns timers.
type Expirer interface {
	// Expire is called on the wheel's goroutine when t has run out. It may
	// arm and stop any timer, t too. It must not wait: all other timers wait
	// for it.
	Expire(t *Timer)
}

// Func is an owner that is only a function.
type Func func()

// Expire calls the function.
func (f Func) Expire(*Timer) { f() }

// Timer runs out once after each Arm. It is meant to be a field of its owner
// (a transaction, a dialog, a binding): arming, arming anew and stopping
// allocate nothing and cost the same however many timers there are. All
// methods are safe for concurrent use after Init. A Timer must not be copied.
type Timer struct {
	_     noCopy
	owner Expirer
	shard *shard // nil before Init
	node  uint32 // guarded by shard.mu; 0 when not armed
}

// noCopy lets go vet find copies.
type noCopy struct{}

func (*noCopy) Lock()   {}
func (*noCopy) Unlock() {}

// Init binds the timer to a wheel and to the owner that is told when it runs
// out. It must be called once before anything else, and again only while the
// timer is stopped and no callback of it is running (an owner from a pool).
func (t *Timer) Init(w *Wheel, owner Expirer) {
	t.owner = owner
	t.shard = w.shardOf(t)
	t.node = 0
}

// Arm makes the timer run out once, d from now, and forgets what it was armed
// for before. It never runs out early, and late by at most one tick and what
// other callbacks take. Zero or less means at the next tick, never within Arm.
func (t *Timer) Arm(d time.Duration) { t.shard.armAt(t, t.shard.wheel.after(d)) }

// ArmAt is Arm for a moment on the monotonic clock of the wheel, which it does
// not ask. It says whether the timer was armed; what false means, Stop says.
func (t *Timer) ArmAt(at time.Duration) (was bool) { return t.shard.armAt(t, at) }

// Stop disarms the timer and says whether it was armed. After true the
// callback does not run for that arming. After false it has run, is running
// at this moment on the wheel's goroutine, or was never going to run: an owner
// that is about to be reused must find that out under its own lock.
// Stop does nothing before Init.
func (t *Timer) Stop() bool {
	if t.shard == nil {
		return false
	}
	return t.shard.stop(t)
}

// Armed says whether the timer is going to run out.
func (t *Timer) Armed() bool {
	if t.shard == nil {
		return false
	}
	t.shard.mu.Lock()
	defer t.shard.mu.Unlock()
	return t.node != 0
}
