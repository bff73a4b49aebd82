// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// The garbage collector works when the heap has grown by GOGC percent over
// what lived at the last collection. A server whose work makes little garbage
// has a small living heap, and would collect it again and again for nothing:
// so there is a floor, below which nothing is collected.
//
// Hot path: 800 calls/s with record-route and location for 17 s, 1.7 s of
// processor time: with GOGC=100 six collections that take 46 ms of it, with 200
// three and 18 ms, with 400 two and 20 ms, with the floor two and 5 ms, in the
// same memory (75 MB). Where scripts make garbage and little lives (Lua) the floor
// saves eleven of twelve collections. Above the floor GOGC is 200: contacts, the
// largest store, are not in the heap, and while traffic rises each collection
// competes with the workers for the processors, which shows in the highest rate
// without loss. 400 gains little more and may cost as much again as lives.
// (2026-11-20, 2 EPYC cores.)

// Default figures of a Plan.
const (
	// basePercent is GOGC above the floor.
	basePercent = 200
	// floorBytes is the heap that is not worth a collection.
	floorBytes = 64 << 20
	// mostPercent bounds what the floor makes of GOGC.
	mostPercent = 5000
)

// Plan says how the collector is set.
type Plan struct {
	// Limit is the soft limit of the whole process (GOMEMLIMIT), in bytes; 0
	// sets none. Near it the collector works more, up to half of the time.
	Limit int64
	// Floor is the heap in bytes below which nothing is collected; 0 leaves
	// GOGC alone.
	Floor int64
}

// PlanFor is what suits a machine: nine tenths of a container's limit, which
// leaves room for what is not the heap's. A machine that is not divided sets
// no limit, as other programs share it. getenv tells what the operator said:
// GOMEMLIMIT and GOGC of the environment go before.
func PlanFor(m Machine, getenv func(string) string) Plan {
	p := Plan{Limit: m.Container / 10 * 9, Floor: min(floorBytes, m.Size()/8)}
	if getenv("GOMEMLIMIT") != "" {
		p.Limit = 0
	}
	if getenv("GOGC") != "" {
		p.Floor = 0
	}
	return p
}

// Start sets the collector as p says, and keeps the floor until stop is
// called, which sets back what was. GOGC and GOMEMLIMIT belong to the process:
// one Plan works at a time.
func (p Plan) Start() (stop func()) {
	undo := func() {}
	if p.Limit > 0 {
		was := debug.SetMemoryLimit(p.Limit)
		undo = func() { debug.SetMemoryLimit(was) }
	}
	if p.Floor <= 0 {
		return undo
	}
	k := &keeper{floor: p.Floor}
	k.was = debug.SetGCPercent(basePercent)
	k.percent = basePercent
	k.watch()
	k.adjust()
	return func() {
		k.stop()
		undo()
	}
}

// percentFor is the GOGC with which the next collection comes at floor, or
// later as basePercent says.
func percentFor(live, floor int64) int {
	live = max(live, 1<<20)
	return int(min(max((floor-live)*100/live, basePercent), mostPercent))
}

// keeper sets GOGC anew after each collection.
type keeper struct {
	floor int64

	mu      sync.Mutex
	stopped bool // guarded by mu
	percent int  // guarded by mu; GOGC as it is
	was     int  // GOGC before
}

// watch has adjust called after the next collection, and then again: an object
// that nobody has is found by it.
func (k *keeper) watch() {
	type sentinel struct{ _ *int } // with a pointer it shares memory with nothing
	runtime.AddCleanup(new(sentinel), func(k *keeper) {
		if k.adjust() {
			k.watch()
		}
	}, k)
}

// adjust tells whether to go on. Setting GOGC stops the world for a moment, so
// what hardly changes is left.
func (k *keeper) adjust() bool {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.stopped {
		return false
	}
	p := percentFor(int64(s[0].Value.Uint64()), k.floor)
	if d := p - k.percent; d > k.percent/8 || -d > k.percent/8 {
		debug.SetGCPercent(p)
		k.percent = p
	}
	return true
}

func (k *keeper) stop() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped = true
	debug.SetGCPercent(k.was)
}

// Here is what the system says of memory here.
func Here() Machine { return Look(os.DirFS("/")) }
