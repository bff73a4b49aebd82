// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
)

// load reads all trees. What old has of them tells how often they were read.
func (m *Mtree) load(ctx context.Context, old *forest) (*forest, error) {
	f := new(forest)
	if len(m.specs) == 0 {
		trees, err := m.loadTable(ctx)
		if err != nil {
			return nil, err
		}
		f.trees = trees
	}
	for _, s := range m.specs {
		t, err := m.loadTree(ctx, s)
		if err != nil {
			return nil, err
		}
		t.reloads = 1
		f.trees = append(f.trees, t)
	}
	for _, t := range f.trees {
		if before := old.find(t.spec.name); before != nil {
			t.reloads = before.reloads + 1
		}
	}
	slices.SortFunc(f.trees, func(a, b *tree) int { return compareNames(a.spec.name, b.spec.name) })
	return f, nil
}

// loadTree reads a tree that parameter mtree defines.
func (m *Mtree) loadTree(ctx context.Context, s *spec) (*tree, error) {
	q := db.Query{Table: s.table, Columns: s.columns}
	if len(q.Columns) == 0 {
		q.Columns = []string{m.prefixColumn, m.valueColumn}
	}
	if s.multi {
		q.Where = []db.Cond{db.Is(m.nameColumn, s.name)}
	}
	b := newBuilder(s)
	err := m.db.Select(ctx, q, func(row []db.Value) error { return m.pass(b.add(db.Text(row[0]), packed(row[1:]))) })
	var t *tree
	if err == nil {
		t, err = b.tree(m)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot load tree %s of table %s: %w", s.name, s.table, err)
	}
	return t, nil
}

// loadTable reads all trees of a table.
func (m *Mtree) loadTable(ctx context.Context) ([]*tree, error) {
	builders := map[string]*builder{}
	q := db.Query{Table: m.table, Columns: []string{m.nameColumn, m.prefixColumn, m.valueColumn}}
	err := m.db.Select(ctx, q, func(row []db.Value) error {
		name := db.Text(row[0])
		if name == "" {
			return m.pass(&errBadRecord{db.Text(row[1]), db.Text(row[2]), "its tree has no name"})
		}
		b := builders[name]
		if b == nil {
			b = newBuilder(&spec{name: name, table: m.table, kind: kind(m.treeType)})
			builders[name] = b
		}
		return m.pass(b.add(db.Text(row[1]), db.Text(row[2])))
	})
	var trees []*tree
	for _, b := range builders {
		var t *tree
		if err == nil {
			if t, err = b.tree(m); err != nil {
				err = fmt.Errorf("tree %s: %w", b.spec.name, err)
			}
			trees = append(trees, t)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("cannot load the trees of table %s: %w", m.table, err)
	}
	return trees, nil
}

// pass logs a record that is left out, and returns any other error.
func (m *Mtree) pass(err error) error {
	var bad *errBadRecord
	if errors.As(err, &bad) {
		m.log.Error(bad.Error())
		return nil
	}
	return err
}

// packed joins the values of several columns; NULL and the empty text are a
// star. One column stays as it is.
func packed(values []db.Value) string {
	if len(values) == 1 {
		return db.Text(values[0])
	}
	all := make([]string, len(values))
	for i, v := range values {
		if all[i] = db.Text(v); all[i] == "" {
			all[i] = "*"
		}
	}
	return strings.Join(all, ",")
}
