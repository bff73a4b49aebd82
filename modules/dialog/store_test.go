// SPDX-License-Identifier: Apache-2.0

package dialog

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// faulty is a database without transactions that goes away at any statement,
// before it was done or behind it, and refuses rows of a Call-ID.
type faulty struct {
	db.Database
	rand    *rand.Rand
	faults  bool
	tables  map[string][][]db.Value
	columns map[string][]string
}

var errRefused = fmt.Errorf("%w: too long", db.ErrRefused)

func (f *faulty) do(statement func() error) error {
	if !f.faults {
		return statement()
	}
	switch f.rand.IntN(6) {
	case 0:
		return db.ErrUnavailable
	case 1:
		if err := statement(); err != nil {
			return err
		}
		return db.ErrUnavailable
	}
	return statement()
}

func (f *faulty) match(table string, row []db.Value, where []db.Cond) bool {
	for _, c := range where {
		if row[slices.Index(f.columns[table], c.Column)] != c.Value {
			return false
		}
	}
	return true
}

// Insert implements db.Operations.
func (f *faulty) Insert(_ context.Context, table string, columns []string, rows ...[]db.Value) error {
	return f.do(func() error {
		for _, r := range rows {
			if r[2] == "refused" {
				return errRefused
			}
		}
		f.columns[table] = columns
		f.tables[table] = append(f.tables[table], rows...)
		return nil
	})
}

// Update implements db.Operations.
func (f *faulty) Update(_ context.Context, table string, set []db.Set, where []db.Cond) (n int64, err error) {
	err = f.do(func() error {
		for i, row := range f.tables[table] {
			if !f.match(table, row, where) {
				continue
			}
			row = slices.Clone(row)
			for _, s := range set {
				row[slices.Index(f.columns[table], s.Column)] = s.Value
			}
			f.tables[table][i] = row
			n++
		}
		return nil
	})
	return n, err
}

// Delete implements db.Operations.
func (f *faulty) Delete(_ context.Context, table string, where []db.Cond) (n int64, err error) {
	err = f.do(func() error {
		f.tables[table] = slices.DeleteFunc(f.tables[table], func(row []db.Value) bool {
			hit := f.match(table, row, where)
			if hit {
				n++
			}
			return hit
		})
		return nil
	})
	return n, err
}

func storeModule(t *testing.T, d db.Database) *Module {
	m := New()
	m.host = scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{}).Host
	m.log = slog.New(slog.DiscardHandler)
	m.dbMode = atOnce
	m.store = &store{m: m, db: d, wake: make(chan struct{}, 1), done: make(chan struct{})}
	return m
}

func (d *Dialog) become(s State) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state = s
	d.touch()
}

// TestStoreModel changes dialogs at random while the database goes away and
// comes back. In the end it has each dialog that is up once, as it is, and
// nothing else.
func TestStoreModel(t *testing.T) {
	for seed := range uint64(50) {
		f := &faulty{rand: rand.New(rand.NewPCG(3, seed)), tables: map[string][][]db.Value{}, columns: map[string][]string{}}
		m := storeModule(t, f)
		var up []*Dialog
		for step := range 200 {
			switch f.rand.IntN(5) {
			case 0:
				d := &Dialog{m: m, entry: uint32(step), id: uint32(step), callID: fmt.Sprintf("c%d", step)}
				if step%50 == 49 {
					d.callID = "refused"
				}
				d.become(Answered)
				up = append(up, d)
			case 1:
				if n := len(up); n > 0 {
					up[f.rand.IntN(n)].SetVar("x", fmt.Sprint(step))
				}
			case 2:
				if n := len(up); n > 0 {
					i := f.rand.IntN(n)
					up[i].become(Deleted)
					up = slices.Delete(up, i, i+1)
				}
			case 3:
				f.faults = f.rand.IntN(2) == 0
			default:
				if m.store.flush(t.Context()) != nil && f.rand.IntN(2) == 0 {
					m.store.compact()
				}
			}
		}
		f.faults = false
		if err := m.store.flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, d := range up {
			if v, _ := d.Var("x"); d.callID != "refused" {
				want[d.callID] = v
			}
		}
		got := map[string]string{}
		for _, row := range f.tables["dialog"] {
			id := db.Text(row[2])
			if _, twice := got[id]; twice {
				t.Errorf("seed %d: %s is there twice", seed, id)
			}
			got[id] = ""
			for _, v := range f.tables["dialog_vars"] {
				if v[0] == row[0] && v[1] == row[1] {
					got[id] += db.Text(v[3])
				}
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("seed %d: got %v, want %v", seed, got, want)
		}
		if n := m.store.waiting(); n != 0 {
			t.Errorf("seed %d: %d dialogs wait", seed, n)
		}
	}
}

// TestStoreBound: what has ended without a row does not wait for a database
// that is not available.
func TestStoreBound(t *testing.T) {
	f := &faulty{rand: rand.New(rand.NewPCG(1, 1)), tables: map[string][][]db.Value{}, columns: map[string][]string{}}
	m := storeModule(t, f)
	for i := range uint32(100) {
		d := &Dialog{m: m, entry: i, id: i, callID: "c", stored: i < 10}
		d.become(Confirmed)
		if i < 90 {
			d.become(Deleted)
		}
	}
	m.store.compact()
	if n := m.store.waiting(); n != 20 {
		t.Errorf("%d dialogs wait, want 10 that are up and 10 whose rows must go", n)
	}
}
