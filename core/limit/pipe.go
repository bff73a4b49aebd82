// SPDX-License-Identifier: Apache-2.0

// Package limit decides which messages pass a limit.
//
// A Pipe counts messages in intervals. How it chooses those that do not pass is
// its Algorithm; what the algorithms NETWORK and FEEDBACK go by is read from the
// machine by a Meter.
package limit

import (
	"strings"
	"sync/atomic"
)

// Algorithm is how a Pipe limits.
type Algorithm uint32

// The algorithms, with the numbers that commands show.
const (
	// NOP lets everything pass.
	NOP Algorithm = iota
	// RED lets one message in n pass, where n is how many times over the
	// limit the interval before was.
	RED
	// TailDrop lets the first messages of an interval pass, up to the limit.
	TailDrop
	// Feedback lets a share of the messages pass that a controller sets so
	// that the load of the processors stays at the limit, in percent.
	Feedback
	// Network lets messages pass unless more bytes than the limit waited to be
	// read when the interval began.
	Network
)

var names = [...]string{NOP: "NOP", RED: "RED", TailDrop: "TAILDROP", Feedback: "FEEDBACK", Network: "NETWORK"}

// String returns the name of the algorithm.
func (a Algorithm) String() string { return names[a] }

// ParseAlgorithm returns the algorithm of a name, in any case.
func ParseAlgorithm(name string) (Algorithm, bool) {
	for i, n := range names {
		if strings.EqualFold(n, name) {
			return Algorithm(i), true
		}
	}
	return NOP, false
}

// Pipe is one limit. It may be used by all goroutines at once; Turn and the
// functions that change it are called by one at a time.
type Pipe struct {
	// scale is the number of seconds that a limit is multiplied with.
	scale int64
	// rule is algorithm and limit, which change together.
	rule atomic.Pointer[rule]
	// count is the number of messages in this interval, last that of the one
	// before.
	count, last atomic.Int64
	// drop is what the last Turn found: n of RED, percent of Feedback, 1 or -1
	// of Network.
	drop atomic.Int64
	// idle counts the intervals without a message since the last one.
	idle atomic.Int64

	control controller
}

type rule struct {
	algorithm Algorithm
	limit     int64
}

// NewPipe makes a pipe. A limit of TailDrop and RED is a number of messages in
// scale-th of an interval: with the length of the interval in seconds, messages
// per second; with 1, messages per interval.
func NewPipe(a Algorithm, limit, scale int) *Pipe {
	p := &Pipe{scale: int64(scale)}
	p.Set(a, limit)
	return p
}

// Set changes algorithm and limit; what was counted stays.
func (p *Pipe) Set(a Algorithm, limit int) { p.rule.Store(&rule{a, int64(limit)}) }

// SetLimit changes the limit.
func (p *Pipe) SetLimit(limit int) {
	if r := p.rule.Load(); r.limit != int64(limit) {
		p.rule.Store(&rule{r.algorithm, int64(limit)})
	}
}

// Algorithm returns the algorithm.
func (p *Pipe) Algorithm() Algorithm { return p.rule.Load().algorithm }

// Limit returns the limit.
func (p *Pipe) Limit() int64 { return p.rule.Load().limit }

// Count returns the number of messages in this interval, those that did not
// pass included, and Last that of the interval before.
func (p *Pipe) Count() int64 { return p.count.Load() }

// Last returns the number of messages in the interval before.
func (p *Pipe) Last() int64 { return p.last.Load() }

// Idle returns how many intervals went by without a message.
func (p *Pipe) Idle() int64 { return p.idle.Load() }

// Drop returns what the last interval led to: for RED the n of one message in n
// that passes, for Feedback the percentage that does not pass, for Network 1
// where nothing passes and -1 else.
func (p *Pipe) Drop() int64 { return p.drop.Load() }

// Pass counts a message and tells whether it passes.
func (p *Pipe) Pass() bool {
	n := p.count.Add(1)
	r := p.rule.Load()
	switch r.algorithm {
	case RED:
		drop := p.drop.Load()
		return drop <= 1 || n%drop == 0
	case TailDrop:
		return n <= r.limit*p.scale
	case Feedback:
		// Evenly spread: of any hundred messages in a row as many are left
		// out as the percentage says.
		percent := p.drop.Load()
		return n*percent/100 == (n-1)*percent/100
	case Network:
		return p.drop.Load() <= 0
	}
	return true
}

// Reset begins to count anew within the interval.
func (p *Pipe) Reset() { p.count.Store(0) }

// Turn begins the next interval: a message is counted in the one or in the
// other.
func (p *Pipe) Turn(load Load, gains Gains) {
	last := p.count.Swap(0)
	p.last.Store(last)
	if last == 0 {
		p.idle.Add(1)
	} else {
		p.idle.Store(0)
	}
	r := p.rule.Load()
	var drop int64
	switch r.algorithm {
	case Network:
		drop = -1
		if load.Pending > r.limit {
			drop = 1
		}
	case Feedback:
		drop = p.control.step(float64(r.limit)/100, load.CPU, gains)
	default:
		if per := r.limit * p.scale; per > 0 {
			drop = last / per
		}
	}
	p.drop.Store(drop)
}
