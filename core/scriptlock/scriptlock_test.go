// SPDX-License-Identifier: Apache-2.0

package scriptlock

import (
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/timer"
)

// host is an engine that says when a script waits.
type host struct {
	module.Host
	timers *timer.Wheel
	waits  chan struct{}
}

func (h *host) Timers() *timer.Wheel { return h.timers }

func (h *host) Block(_ *module.Call, f func()) {
	h.waits <- struct{}{}
	f()
}

func newHost() (*host, *timer.Manual) {
	clock := timer.NewManual(time.Unix(1_800_000_000, 0))
	return &host{timers: timer.New(clock, timer.Options{}), waits: make(chan struct{})}, clock
}

// TestLock: a second script waits until the first has unlocked as often as it
// locked.
func TestLock(t *testing.T) {
	h, _ := newHost()
	var s Set[string]
	a, b := &module.Call{Host: h}, &module.Call{Host: h}
	s.Lock(a, "k")
	s.Lock(a, "k")
	if s.TryLock(b, "k") || s.Unlock(b, "k") {
		t.Fatal("another script has the lock too")
	}
	done := make(chan bool)
	go func() { done <- s.Lock(b, "k") }()
	<-h.waits
	s.Unlock(a, "k")
	select {
	case <-done:
		t.Fatal("the lock was given up by the first of two unlocks")
	default:
	}
	s.Unlock(a, "k")
	if <-done {
		t.Error("the lock was forced")
	}
	if s.TryLock(a, "k") || !s.Unlock(b, "k") || s.Held() {
		t.Error("the second script does not have the lock")
	}
}

// TestForgotten: what is not unlocked is at the end of the message, by the next
// message of its worker, or when somebody has waited long enough.
func TestForgotten(t *testing.T) {
	h, clock := newHost()
	var s Set[int]
	a, b := &module.Call{Host: h}, &module.Call{Host: h}
	s.Lock(a, 1)
	s.UnlockAll(a)
	if s.Held() {
		t.Error("the end of the message unlocks nothing")
	}
	s.Lock(a, 1)
	a.Serial++
	s.Lock(a, 1)
	if s.Unlock(a, 1); s.Held() {
		t.Error("the lock of an earlier message counts")
	}
	s.Lock(a, 1)
	done := make(chan bool)
	go func() { done <- s.Lock(b, 1) }()
	<-h.waits
	clock.Advance(Patience + time.Second)
	if !<-done {
		t.Error("nothing says that the lock was taken away")
	}
	go func() { s.Await(a, 1); done <- true }()
	<-h.waits
	s.Unlock(b, 1)
	<-done
}
