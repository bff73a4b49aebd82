// SPDX-License-Identifier: Apache-2.0

package dlgs

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// state is how far a call has come.
type state uint8

// The states. A call has ended in those behind active.
const (
	starting    state = iota // INVITE
	progress                 // a provisional reply
	answered                 // a 2xx
	active                   // its ACK
	terminated               // BYE
	notAnswered              // a final reply that is no 2xx, or CANCEL
	states
)

// names are what RPC calls the states.
var names = [states]string{"init", "progress", "answered", "active", "terminated", "notanswered"}

func (s state) ended() bool { return s > active }

// call is one call. All its texts are its own.
type call struct {
	src, dst, data   string
	callID           string
	fromTag, toTag   string // toTag is empty until a reply brings one
	tags             []string
	state            state
	began            int64 // seconds since the epoch, as all times; 0 for not yet
	answeredAt       int64
	activeAt, ending int64
}

// party is what a message says about the call that it belongs to.
type party struct{ callID, fromTag, toTag string }

// partyOf reads it; false where something is missing. The texts are those of
// the message.
func partyOf(m *sip.Message) (p party, ok bool) {
	p = party{m.CallID(), m.FromTag(), m.ToTag()}
	return p, p.callID != "" && p.fromTag != ""
}

// has tells whether a message belongs to the call: sent by who called, or by
// who was called. A tag that one side has not seen yet matches any.
func (c *call) has(p party) bool {
	same := func(known, tag string) bool { return known == "" || tag == "" || known == tag }
	return c.fromTag == p.fromTag && same(c.toTag, p.toTag) || c.toTag != "" && c.toTag == p.fromTag && same(c.fromTag, p.toTag)
}

// lifetimes are the seconds that calls are kept.
type lifetimes struct{ starting, active, finished int }

// over tells whether the time of a call is over.
func (c *call) over(now int64, l lifetimes) bool {
	switch {
	case c.state.ended():
		return now >= c.ending+int64(l.finished)
	case c.state == active:
		return now >= c.activeAt+int64(l.active)
	}
	return now >= c.began+int64(l.starting)
}

// request moves the call on by a request; the result is the new state.
func (c *call) request(m sip.Method, now int64) state {
	switch {
	case c.state.ended():
	case m == sip.MethodAck && c.state == answered:
		c.activeAt = now
		return active
	case m == sip.MethodBye && c.state >= answered:
		c.ending = now
		return terminated
	case m == sip.MethodBye, m == sip.MethodCancel && c.state < answered: // RFC 3261 15: a BYE may end an early dialog
		c.ending = now
		return notAnswered
	}
	return c.state
}

// reply moves the call on by a reply to an INVITE; the result is the new state.
// A 2xx also brings back what was cancelled: the two may cross (RFC 3261 9.1).
func (c *call) reply(code int, toTag string, now int64) state {
	early := c.state < answered
	switch {
	case code > 100 && code < 200 && early:
		return progress
	case code >= 200 && code < 300 && (early || c.state == notAnswered):
		c.toTag, c.answeredAt, c.ending = strings.Clone(toTag), now, 0
		return answered
	case code >= 300 && early:
		c.ending = now
		return notAnswered
	}
	return c.state
}

// addTag gives the call a tag.
func (c *call) addTag(tag string) {
	if !slices.Contains(c.tags, tag) {
		c.tags = append(c.tags, strings.Clone(tag))
	}
}

// removeTag takes a tag away.
func (c *call) removeTag(tag string) bool {
	i := slices.Index(c.tags, tag)
	if i >= 0 {
		c.tags = slices.Delete(c.tags, i, i+1)
	}
	return i >= 0
}
