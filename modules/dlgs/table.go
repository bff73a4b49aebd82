// SPDX-License-Identifier: Apache-2.0

package dlgs

import (
	"hash/maphash"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// maxCalls bounds the calls: who sends INVITEs shall not fill the memory.
const maxCalls = 1 << 20

// table has the calls by Call-ID, in parts. A Call-ID has mostly one call; a
// request that was forked elsewhere and came here twice has more.
type table struct {
	seed   maphash.Seed
	parts  []part
	size   atomic.Int64
	counts [states]atomic.Int64 // calls by state
	totals [states]atomic.Int64 // how often a call came into a state
}

type part struct {
	mu    sync.Mutex
	calls map[string][]*call // guarded by mu
}

func newTable(power int) *table {
	t := &table{seed: maphash.MakeSeed(), parts: make([]part, 1<<power)}
	for i := range t.parts {
		t.parts[i].calls = map[string][]*call{}
	}
	return t
}

func (t *table) part(callID string) *part {
	return &t.parts[maphash.String(t.seed, callID)&uint64(len(t.parts)-1)]
}

// find returns the call of a message; the caller holds the lock.
func (p *part) find(who party) *call {
	for _, c := range p.calls[who.callID] {
		if c.has(who) {
			return c
		}
	}
	return nil
}

// begin follows a call, or one that has ended anew; false where there is no
// room. A call that is followed stays as it is: the INVITE may be sent again.
func (t *table) begin(who party, src, dst, data string, now int64) (fresh, ok bool) {
	p := t.part(who.callID)
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.find(who)
	switch {
	case c != nil && !c.state.ended():
		return false, true
	case c != nil: // the INVITE comes again with credentials
		t.counts[c.state].Add(-1)
		tags := c.tags
		*c = call{callID: c.callID, tags: tags}
	case t.size.Add(1) > maxCalls:
		t.size.Add(-1)
		return false, false
	default:
		c = &call{callID: strings.Clone(who.callID)}
		p.calls[c.callID] = append(p.calls[c.callID], c)
	}
	c.src, c.dst, c.data = strings.Clone(src), strings.Clone(dst), strings.Clone(data)
	c.fromTag, c.toTag = strings.Clone(who.fromTag), strings.Clone(who.toTag)
	c.began = now
	t.counts[starting].Add(1)
	t.totals[starting].Add(1)
	return true, true
}

// with runs f for the call of a message, under its lock; false where the call
// is not followed. f returns the new state.
func (t *table) with(who party, f func(c *call) state) bool {
	if t.size.Load() == 0 {
		return false
	}
	p := t.part(who.callID)
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.find(who)
	if c == nil {
		return false
	}
	if s := f(c); s != c.state {
		t.counts[c.state].Add(-1)
		t.counts[s].Add(1)
		t.totals[s].Add(1)
		c.state = s
	}
	return true
}

// each calls f for all calls, part after part, until it returns false; the
// call is not f's to keep.
func (t *table) each(f func(c *call) bool) {
	for i := range t.parts {
		if !t.parts[i].each(f) {
			return
		}
	}
}

func (p *part) each(f func(c *call) bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, same := range p.calls {
		for _, c := range same {
			if !f(c) {
				return false
			}
		}
	}
	return true
}

// count counts the calls that have not ended and match.
func (t *table) count(match func(c *call) bool) (n int64) {
	t.each(func(c *call) bool {
		if !c.state.ended() && match(c) {
			n++
		}
		return true
	})
	return n
}

// expire removes the calls whose time is over, and counts those that had not
// ended.
func (t *table) expire(now int64, l lifetimes) (unended int) {
	for i := range t.parts {
		p := &t.parts[i]
		p.mu.Lock()
		for id, same := range p.calls {
			kept := slices.DeleteFunc(same, func(c *call) bool {
				if !c.over(now, l) {
					return false
				}
				if !c.state.ended() {
					unended++
				}
				t.counts[c.state].Add(-1)
				t.size.Add(-1)
				return true
			})
			if len(kept) == 0 {
				delete(p.calls, id)
			} else {
				p.calls[id] = kept
			}
		}
		p.mu.Unlock()
	}
	return unended
}

// in is the number of calls in a state.
func (t *table) in(s state) int64 { return t.counts[s].Load() }

// ongoing is the number of calls that have not ended.
func (t *table) ongoing() (n int64) {
	for s := range terminated {
		n += t.in(s)
	}
	return n
}
