// SPDX-License-Identifier: Apache-2.0

package kex

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

func text(v int64) string { return strconv.FormatInt(v, 10) }

// each calls f for the numbers that the arguments ask for: "all", "group:" or
// a name.
func each(r *module.Request, what string, f func(s *counter.Stat)) error {
	return eachOf(r, what, r.Host.Counters().Select, f)
}

func eachOf(r *module.Request, what string, choose func(name string) []*counter.Stat, f func(s *counter.Stat)) error {
	if r.Len() == 0 {
		return module.Faultf(400, "Please provide which stats to %s", what)
	}
	for i := range r.Len() {
		name, err := r.Str(i)
		if err != nil {
			return err
		}
		for _, s := range choose(name) {
			f(s)
		}
	}
	return nil
}

func getStatistics(r *module.Request) error {
	return each(r, "retrieve", func(s *counter.Stat) { r.Printf("%s = %d", s.FullName(), s.Value()) })
}

// fetch makes stats.fetch and stats.fetchn, which differ in the type of the
// values.
func fetch(value func(int64) any) func(*module.Request) error {
	return func(r *module.Request) error {
		out := r.Struct()
		return eachOf(r, "retrieve", r.Host.Counters().Fetch, func(s *counter.Stat) { out.Add(s.Group()+"."+s.Name(), value(s.Value())) })
	}
}

func resetStatistics(r *module.Request) error {
	return each(r, "reset", func(s *counter.Stat) { s.Reset() })
}

func clearStatistics(r *module.Request) error {
	return each(r, "clear", func(s *counter.Stat) {
		r.Printf("%s = %d", s.FullName(), s.Value())
		s.Reset()
	})
}
