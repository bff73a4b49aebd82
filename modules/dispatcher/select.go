// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"errors"
	"fmt"
	"slices"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// The algorithms.
const (
	byCallID = iota
	byFrom
	byTo
	byRequestURI
	roundRobin
	byAuthUser
	byChance
	byVariables
	byPriority
	byWeight
	byLoad
	byRelativeWeight
	parallel
	byLatency
	algorithms
)

// Errors of a selection.
var (
	errSet      = errors.New("there is no such set")
	errNobody   = errors.New("no gateway of the set can be used")
	errHashPV   = errors.New("algorithm 7 needs the parameter hash_pvar")
	errSetTaken = errors.New("the destination is set already (force_dst)")
	errDUID     = errors.New("algorithm 10 needs a duid at the gateway: the call is not counted")
	errLoadSize = errors.New("algorithm 10 needs the parameter ds_hash_size: the call is not counted")
)

// selection is what was chosen for a message; each worker has one, whose
// memory is used again and again.
type selection struct {
	// chosen are the gateways in the order in which they shall be tried.
	chosen []*destination
	// counted tells that the call counts as load of the first one.
	counted bool

	ranks []rank
}

// rank is a gateway with its priority as algorithm 13 sees it, and its place
// in the set.
type rank struct {
	priority int
	place    int
}

func (d *Dispatcher) selection(c *module.Call) *selection {
	s := c.Local(d, func() any { return new(worker) }).(*worker)
	s.selection.chosen, s.selection.counted = s.selection.chosen[:0], false
	return &s.selection
}

// worker is what the module keeps with each worker.
type worker struct {
	selection selection
	group     group
}

// choose appends the gateways of a set in the order of an algorithm: the one
// that it chose, the others that can be used, and with use_default the last
// one of the set. An error tells that there are none.
func (d *Dispatcher) choose(c *module.Call, s *set, algorithm int, sel *selection) error {
	turns := d.turns(s)
	first, err := d.first(c, s, turns, algorithm, sel)
	if err != nil {
		return err
	}
	before := len(sel.chosen)
	switch {
	case algorithm == byLatency:
		sel.ranked(s, turns, d.pingLatency != 0)
	case first >= 0:
		sel.from(turns, first, sel.counted)
	}
	if last := s.destinations[len(s.destinations)-1]; len(turns) < len(s.destinations) && (len(sel.chosen) > before || last.usable()) {
		sel.chosen = append(sel.chosen, last)
	}
	if len(sel.chosen) == before {
		return errNobody
	}
	return nil
}

// from appends the gateways that can be used from a place on, once around.
// With room those that have all the load that they may have are left out.
func (sel *selection) from(turns []*destination, first int, room bool) {
	for i := range turns {
		at := turns[(first+i)%len(turns)]
		if at.usable() && (i == 0 || !room || at.room()) {
			sel.chosen = append(sel.chosen, at)
		}
	}
}

// usableFrom is the first place from at on, once around, whose gateway can be
// used; -1 where there is none.
func usableFrom(turns []*destination, at int) int {
	for i := range turns {
		if n := (at + i) % len(turns); turns[n].usable() {
			return n
		}
	}
	return -1
}

// first is the place of the gateway that an algorithm chooses, -1 where none
// can be used. byLatency chooses for itself.
func (d *Dispatcher) first(c *module.Call, s *set, turns []*destination, algorithm int, sel *selection) (int, error) {
	switch algorithm {
	case byLatency:
		return -1, nil
	case roundRobin:
		return s.takeTurn(turns), nil
	case byAuthUser:
		if user := digestUser(c.Msg); user != "" {
			return hashed(turns, keys{first: user}), nil
		}
		return s.takeTurn(turns), nil
	case byChance:
		return usableFrom(turns, d.host.Rand().IntN(len(turns))), nil
	case byWeight:
		return fromWheel(turns, s.weights), nil
	case byRelativeWeight:
		return fromWheel(turns, s.relative.Load()), nil
	case byLoad:
		return d.leastLoad(c, s, turns, sel), nil
	case byCallID, byFrom, byTo, byRequestURI, byVariables:
		k, err := d.keys(c, algorithm)
		if err != nil {
			return -1, err
		}
		return hashed(turns, k), nil
	}
	return usableFrom(turns, 0), nil // byPriority, and what is no algorithm
}

