// SPDX-License-Identifier: Apache-2.0

package timer

import (
	"runtime"
	"testing"
	"time"
)

type owner struct {
	a, b Timer
	runs int
}

func (o *owner) Expire(*Timer) { o.runs++ }

// crowd returns a wheel with n timers armed at 3600 s and a bit.
func crowd(b *testing.B, n int) (*Wheel, []owner) {
	w := New(NewReal(), Options{})
	b.Cleanup(w.Close)
	all := make([]owner, n)
	for i := range all {
		all[i].a.Init(w, &all[i])
		all[i].a.Arm(time.Hour + time.Duration(i%600)*time.Second)
	}
	return w, all
}

// BenchmarkArmStop is what a transaction does: arm, and stop before it runs out.
func BenchmarkArmStop(b *testing.B) {
	w, _ := crowd(b, 1_000_000)
	o := new(owner)
	o.b.Init(w, o)
	b.ReportAllocs()
	for b.Loop() {
		o.b.Arm(30 * time.Second)
		if !o.b.Stop() {
			b.Fatal("was not armed")
		}
	}
}

// BenchmarkRearm moves each of a million timers in turn, as registrations do.
func BenchmarkRearm(b *testing.B) {
	_, all := crowd(b, 1_000_000)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		all[i].a.Arm(time.Hour)
		if i++; i == len(all) {
			i = 0
		}
	}
}

func BenchmarkArmStopParallel(b *testing.B) {
	w, _ := crowd(b, 1000)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		o := new(owner)
		o.b.Init(w, o)
		for pb.Next() {
			o.b.Arm(30 * time.Second)
			o.b.Stop()
		}
	})
}

// BenchmarkExpire is the whole life of a timer that runs out: arm, move down
// a level, run.
func BenchmarkExpire(b *testing.B) {
	m := NewManual(start)
	w := New(m, Options{})
	b.Cleanup(w.Close)
	all := make([]owner, 10_000)
	b.ReportAllocs()
	n := 0
	for n < b.N {
		for i := range all {
			all[i].a.Init(w, &all[i])
			all[i].a.Arm(5 * time.Second)
		}
		m.Advance(5 * time.Second)
		n += len(all)
	}
	if all[0].runs == 0 {
		b.Fatal("did not run")
	}
}

// BenchmarkCollect is a full garbage collection with a million armed timers.
func BenchmarkCollect(b *testing.B) {
	_, all := crowd(b, 1_000_000)
	for b.Loop() {
		runtime.GC()
	}
	runtime.KeepAlive(all)
}

func BenchmarkNow(b *testing.B) {
	c := NewReal()
	b.Run("monotonic", func(b *testing.B) {
		for b.Loop() {
			c.Monotonic()
		}
	})
	b.Run("now", func(b *testing.B) {
		for b.Loop() {
			c.Now()
		}
	})
}
