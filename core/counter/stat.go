// SPDX-License-Identifier: Apache-2.0

package counter

import (
	"strings"
	"sync/atomic"
)

// Stat is one declared number of a [Set]. It stays valid as long as the set:
// a new declaration of the same name changes what it shows.
type Stat struct {
	group, name string
	counter     Counter // zero for one that was never declared but as a gauge
	shown       atomic.Pointer[shown]
}

// shown is the part of a Stat that a new declaration replaces.
type shown struct {
	doc   string
	gauge func() int64
}

// Group is the first half of the name.
func (s *Stat) Group() string { return s.group }

// Name is the second half of the name.
func (s *Stat) Name() string { return s.name }

// FullName is group:name, as the operator sees it.
func (s *Stat) FullName() string { return s.group + ":" + s.name }

// Doc says what is counted.
func (s *Stat) Doc() string { return s.shown.Load().doc }

// IsGauge says whether the number is computed. It cannot be reset.
func (s *Stat) IsGauge() bool { return s.shown.Load().gauge != nil }

// Value is the number at this moment.
func (s *Stat) Value() int64 {
	if g := s.shown.Load().gauge; g != nil {
		return g()
	}
	return s.counter.Value()
}

// Counter is the counter behind the number; the zero Counter for a gauge.
func (s *Stat) Counter() Counter {
	if s.IsGauge() {
		return Counter{}
	}
	return s.counter
}

// Reset makes the number zero and says whether it could: gauges stay.
func (s *Stat) Reset() bool {
	if s.IsGauge() {
		return false
	}
	s.counter.Reset()
	return true
}

// Metric is the name for Prometheus: group_name_total, or group_name for a
// gauge, with what a metric name must not contain replaced by underscores.
func (s *Stat) Metric() string {
	name := s.group + "_" + s.name
	if !s.IsGauge() && !strings.HasSuffix(name, "_total") {
		name += "_total"
	}
	if name[0] >= '0' && name[0] <= '9' {
		name = "_" + name
	}
	return strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_'
	}, name)
}
