// SPDX-License-Identifier: Apache-2.0

package memory

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// Load is how much there is to do, and to remember.
type Load struct {
	// Messages were handled since the last sample.
	Messages int64
	// Held is what is at work, in bytes: the transactions.
	Held int64
}

// Trimmer gives memory back to the system when load has gone.
//
// Pools and free pages of the time of much load are worth keeping while the
// load lasts, and only then: the collector itself looks again two minutes
// after the last work, clears a pool at the second look, and gives pages back
// slowly. So when what the messages left behind has fallen to half of what it
// was, or the messages have where they leave nothing, everything is collected
// and given back at once. A burst is given back in a few such steps. Under
// steady load, and under none, nothing happens.
type Trimmer struct {
	peak  Load
	quiet int // samples since the load has gone
}

const (
	// worthHeap is the heap in bytes below which giving back gains nothing.
	worthHeap = 24 << 20
	// worthHeld and worthMessages are a load that leaves something behind.
	worthHeld     = 4 << 20
	worthMessages = 5000
	// quietSamples is for how long the load must have gone: it may be a gap
	// between two bursts.
	quietSamples = 2
)

// fallen tells whether to give memory back; heap is what of it is the
// process's now.
func (t *Trimmer) fallen(now Load, heap int64) bool {
	t.peak.Messages = max(t.peak.Messages, now.Messages)
	t.peak.Held = max(t.peak.Held, now.Held)
	less := t.peak.Messages >= worthMessages && now.Messages <= t.peak.Messages/2
	if t.peak.Held >= worthHeld {
		less = now.Held <= t.peak.Held/2
	}
	if !less {
		t.quiet = 0
		return false
	}
	if t.quiet++; t.quiet < quietSamples {
		return false
	}
	t.peak, t.quiet = now, 0
	return heap >= worthHeap
}

// Sample looks at the load, and gives memory back if it has fallen; it tells
// whether. release lets go of what is kept beside pools. Sample is called
// every ten seconds or so, by one goroutine that may wait.
func (t *Trimmer) Sample(now Load, release func()) bool {
	if !t.fallen(now, heapHeld()) {
		return false
	}
	release()
	runtime.GC() // what pools keep is gone after the second
	debug.FreeOSMemory()
	return true
}

// heapHeld is what the system gave for the heap and did not get back, in bytes.
func heapHeld() int64 {
	s := []metrics.Sample{
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
		{Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(s)
	var n uint64
	for i := range s {
		n += s[i].Value.Uint64()
	}
	return int64(n)
}
