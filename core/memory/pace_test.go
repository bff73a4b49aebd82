// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"math"
	"runtime"
	"runtime/debug"
	"testing"
)

func TestPercentFor(t *testing.T) {
	const mb = 1 << 20
	for _, tt := range []struct {
		live, floor int64
		want        int
	}{
		{0, 64 * mb, mostPercent},
		{4 * mb, 64 * mb, 1500},
		{16 * mb, 64 * mb, 300},
		{21 * mb, 64 * mb, 204},
		{22 * mb, 64 * mb, 200},
		{1024 * mb, 64 * mb, 200},
		{1 << 50, 64 * mb, 200},
	} {
		if got := percentFor(tt.live, tt.floor); got != tt.want {
			t.Errorf("percentFor(%d MB, %d MB) = %d, want %d", tt.live/mb, tt.floor/mb, got, tt.want)
		}
	}
}

func TestPlanFor(t *testing.T) {
	env := func(pairs ...string) func(string) string {
		return func(name string) string {
			for i := 0; i < len(pairs); i += 2 {
				if pairs[i] == name {
					return pairs[i+1]
				}
			}
			return ""
		}
	}
	for _, tt := range []struct {
		name string
		m    Machine
		env  func(string) string
		want Plan
	}{
		{"machine", Machine{Total: 16 << 30}, env(), Plan{Floor: floorBytes}},
		{"container", Machine{Container: 1000 << 20, Total: 16 << 30}, env(), Plan{Limit: 900 << 20, Floor: floorBytes}},
		{"small container", Machine{Container: 160 << 20}, env(), Plan{Limit: 144 << 20, Floor: 20 << 20}},
		{"GOMEMLIMIT", Machine{Container: 1000 << 20}, env("GOMEMLIMIT", "1GiB"), Plan{Floor: floorBytes}},
		{"GOGC", Machine{Container: 1000 << 20}, env("GOGC", "off"), Plan{Limit: 900 << 20}},
	} {
		if got := PlanFor(tt.m, tt.env); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// TestStart: the floor holds after a collection, and stop leaves nothing
// behind.
func TestStart(t *testing.T) {
	gogc, limit := debug.SetGCPercent(77), debug.SetMemoryLimit(-1)
	defer debug.SetGCPercent(gogc)
	stop := Plan{Limit: 1 << 30, Floor: 256 << 20}.Start()
	if got := debug.SetMemoryLimit(-1); got != 1<<30 {
		t.Errorf("the limit is %d", got)
	}
	runtime.GC()
	k := keeper{floor: 256 << 20, percent: basePercent}
	if !k.adjust() || k.percent <= basePercent {
		t.Errorf("with next to nothing alive GOGC is %d", k.percent)
	}
	stop()
	if got := debug.SetGCPercent(77); got != 77 {
		t.Errorf("GOGC is %d after stop", got)
	}
	if got := debug.SetMemoryLimit(-1); got != limit && got != math.MaxInt64 {
		t.Errorf("the limit is %d after stop", got)
	}
	k.stopped = true
	if k.adjust() {
		t.Error("a stopped keeper goes on")
	}
}

func TestFallen(t *testing.T) {
	const heap = 100 << 20
	f := func(name string, tr *Trimmer, now Load, heap int64, want bool) {
		t.Helper()
		if got := tr.fallen(now, heap); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	var tr Trimmer
	f("nothing happened yet", &tr, Load{}, heap, false)
	f("nothing happens", &tr, Load{}, heap, false)
	f("load begins", &tr, Load{10000, 50 << 20}, heap, false)
	f("load lasts", &tr, Load{9000, 40 << 20}, heap, false)
	f("transactions linger", &tr, Load{0, 40 << 20}, heap, false)
	f("a gap", &tr, Load{10, 1000}, heap, false)
	f("the next burst", &tr, Load{9000, 40 << 20}, heap, false)
	f("load has gone", &tr, Load{10, 1000}, heap, false)
	f("for some time", &tr, Load{10, 1000}, heap, true)
	f("it was given back already", &tr, Load{10, 1000}, heap, false)
	f("a little less", &tr, Load{}, heap, false)
	f("is no reason", &tr, Load{}, heap, false)

	f("a flood beside the calls", &tr, Load{90000, 800 << 20}, heap, false)
	f("is over", &tr, Load{10000, 90 << 20}, heap, false)
	f("while calls go on", &tr, Load{10000, 90 << 20}, heap, true)
	f("less is left of it", &tr, Load{10000, 40 << 20}, heap, false)
	f("some time later", &tr, Load{10000, 40 << 20}, heap, true)
	f("calls go on", &tr, Load{10000, 40 << 20}, heap, false)
	f("calls end", &tr, Load{0, 0}, heap, false)
	f("all is over", &tr, Load{0, 0}, heap, true)

	f("without transactions", &tr, Load{10000, 1000}, heap, false)
	f("fewer", &tr, Load{6000, 1000}, heap, false)
	f("few", &tr, Load{100, 1000}, heap, false)
	f("still few, but there is little to give", &tr, Load{100, 1000}, 20<<20, false)
}

func TestSample(t *testing.T) {
	var tr Trimmer
	released := 0
	release := func() { released++ }
	tr.Sample(Load{worthMessages, 0}, release)
	block := make([]byte, 64<<20)
	for i := 0; i < len(block); i += 4096 {
		block[i] = 1
	}
	before := heapHeld()
	runtime.KeepAlive(block)
	if tr.Sample(Load{}, release) || !tr.Sample(Load{}, release) || released != 1 {
		t.Fatal("nothing was given back after two quiet samples")
	}
	if after := heapHeld(); after > before-32<<20 {
		t.Errorf("the heap holds %d bytes, before it held %d", after, before)
	}
}