func hashed(turns []*destination, k keys) int {
	return usableFrom(turns, int(k.hash()%uint32(len(turns))))
}

func fromWheel(turns []*destination, w *wheel) int {
	if w == nil {
		return usableFrom(turns, 0)
	}
	return usableFrom(turns, w.take())
}

// takeTurn is the place whose turn it is, of those that can be used.
func (s *set) takeTurn(turns []*destination) int {
	for {
		at := s.turn.Load()
		n := usableFrom(turns, int(at)%len(turns))
		if n < 0 || s.turn.CompareAndSwap(at, uint32((n+1)%len(turns))) {
			return n
		}
	}
}

// keys are the texts that an algorithm hashes.
func (d *Dispatcher) keys(c *module.Call, algorithm int) (keys, error) {
	var u *sip.URI
	var err error
	switch algorithm {
	case byCallID:
		return keys{first: c.Msg.CallID()}, nil
	case byVariables:
		if d.hashPV == nil {
			return keys{}, errHashPV
		}
		return keys{first: d.hashPV.Eval(c)}, nil
	case byFrom:
		u, err = c.Msg.FromURI()
	case byTo:
		u, err = c.Msg.ToURI()
	case byRequestURI:
		u, err = c.ParseURI(c.Target.URI)
	}
	if err != nil {
		return keys{}, err
	}
	return uriKeys(u, d.flags&flagUserOnly != 0), nil
}

// ranked appends the gateways that can be used by algorithm 13: the highest
// priority first, from which the latency has taken something off, and among
// equal ones the one whose turn it is.
func (sel *selection) ranked(s *set, turns []*destination, latency bool) {
	for {
		at := s.turn.Load()
		sel.ranks = sel.ranks[:0]
		for i := range turns {
			place := (int(at) + i) % len(turns)
			if turns[place].usable() {
				sel.ranks = append(sel.ranks, rank{turns[place].rank(latency), place})
			}
		}
		if len(sel.ranks) == 0 {
			return
		}
		slices.SortStableFunc(sel.ranks, func(a, b rank) int { return b.priority - a.priority })
		if s.turn.CompareAndSwap(at, uint32((sel.ranks[0].place+1)%len(turns))) {
			break
		}
	}
	for _, r := range sel.ranks {
		sel.chosen = append(sel.chosen, turns[r.place])
	}
}

// rank is the priority of a gateway: with latency less one for each time that
// the latency, with cc the congestion, has as many milliseconds as the
// priority, but at least 1.
func (dst *destination) rank(latency bool) int {
	if !latency || dst.priority <= 0 {
		return dst.priority
	}
	ms := dst.estimate.Load()
	if dst.attrs.congestion {
		ms = dst.congestion.Load()
	}
	return max(1, dst.priority-int(ms)/dst.priority)
}

// gather chooses gateways of a set by its id; limit bounds how many there are
// in all, 0 for no bound. There is none for those that are called in parallel.
func (d *Dispatcher) gather(c *module.Call, id, algorithm, limit int, sel *selection) error {
	s := d.list.Load().set(id)
	if s == nil {
		return fmt.Errorf("set %d: %w", id, errSet)
	}
	if err := d.choose(c, s, algorithm, sel); err != nil {
		return fmt.Errorf("set %d: %w", id, err)
	}
	if limit > 0 && algorithm != parallel && len(sel.chosen) > limit {
		sel.chosen = sel.chosen[:limit]
	}
	return nil
}
