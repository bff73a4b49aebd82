// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Entry declares one number. Exactly one of Counter and Gauge is set.
type Entry struct {
	// Group is the first half of the name ("core" in core:rcv_requests); if
	// empty it is the group given to Declare, the name of the module.
	Group string
	// Name is the second half ("rcv_requests").
	Name string
	// Doc says to an operator what is counted, in one sentence.
	Doc string
	// Counter is filled by Declare.
	Counter *Counter
	// Gauge computes a number that goes up and down. It may be called from
	// any goroutine at any time.
	Gauge func() int64
}

// Set has all numbers of an engine. It outlives generations: what was counted
// stays when a module declares its counters again. Safe for concurrent use.
type Set struct {
	stats atomic.Pointer[[]*Stat] // sorted by group and name, never written

	mu   sync.Mutex // held by Declare
	last *page      // guarded by mu; the page that new counters lie in
	used uint32     // guarded by mu; counters of last in use
}

// New returns an empty set.
func New() *Set {
	s := &Set{}
	s.stats.Store(new([]*Stat))
	return s
}

// Declare adds the entries and fills their counters. A name that is declared
// again keeps its count; a new doc and gauge replace the old ones. With an
// error (ErrName, ErrKind) nothing is declared.
func (s *Set) Declare(group string, entries ...Entry) error {
	for i := range entries {
		if err := check(cmp.Or(entries[i].Group, group), &entries[i]); err != nil {
			return err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stats := slices.Clone(*s.stats.Load())
	for _, e := range entries {
		g := cmp.Or(e.Group, group)
		i, found := find(stats, g, e.Name)
		if !found {
			stats = slices.Insert(stats, i, &Stat{group: g, name: e.Name})
		}
		st := stats[i]
		st.shown.Store(&shown{doc: e.Doc, gauge: e.Gauge})
		if e.Counter != nil {
			if st.counter.page == nil {
				st.counter = s.take()
			}
			*e.Counter = st.counter
		}
	}
	s.stats.Store(&stats)
	return nil
}

// take finds place for a counter. s.mu is held.
func (s *Set) take() Counter {
	if s.last == nil || s.used == pageSize {
		s.last, s.used = new(page), 0
	}
	s.used++
	return Counter{page: s.last, i: s.used - 1}
}

func check(group string, e *Entry) error {
	bad := func(s string) bool {
		return s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == ':' || r == 127 })
	}
	if bad(group) || bad(e.Name) {
		return fmt.Errorf("cannot declare %q:%q: %w", group, e.Name, ErrName)
	}
	if (e.Counter == nil) == (e.Gauge == nil) {
		return fmt.Errorf("cannot declare %s:%s: %w", group, e.Name, ErrKind)
	}
	return nil
}

func find(stats []*Stat, group, name string) (int, bool) {
	return slices.BinarySearchFunc(stats, name, func(st *Stat, name string) int {
		return cmp.Or(cmp.Compare(st.group, group), cmp.Compare(st.name, name))
	})
}

// Lookup finds a number by group and name, or returns nil.
func (s *Set) Lookup(group, name string) *Stat {
	stats := *s.stats.Load()
	if i, found := find(stats, group, name); found {
		return stats[i]
	}
	return nil
}

// Find finds a number by its name in whatever group, the first one in the
// order of groups, or returns nil. It is for commands: it looks at all.
func (s *Set) Find(name string) *Stat {
	for _, st := range *s.stats.Load() {
		if st.name == name {
			return st
		}
	}
	return nil
}

// All goes through all numbers, sorted by group and name (bytewise).
func (s *Set) All() iter.Seq[*Stat] { return slices.Values(*s.stats.Load()) }

// Group goes through the numbers of a group, sorted by name.
func (s *Set) Group(group string) iter.Seq[*Stat] { return slices.Values(s.group(group)) }

func (s *Set) group(group string) []*Stat {
	stats := *s.stats.Load()
	from, _ := find(stats, group, "")
	to, _ := find(stats, group+"\x00", "")
	return stats[from:to:to]
}

// Groups lists the groups, sorted.
func (s *Set) Groups() []string {
	var groups []string
	for _, st := range *s.stats.Load() {
		if len(groups) == 0 || groups[len(groups)-1] != st.group {
			groups = append(groups, st.group)
		}
	}
	return groups
}

// Select finds what an argument of stats.get_statistics and its like means:
// "all", all of a group for "group:", or one by its "name" in whatever group.
// Nothing for what is unknown. (Kamailio 5.6.3 finds nothing for "group:name";
// stats.fetch takes "group.name", which Fetch serves.)
func (s *Set) Select(what string) []*Stat {
	if what == "all" {
		return *s.stats.Load()
	}
	if group, ok := strings.CutSuffix(what, ":"); ok {
		return s.group(group)
	}
	if st := s.Find(what); st != nil {
		return []*Stat{st}
	}
	return nil
}

// Fetch is Select for stats.fetch and stats.fetchn, which know "group.name" and
// "group:name" besides.
func (s *Set) Fetch(what string) []*Stat {
	if found := s.Select(what); len(found) > 0 {
		return found
	}
	if i := strings.IndexAny(what, ".:"); i > 0 {
		if st := s.Lookup(what[:i], what[i+1:]); st != nil {
			return []*Stat{st}
		}
	}
	return nil
}
