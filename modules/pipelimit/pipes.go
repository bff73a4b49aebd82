// SPDX-License-Identifier: Apache-2.0

package pipelimit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/limit"
	"github.com/kahea-sip/kahea/core/slothash"
)

// maxPipes bounds the pipes: names may come from the network.
const maxPipes = 1 << 20

// tableVersion is that of the table pl_pipes.
const tableVersion = 1

// columns are the names in the database.
type columns struct{ table, pipe, limit, algorithm string }

// pipes are all pipes by name. They outlive a generation: a reload changes
// limits and keeps what was counted.
type pipes struct {
	// measured tells that a pipe goes, or went, by the load of the machine.
	measured atomic.Bool

	mu     sync.RWMutex
	byName map[string]*limit.Pipe // guarded by mu
}

func newPipes() *pipes { return &pipes{byName: map[string]*limit.Pipe{}} }

var errFull = errors.New("there are too many pipes")

// find returns the pipe of a name, or nil.
func (s *pipes) find(name string) *limit.Pipe {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.byName[name]
}

// count returns the number of pipes.
func (s *pipes) count() int64 {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return int64(len(s.byName))
}

// make returns the pipe of a name; it makes one where there is none.
func (s *pipes) make(name string, a limit.Algorithm, max int) (*limit.Pipe, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.byName[name]; p != nil {
		return p, nil
	}
	if len(s.byName) >= maxPipes {
		return nil, errFull
	}
	p := limit.NewPipe(a, max, 1)
	s.byName[strings.Clone(name)] = p
	s.noteLoad(a)
	return p, nil
}

// noteLoad remembers that the load of the machine is of use.
func (s *pipes) noteLoad(a limit.Algorithm) {
	if a == limit.Feedback || a == limit.Network {
		s.measured.Store(true)
	}
}

// remove forgets a pipe.
func (s *pipes) remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byName, name)
}

// turn begins the next interval, and removes pipes that were without a request
// for more than unused ones.
func (s *pipes) turn(load limit.Load, gains limit.Gains, unused int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, p := range s.byName {
		p.Turn(load, gains)
		if unused > 0 && p.Idle() > int64(unused) {
			delete(s.byName, name)
		}
	}
}

// load takes the definitions of a database over. A pipe that exists keeps its
// counters.
func (s *pipes) load(ctx context.Context, d db.Operations, c columns) error {
	q := db.Query{Table: c.table, Columns: []string{c.pipe, c.algorithm, c.limit}}
	return d.Select(ctx, q, func(row []db.Value) error {
		name := db.Text(row[0])
		a, ok := limit.ParseAlgorithm(db.Text(row[1]))
		if !ok {
			return fmt.Errorf("table %s: pipe %s: unknown algorithm %q: there are TAILDROP, RED, FEEDBACK, NETWORK", c.table, name, db.Text(row[1]))
		}
		max, ok := db.Int(row[2])
		if !ok || max < 0 {
			return fmt.Errorf("table %s: pipe %s: a limit is a number of 0 or more", c.table, name)
		}
		p, err := s.make(name, a, int(max))
		if err == nil {
			p.Set(a, int(max))
			s.noteLoad(a)
		}
		return err
	})
}

// named is a pipe with its name.
type named struct {
	name string
	*limit.Pipe
}

// list returns the pipes that have an algorithm, by slot.
func (s *pipes) list(bits int) []named {
	var all []named
	s.mu.RLock()
	for name, p := range s.byName {
		if p.Algorithm() != limit.NOP {
			all = append(all, named{name, p})
		}
	}
	s.mu.RUnlock()
	slot := func(n named) uint32 { return slothash.Sum(n.name, "") & (1<<bits - 1) }
	slices.SortFunc(all, func(a, b named) int {
		return cmp.Or(cmp.Compare(slot(a), slot(b)), cmp.Compare(a.name, b.name))
	})
	return all
}
