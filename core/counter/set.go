// SPDX-License-Identifier: Apache-2.0

package counter

import "iter"

type page struct{}

// Add adds n, which may be negative.
func (c Counter) Add(n int64) {}

// Value is the sum of all additions since the last Reset.
func (c Counter) Value() int64 { return 0 }

// Set makes v the value. Additions that run at the same time may be lost.
func (c Counter) Set(v int64) {}

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

// Stat is one declared number of a Set.
type Stat struct{ group, name, doc string }

// Group is the first half of the name.
func (s *Stat) Group() string { return s.group }

// Name is the second half of the name.
func (s *Stat) Name() string { return s.name }

// Doc says what is counted.
func (s *Stat) Doc() string { return s.doc }

// FullName is group:name, as the operator sees it.
func (s *Stat) FullName() string { return s.group + ":" + s.name }

// IsGauge says whether the number is computed. It cannot be reset.
func (s *Stat) IsGauge() bool { return false }

// Value is the number at this moment.
func (s *Stat) Value() int64 { return 0 }

// Counter is the counter behind the number; the zero Counter for a gauge.
func (s *Stat) Counter() Counter { return Counter{} }

// Reset makes the number zero and says whether it could.
func (s *Stat) Reset() bool { return false }

// Metric is the name for Prometheus: group_name_total, or group_name for a gauge.
func (s *Stat) Metric() string { return "" }

// Set has all numbers of an engine.
type Set struct{}

// New returns an empty set.
func New() *Set { return &Set{} }

// Declare adds the entries and fills their counters.
func (s *Set) Declare(group string, entries ...Entry) error { return nil }

// Lookup finds a number by group and name, or returns nil.
func (s *Set) Lookup(group, name string) *Stat { return nil }

// Find finds a number by its name in whatever group, or returns nil.
func (s *Set) Find(name string) *Stat { return nil }

// All goes through all numbers, sorted by group and name.
func (s *Set) All() iter.Seq[*Stat] { return func(func(*Stat) bool) {} }

// Group goes through the numbers of a group, sorted by name.
func (s *Set) Group(group string) iter.Seq[*Stat] { return func(func(*Stat) bool) {} }

// Groups lists the groups, sorted.
func (s *Set) Groups() []string { return nil }

// Select finds what an argument of stats.get_statistics means: "all",
// "group:" or "name". Nothing for an unknown name.
func (s *Set) Select(what string) []*Stat { return nil }
