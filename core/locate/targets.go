// SPDX-License-Identifier: Apache-2.0

package locate

import (
	"net/netip"
	"slices"

	"github.com/kahea-sip/kahea/core/sip"
)

// Target is one place to send a request to.
type Target struct {
	Proto sip.Transport
	Addr  netip.AddrPort
}

// Targets are the places to try, best first. The zero value has none. It is
// a value: a copy goes its own way from where the original stood.
type Targets struct {
	one  Target   // the only target, if list is nil
	list []Target // shared between copies, never written
	next int
}

// NewTargets returns the targets in the order given.
func NewTargets(list ...Target) Targets {
	switch len(list) {
	case 0:
		return Targets{}
	case 1:
		return Targets{one: list[0]}
	}
	return Targets{list: slices.Clone(list)}
}

// Next returns the next target to try: the first one, then, after each failed,
// the one after it.
func (t *Targets) Next() (Target, bool) {
	if t.next >= t.Len() {
		return Target{}, false
	}
	t.next++
	if t.list == nil {
		return t.one, true
	}
	return t.list[t.next-1], true
}

// Len is the number of targets, those that Next has returned included.
func (t *Targets) Len() int {
	if t.list == nil && t.one.Addr.IsValid() {
		return 1
	}
	return len(t.list)
}

// Left is the number of targets that Next has not returned yet.
func (t *Targets) Left() int { return t.Len() - t.next }
