// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/kahea-sip/kahea/core/db"
)

// database is a folder of tables.
type database struct {
	module *Text
	folder string

	mu     sync.Mutex
	tables map[string]*stored // guarded by mu
}

var (
	_ db.Database = (*database)(nil)
	_ db.Querier  = (*database)(nil)
)

// Open implements db.Driver. A URL without a slash behind text:// names a folder
// beside the configuration file.
func (m *Text) Open(_ context.Context, u db.URL) (db.Database, error) {
	d, err := m.database(u)
	if err != nil {
		return nil, err
	}
	return d, nil
}

func (m *Text) database(u db.URL) (*database, error) {
	folder := filepath.Join(u.Host, u.Name)
	if folder == "" || u.User != "" {
		return nil, errors.New("the URL of a text database is text://folder or text:///folder")
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(m.configDir, folder)
	}
	info, err := os.Stat(folder)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, fmt.Errorf("%s is no folder", folder)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.open[folder]
	if d == nil {
		d = &database{module: m, folder: folder, tables: map[string]*stored{}}
		m.open[folder] = d
	}
	return d, nil
}

// Close implements db.Database: what was changed is written.
func (d *database) Close() error { return d.dump() }

func (d *database) dump() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var errs []error
	for _, s := range d.tables {
		errs = append(errs, s.write(d.module.format()))
	}
	return errors.Join(errs...)
}

// find returns a table that has been read, or whose file has to be.
func (d *database) find(name string) (*stored, error) {
	if name == "" || strings.ContainsAny(name, "/\x00") || name[0] == '.' {
		return nil, fmt.Errorf("%q is no name of a table: %w", name, db.ErrNoTable)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	s := d.tables[name]
	if s == nil {
		s = &stored{path: filepath.Join(d.folder, name)}
		d.tables[strings.Clone(name)] = s
	}
	return s, nil
}

// view runs f with a table that nobody changes meanwhile.
func (d *database) view(ctx context.Context, name string, f func(t *table) error) error {
	s, err := d.find(name)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	if !s.current(d.module.mode) {
		s.mu.RUnlock()
		if err := d.refresh(s); err != nil {
			return err
		}
		s.mu.RLock()
	}
	t := *s.table
	s.mu.RUnlock()
	// Rows are replaced in a copy of the list: t is whole without the lock.
	return f(&t)
}

func (d *database) refresh(s *stored) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return d.fresh(s)
}

// fresh reads the file where that is necessary. Called with s.mu locked.
func (d *database) fresh(s *stored) error {
	if s.current(d.module.mode) {
		return nil
	}
	lost := s.changed
	if err := s.read(d.module.format()); err != nil {
		return err
	}
	if lost {
		d.module.log.Warn("the file of a table was changed by somebody else: changes that were not yet written are lost", "file", s.path)
	}
	return nil
}

// change runs f with a table of which f replaces the rows.
func (d *database) change(ctx context.Context, name string, f func(t *table) (bool, error)) error {
	s, err := d.find(name)
	if err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := d.fresh(s); err != nil {
		return err
	}
	t := *s.table
	changed, err := f(&t)
	if err != nil {
		return fmt.Errorf("table %s: %w", name, err)
	}
	if changed {
		s.table, s.changed = &t, true
	}
	return nil
}

// Select implements db.Operations.
func (d *database) Select(ctx context.Context, q db.Query, each func(row []db.Value) error) error {
	return d.view(ctx, q.Table, func(t *table) error {
		columns, err := t.indexes(q.Columns)
		if err != nil {
			return fmt.Errorf("table %s: %w", q.Table, err)
		}
		rows, err := t.find(q)
		if err != nil {
			return fmt.Errorf("table %s: %w", q.Table, err)
		}
		if limit := d.module.maxRows; len(rows) > limit {
			return fmt.Errorf("table %s: the query finds %d rows, parameter max_result_rows is %d", q.Table, len(rows), limit)
		}
		for _, r := range rows {
			if err := each(pick(r, columns)); err != nil {
				return err
			}
		}
		return nil
	})
}

// pick copies the columns of a row, all without any.
func pick(row []db.Value, columns []int) []db.Value {
	if len(columns) == 0 {
		return slices.Clone(row)
	}
	out := make([]db.Value, len(columns))
	for i, c := range columns {
		out[i] = row[c]
	}
	return out
}

// Insert implements db.Operations.
func (d *database) Insert(ctx context.Context, name string, columns []string, rows ...[]db.Value) error {
	return d.change(ctx, name, func(t *table) (bool, error) { return len(rows) > 0, t.insert(columns, rows) })
}

// Update implements db.Operations.
func (d *database) Update(ctx context.Context, name string, set []db.Set, where []db.Cond) (n int64, err error) {
	err = d.change(ctx, name, func(t *table) (bool, error) {
		n, err = t.update(set, where)
		return n > 0, err
	})
	return n, err
}

// Delete implements db.Operations.
func (d *database) Delete(ctx context.Context, name string, where []db.Cond) (n int64, err error) {
	err = d.change(ctx, name, func(t *table) (bool, error) {
		n, err = t.remove(where)
		return n > 0, err
	})
	return n, err
}

// Put implements db.Operations.
func (d *database) Put(ctx context.Context, name string, columns, keys []string, row []db.Value) error {
	if len(columns) != len(row) {
		return fmt.Errorf("%w: table %s: there are %d values for %d columns", db.ErrRefused, name, len(row), len(columns))
	}
	set := make([]db.Set, len(columns))
	for i, c := range columns {
		set[i] = db.Set{Column: c, Value: row[i]}
	}
	var where []db.Cond
	for _, k := range keys {
		i := slices.Index(columns, k)
		if i < 0 {
			return fmt.Errorf("%w: table %s: key %s has no value", db.ErrRefused, name, k)
		}
		where = append(where, db.Is(k, row[i]))
	}
	return d.change(ctx, name, func(t *table) (bool, error) {
		if len(where) > 0 {
			if n, err := t.update(set, where); n > 0 || err != nil {
				return true, err
			}
		}
		return true, t.insert(columns, [][]db.Value{row})
	})
}
