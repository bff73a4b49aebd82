// SPDX-License-Identifier: Apache-2.0

package module

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"time"
)

// failQuiet is how long a place in the script stays silent after a line about
// a function that failed there.
const failQuiet = 10 * time.Second

// Fail logs why a function failed, with the place in the script, and returns
// False. An error is told once in ten seconds for a place, with how often it came
// again; the lines between are debug ones. Lines about functions of KSR have the
// Call-ID, as all errors of a Lua script.
func (c *Call) Fail(function string, err error) Result {
	attrs := []any{"err", err}
	if c.Place != nil {
		c.Line = c.Place()
		if c.LuaName != "" && strings.HasPrefix(function, "KSR.") {
			function = c.LuaName // one Run may stand for several names
		}
		if !c.MadeUp {
			attrs = append(attrs, "call_id", c.Msg.CallID())
		}
	}
	attrs = append(attrs, "at", c.Line)
	known := &c.failures
	if c.Gen != nil {
		known = &c.Gen.failures
	}
	tell, repeated := known.Note(c.Line, err.Error(), c.Packet.Time, failQuiet)
	if !tell {
		c.log.Debug(function+" failed", attrs...)
		return False
	}
	if repeated > 0 {
		attrs = append(attrs, "repeated", repeated)
	}
	c.log.Error(function+" failed", attrs...)
	return False
}

// repeatTexts is how many different texts of a place are told at once.
const repeatTexts = 4

// Repeats are the places where something has failed, for a log that tells of the
// first few different texts of each, and then of how often more came: what fails
// is mostly the peer's text, and nobody shall fill the log with it. The zero value
// is ready; it is safe for concurrent use.
type Repeats[P comparable] struct {
	mu sync.Mutex
	at map[P]repeats // guarded by mu
}

// repeats is what is remembered of a place.
type repeats struct {
	// told is when the first of texts was; last is the failure before now.
	told, last time.Time
	untold     int
	texts      []uint64 // those that were told, as sums
}

// textSeed is of the sums by which texts are told apart: they may be long, and
// the peer's.
var textSeed = maphash.MakeSeed()

// Note counts a failure, and tells whether it is told, and how many before were
// not. quiet is how long a place is silent after it was told.
func (r *Repeats[P]) Note(place P, text string, now time.Time, quiet time.Duration) (tell bool, repeated int) {
	sum := maphash.String(textSeed, text)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == nil {
		r.at = map[P]repeats{}
	}
	n := r.at[place]
	n.last = now
	switch {
	case n.told.IsZero() || now.Sub(n.told) >= quiet:
		tell, repeated = true, n.untold
		n = repeats{told: now, last: now, texts: append(n.texts[:0], sum)}
	case len(n.texts) < repeatTexts && !slices.Contains(n.texts, sum):
		tell = true
		n.texts = append(n.texts, sum)
	default:
		n.untold++
	}
	r.at[place] = n
	return tell, repeated
}

// Len is how many places are remembered.
func (r *Repeats[P]) Len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.at)
}

// Take forgets the places where nothing has failed since a time, and returns how
// often each of them failed untold; next is the first failure behind it of a place
// with such, zero for none.
func (r *Repeats[P]) Take(since time.Time) (untold map[P]int, next time.Time) {
	untold = map[P]int{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for place, n := range r.at {
		switch {
		case !n.last.After(since):
			if n.untold > 0 {
				untold[place] = n.untold
			}
			delete(r.at, place)
		case n.untold > 0 && (next.IsZero() || n.last.Before(next)):
			next = n.last
		}
	}
	return untold, next
}
