// SPDX-License-Identifier: Apache-2.0

package usrloc

import "github.com/kahea-sip/kahea/core/transport"

// The values of matching_mode.
const (
	matchContact = iota
	matchContactCallID
	matchContactPath
	matchCallID
)

// Match finds the binding that a REGISTER with c speaks of. One with a
// +sip.instance is known by it and its reg-id (RFC 5626 6), any other by what
// matching_mode says, as text.
func (b *Bindings) Match(c *Contact) Handle {
	for h := b.First(); h != 0; h = b.Next(h) {
		if b.matches(b.s.record(uint32(h)), c) {
			return h
		}
	}
	return 0
}

func (b *Bindings) matches(r *record, c *Contact) bool {
	s := b.s
	if c.Instance != "" {
		return r.regID == c.RegID && s.recordText(r, textInstance) == c.Instance
	}
	mode := b.d.loc.matching
	if mode != matchCallID && s.texts.Text(r.text, 0, int(r.size[textURI])) != c.URI {
		return false
	}
	switch mode {
	case matchContactCallID, matchCallID:
		return s.recordText(r, textCallID) == c.CallID
	case matchContactPath:
		return s.recordText(r, textPath) == c.Path
	}
	return true
}

// MatchURI finds a contact by its address, as text.
func (b *Bindings) MatchURI(uri string) Handle {
	for h := b.First(); h != 0; h = b.Next(h) {
		if r := b.s.record(uint32(h)); b.s.recordText(r, textURI) == uri {
			return h
		}
	}
	return 0
}

// MatchRUID finds a contact by its record unique id.
func (b *Bindings) MatchRUID(ruid string) Handle {
	serial, own := b.t.store.serial(ruid)
	for h := b.First(); h != 0; h = b.Next(h) {
		r := b.s.record(uint32(h))
		if own && r.serial == serial || r.serial == 0 && b.s.recordText(r, textRUID) == ruid {
			return h
		}
	}
	return 0
}

// SameCallID reports whether the last REGISTER of a contact had this Call-ID.
func (b *Bindings) SameCallID(h Handle, callID string) bool {
	return b.s.recordText(b.s.record(uint32(h)), textCallID) == callID
}

// Order is how a REGISTER stands to the last one of a binding.
type Order uint8

// The orders.
const (
	// Newer: it changes the binding.
	Newer Order = iota
	// Repeated: it is the last one again.
	Repeated
	// Older: it was overtaken (RFC 3261 10.3 step 7).
	Older
)

// Order compares Call-ID and CSeq of a REGISTER with those of a binding. now is
// in seconds since the epoch: the last REGISTER counts as repeated within
// cseq_delay, as older after.
func (b *Bindings) Order(h Handle, callID string, cseq uint32, now int64) Order {
	r := b.s.record(uint32(h))
	switch {
	case r.cseq < cseq || !b.SameCallID(h, callID):
		return Newer
	case r.cseq == cseq && b.d.loc.cseqDelay != 0 && now <= int64(r.modified)+int64(b.d.loc.cseqDelay):
		return Repeated
	}
	return Older
}

func connID(n uint64) transport.ConnID { return transport.ConnID(n) }
