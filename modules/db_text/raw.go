// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"context"
	"fmt"

	"github.com/kahea-sip/kahea/core/db"
)

// Raw implements db.Querier.
func (d *database) Raw(ctx context.Context, text string, args ...db.Value) (*db.Result, error) {
	s, err := parseStatement(text, args)
	if err != nil {
		return nil, fmt.Errorf("statement %q: %w", text, err)
	}
	r := new(db.Result)
	switch s.verb {
	case "select":
		return d.rawSelect(ctx, s)
	case "insert":
		r.Affected = int64(len(s.rows))
		err = d.Insert(ctx, s.query.Table, s.columns, s.rows...)
	case "update":
		r.Affected, err = d.Update(ctx, s.query.Table, s.set, s.query.Where)
	case "delete":
		r.Affected, err = d.Delete(ctx, s.query.Table, s.query.Where)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

func (d *database) rawSelect(ctx context.Context, s *statement) (*db.Result, error) {
	if s.count {
		var n int64
		err := d.view(ctx, s.query.Table, func(t *table) error {
			rows, err := t.find(s.query)
			n = int64(len(rows))
			return err
		})
		return &db.Result{Columns: []string{"count(*)"}, Rows: [][]db.Value{{n}}}, err
	}
	columns, err := d.columns(ctx, s.query.Table, s.query.Columns)
	if err != nil {
		return nil, err
	}
	r := new(db.Result)
	for i := range columns {
		r.Columns = append(r.Columns, columns[i].name)
	}
	r.Rows, err = db.Rows(ctx, d, s.query)
	return r, err
}

// columns returns those of a table that are named, all without any.
func (d *database) columns(ctx context.Context, name string, names []string) (out []column, err error) {
	err = d.view(ctx, name, func(t *table) error {
		at, err := t.indexes(names)
		if err != nil {
			return fmt.Errorf("table %s: %w", name, err)
		}
		if len(names) == 0 {
			out = t.columns
		}
		for _, i := range at {
			out = append(out, t.columns[i])
		}
		return nil
	})
	return out, err
}
