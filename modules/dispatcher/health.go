// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"sync"
	"sync/atomic"
)

// Bits of the state of a gateway, and of the flags column of the list.
const (
	inactive uint32 = 1 << iota
	trying
	disabled
	probing
	noDNS

	allFlags = 1<<iota - 1
	// skipped are gateways that no call is sent to.
	skipped = inactive | disabled
)

// health is what was learned about a gateway. It stays when the list is
// loaded again.
type health struct {
	// state are the bits. It is written under mu and read without.
	state atomic.Uint32
	// load is the number of calls that algorithm 10 has sent there.
	load atomic.Int64
	// estimate and congestion are those of latency, whole milliseconds.
	estimate, congestion atomic.Int64

	mu sync.Mutex
	// flags are those of the list when it was loaded last: when they change,
	// they count more than what was learned.
	flags uint32
	// failures and successes are those in a row that thresholds are about.
	failures, successes int64
	latency             latency
}

// usable tells that calls may be sent there.
func (h *health) usable() bool { return h.state.Load()&skipped == 0 }

// letters are the state as dispatcher.list shows it.
func (h *health) letters() string {
	s := h.state.Load()
	first := "A"
	switch {
	case s&inactive != 0:
		first = "I"
	case s&disabled != 0:
		first = "D"
	case s&trying != 0:
		first = "T"
	}
	if s&probing != 0 {
		return first + "P"
	}
	return first + "X"
}

// thresholds are how many failures in a row make a gateway inactive, and how
// many successes active again.
type thresholds struct{ failures, successes int64 }

// change is what a report did to a gateway.
type change struct {
	old, new uint32
}

func (c change) down() bool { return c.old&skipped == 0 && c.new&skipped != 0 }
func (c change) up() bool   { return c.old&skipped != 0 && c.new&skipped == 0 }

// force puts the state where an operator wants it.
func (h *health) force(bits uint32) change {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.successes = 0; bits&trying == 0 {
		h.failures = 0
	}
	return h.put(bits)
}

// mark reports what was seen of the gateway: bits have one of inactive,
// disabled and trying (it failed), or none (it works), and probing, which alone
// makes it work at once. Failures and successes in a row are counted against t.
func (h *health) mark(bits uint32, t thresholds) change {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case bits == probing:
		h.failures, h.successes = 0, 0
		return h.put(probing)
	case bits&disabled != 0:
		bits &^= probing
	}
	return h.put(h.weigh(bits, t) | bits&probing)
}

// probed is mark for the result of a probe; keep tells from the state that
// comes of it whether probing goes on. A gateway that was disabled meanwhile
// stays so.
func (h *health) probed(ok bool, t thresholds, keep func(old, new uint32) bool) change {
	h.mu.Lock()
	defer h.mu.Unlock()
	old := h.state.Load()
	if old&disabled != 0 {
		return change{old, old}
	}
	var bits uint32
	if !ok {
		bits = trying
	}
	bits = h.weigh(bits, t)
	if keep(old, bits) {
		bits |= probing
	}
	return h.put(bits)
}

// weigh is the state that follows from a report. h.mu is held.
func (h *health) weigh(bits uint32, t thresholds) uint32 {
	down := h.state.Load() & inactive
	switch {
	case bits&inactive != 0:
		h.successes = 0
		return inactive
	case bits&disabled != 0:
		return disabled | down
	case bits&trying != 0:
		h.successes = 0
		if h.failures++; down != 0 || h.failures >= t.failures {
			return inactive
		}
		return trying
	}
	if h.successes++; down != 0 && h.successes < t.successes {
		return inactive
	}
	h.failures, h.successes = 0, 0
	return 0
}

// put writes the state and returns what changed. h.mu is held.
func (h *health) put(bits uint32) change {
	old := h.state.Load()
	bits = bits&^noDNS | old&noDNS
	h.state.Store(bits)
	return change{old, bits}
}

// measured takes the round trip of a probe.
func (h *health) measured(ms int, alpha float64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.latency.add(ms, alpha)
	h.publish()
}

// unanswered counts a probe that nobody answered.
func (h *health) unanswered() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.latency.timeouts++
}

// publish writes what selection reads of latency. h.mu is held.
func (h *health) publish() {
	h.estimate.Store(int64(h.latency.estimate))
	h.congestion.Store(int64(h.latency.congestion()))
}
