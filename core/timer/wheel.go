// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"math/bits"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// Tick is how fine a wheel under a [Real] clock measures.
const Tick = 10 * time.Millisecond

// manualTick is how fine a wheel under a [Manual] clock measures.
const manualTick = time.Millisecond

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

// Wheel holds armed timers and runs what has run out. Callbacks run one after
// another, without a lock of the wheel, on the goroutine that polls, or on that
// which the clock rings its alarm on: one that lives as long as something is due
// under a Real clock, that of Advance under a Manual one. With nothing armed the
// wheel sleeps.
type Wheel struct {
	clock  Clock
	opt    Options
	shards []shard
	alarm  Alarm

	// turning is a lock, held while timers are taken off and callbacks run. A
	// channel, because testing/synctest can wait for one.
	turning chan struct{}
	// due is the moment from which Poll has something to do.
	due atomic.Int64
	// patience is Patience, but under a Manual clock 0: there everything runs
	// when its time is reached, and polling does nothing.
	patience time.Duration
	// polled says that somebody has polled since the alarm rang last.
	polled atomic.Bool

	// wanted is the tick that the alarm is set for: never if it is not set,
	// busy while a turn goes on, which sets the alarm at its end, and after
	// Close. Written with mu held.
	wanted atomic.Int64
	mu     sync.Mutex
	closed atomic.Bool // written with mu held
}

// Patience is how much later than the wheel wants the alarm rings as long as
// somebody polls: who polls saves the process a goroutine that wakes up for each
// tick, at most so late are timers when the polling ends.
const Patience = 4 * Tick

// busy is the value of Wheel.wanted that nothing is lower than.
const busy = -1

// New returns a wheel that runs by the clock. It panics if Shards is not a
// power of two.
func New(clock Clock, opt Options) *Wheel {
	_, manual := clock.(*Manual)
	if opt.Tick == 0 {
		opt.Tick = Tick
		if manual {
			opt.Tick = manualTick
		}
	}
	if opt.Shards == 0 {
		opt.Shards = 1
		if !manual {
			opt.Shards = min(64, 4<<bits.Len(uint(runtime.GOMAXPROCS(0)-1)))
		}
	}
	if opt.Shards&(opt.Shards-1) != 0 {
		panic("timer: the number of shards is not a power of two")
	}
	w := &Wheel{clock: clock, opt: opt, shards: make([]shard, opt.Shards), turning: make(chan struct{}, 1)}
	now := int64(clock.Monotonic() / opt.Tick)
	for i := range w.shards {
		w.shards[i].init(w, now)
	}
	if !manual {
		w.patience = Patience
	}
	w.wanted.Store(never)
	w.due.Store(never)
	w.alarm = clock.Alarm(w.turn)
	return w
}

// Close ends the wheel: no callback runs after it returned, though timers can
// still be armed and stopped. It must not be called from a callback.
func (w *Wheel) Close() {
	w.mu.Lock()
	w.closed.Store(true)
	w.setWanted(busy)
	w.alarm.Stop()
	w.mu.Unlock()
	w.turning <- struct{}{}
	<-w.turning
}

// Len is the number of armed timers.
func (w *Wheel) Len() int {
	n := 0
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		n += s.armed
		s.mu.Unlock()
	}
	return n
}

// Clock is the clock that the wheel runs by.
func (w *Wheel) Clock() Clock { return w.clock }

// After calls f on the wheel's goroutine after d. The timer that it returns
// can be stopped and armed anew.
func (w *Wheel) After(d time.Duration, f func()) *Timer {
	t := new(Timer)
	t.Init(w, Func(f))
	t.Arm(d)
	return t
}

// after is the moment d from now, as far as a Duration can say it.
func (w *Wheel) after(d time.Duration) time.Duration {
	at := w.clock.Monotonic() + d
	if at < 0 && d > 0 {
		return never
	}
	return at
}

// tickOf is the first tick that is not before a moment.
func (w *Wheel) tickOf(at time.Duration) int64 {
	at = min(max(at, 0), never-w.opt.Tick)
	return int64((at + w.opt.Tick - 1) / w.opt.Tick)
}

// want makes sure that the alarm rings no later than at tick at, or patience
// after it.
func (w *Wheel) want(at int64, patience time.Duration) {
	if at >= w.wanted.Load() {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if at < w.wanted.Load() && !w.closed.Load() {
		w.setWanted(at)
		w.alarm.Set(time.Duration(at)*w.opt.Tick + patience)
	}
}

// Poll runs what is due at the moment now of the clock, unless that happens
// already. It is for those who pass by often; callbacks run on their goroutine.
func (w *Wheel) Poll(now time.Duration) {
	if w.patience == 0 {
		return
	}
	if !w.polled.Load() {
		w.polled.Store(true)
	}
	if int64(now) < w.due.Load() {
		return
	}
	select {
	case w.turning <- struct{}{}:
		defer func() { <-w.turning }()
		w.run(now, w.patience)
	default:
	}
}

// turn is what the alarm calls: it runs all that is due.
func (w *Wheel) turn() {
	w.turning <- struct{}{}
	defer func() { <-w.turning }()
	patience := time.Duration(0)
	if w.polled.Swap(false) {
		patience = w.patience
	}
	w.run(w.clock.Monotonic(), patience)
}

// run runs what is due; patience is for the next alarm.
func (w *Wheel) run(at, patience time.Duration) {
	if !w.open(busy) {
		return
	}
	// However a callback ends, the alarm must be set again.
	defer w.rest(patience)
	now := int64(at / w.opt.Tick)
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		s.advance(now)
		s.mu.Unlock()
		for !w.closed.Load() {
			t := s.pop()
			if t == nil {
				break
			}
			w.expire(t)
		}
	}
}

// rest sets the alarm for what comes next. A timer that is armed in a shard
// that was asked already sees no alarm, or a later one, and sets it itself.
func (w *Wheel) rest(patience time.Duration) {
	if !w.open(never) {
		return
	}
	first := int64(never)
	for i := range w.shards {
		s := &w.shards[i]
		s.mu.Lock()
		_, at := s.next()
		if !s.empty(dueSlot) {
			at = s.now
		}
		s.mu.Unlock()
		first = min(first, at)
	}
	w.want(first, patience)
}

// open sets wanted and says whether the wheel is open.
func (w *Wheel) open(at int64) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed.Load() {
		return false
	}
	w.setWanted(at)
	return true
}

// setWanted sets wanted, and due by it. mu is held.
func (w *Wheel) setWanted(at int64) {
	w.wanted.Store(at)
	if at == busy || at >= never/int64(w.opt.Tick) {
		w.due.Store(never)
		return
	}
	w.due.Store(at * int64(w.opt.Tick))
}

func (w *Wheel) expire(t *Timer) {
	if w.opt.Recover != nil {
		defer func() {
			if v := recover(); v != nil {
				w.opt.Recover(v, debug.Stack())
			}
		}()
	}
	t.owner.Expire(t)
}
