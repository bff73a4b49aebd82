// SPDX-License-Identifier: Apache-2.0

package pipelimit

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/limit"
)

// table is a database with one table.
type table struct {
	db.Operations
	rows [][]db.Value
}

func (d table) Select(_ context.Context, q db.Query, each func([]db.Value) error) error {
	if q.Table != "pl_pipes" || strings.Join(q.Columns, " ") != "pipeid algorithm plimit" {
		return fmt.Errorf("unexpected query %+v", q)
	}
	for _, r := range d.rows {
		if err := each(r); err != nil {
			return err
		}
	}
	return nil
}

func TestLoadKeepsCounts(t *testing.T) {
	s := newPipes()
	load := func(rows ...[]db.Value) error { return s.load(t.Context(), table{rows: rows}, New().columns) }
	if err := load([]db.Value{"one", "TAILDROP", int64(3)}, []db.Value{"cpu", "FEEDBACK", "80"}); err != nil {
		t.Fatal(err)
	}
	if !s.measured.Load() {
		t.Error("FEEDBACK does not ask for the load")
	}
	s.find("one").Pass()
	s.find("one").Pass()
	if err := load([]db.Value{"one", "RED", int64(9)}, []db.Value{"new", "NOP", int64(0)}); err != nil {
		t.Fatal(err)
	}
	if p := s.find("one"); p.Count() != 2 || p.Algorithm() != limit.RED || p.Limit() != 9 {
		t.Errorf("one: %d requests, %v, %d", p.Count(), p.Algorithm(), p.Limit())
	}
	if s.count() != 3 || s.find("none") != nil {
		t.Errorf("there are %d pipes, want 3", s.count())
	}
	for _, row := range [][]db.Value{{"x", "LEAKY", int64(1)}, {"x", "RED", nil}, {"x", "RED", int64(-1)}} {
		if err := load(row); err == nil || !strings.Contains(err.Error(), "pipe x") {
			t.Errorf("%v: got %v", row, err)
		}
	}
}

// TestSixteenWorkersMakeOnePipe: the first requests of a name meet, and not one
// too many passes.
func TestSixteenWorkersMakeOnePipe(t *testing.T) {
	const max = 20
	s := newPipes()
	for round := range 50 {
		name := fmt.Sprint("carrier", round)
		var passed atomic.Int64
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				for range 5 {
					p := s.find(name)
					if p == nil {
						p, _ = s.make(name, limit.TailDrop, max)
					}
					if p.Pass() {
						passed.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if passed.Load() != max {
			t.Fatalf("%d requests passed, want %d", passed.Load(), max)
		}
	}
}

// TestOrder has the order in which pl.list of the reference shows these names.
func TestOrder(t *testing.T) {
	s := newPipes()
	for _, name := range []string{"b", "B", "a", "zz", "Two", "two", "aaaa", "aaab", "baaa", "one", "net", "fb"} {
		if _, err := s.make(name, limit.TailDrop, 5); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.make("hidden", limit.NOP, 5); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range s.list(6) {
		got = append(got, n.name)
	}
	if want := "zz B one Two net a b two aaaa aaab baaa fb"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}

func TestUnusedPipesGo(t *testing.T) {
	s := newPipes()
	p, _ := s.make("x", limit.TailDrop, 5)
	turn := func() { s.turn(limit.Load{}, limit.Gains{}, 2) }
	p.Pass()
	turn()
	turn()
	turn()
	if s.find("x") == nil {
		t.Fatal("the pipe went after two intervals without a request")
	}
	turn()
	if s.find("x") != nil {
		t.Error("the pipe is there after three intervals without a request")
	}
}

func BenchmarkFindAndPass(b *testing.B) {
	s := newPipes()
	s.make("192.0.2.1", limit.TailDrop, 5)
	b.ReportAllocs()
	for b.Loop() {
		s.find("192.0.2.1").Pass()
	}
}
