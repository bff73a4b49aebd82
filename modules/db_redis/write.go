// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/redis/go-redis/v9"

	"github.com/kahea-sip/kahea/core/db"
)

//go:embed write.lua
var writeSource string

// maxRounds bounds how often a row is looked at again that others change at the
// same time.
const maxRounds = 20

var errChanging = errors.New("others change the same rows without end")

// changes are the arguments of the script that writes.
type changes struct{ args []any }

func (d *database) newChanges(name string) (*table, *changes, error) {
	t, err := d.m.table(name)
	if err != nil {
		return nil, nil, err
	}
	if t.keys == nil {
		return nil, nil, fmt.Errorf("parameter keys of db_redis has no entry for table %s", name)
	}
	c := new(changes)
	c.add(t.name).count(len(t.keys.maps))
	for _, m := range t.keys.maps {
		c.add(m.name).count(len(m.columns))
		c.add(m.columns...)
	}
	return t, c, nil
}

func (c *changes) add(texts ...string) *changes {
	for _, t := range texts {
		c.args = append(c.args, t)
	}
	return c
}

func (c *changes) count(n int) { c.add(strconv.Itoa(n)) }

// row adds a row that is inserted or put.
func (c *changes) row(t *table, kind string, columns []string, row []db.Value) error {
	if len(row) != len(columns) {
		return fmt.Errorf("%w: %d values for %d columns", db.ErrRefused, len(row), len(columns))
	}
	set := make([]db.Set, len(columns))
	for i := range columns {
		set[i] = db.Set{Column: columns[i], Value: row[i]}
	}
	fields, drop, err := t.fields(set)
	if err != nil {
		return err
	}
	key, ok := t.key("entry", t.keys.entry, func(column string) (string, bool) {
		i := slices.Index(columns, column)
		if i < 0 || row[i] == nil {
			return "", false
		}
		v, err := t.encode(column, row[i])
		return v, err == nil
	})
	if !ok {
		return fmt.Errorf("%w: a row of table %s needs values for its key: %v", db.ErrRefused, t.name, t.keys.entry)
	}
	c.step(kind, key, nil, nil, fields, drop)
	return nil
}

// step adds a change of a row: seen are columns that must still be as they are
// in r.
func (c *changes) step(kind, key string, r *record, seen []string, fields, drop []string) {
	c.add(kind, key).count(len(seen))
	for _, name := range seen {
		v, there := r.fields[name]
		c.add(name, strconv.Itoa(bit(there)), v)
	}
	c.count(len(fields) / 2)
	c.add(fields...).count(len(drop))
	c.add(drop...)
}

// fields are the fields of a hash for columns: those with a value, and those
// that are NULL.
func (t *table) fields(set []db.Set) (fields, drop []string, err error) {
	for _, s := range set {
		if _, ok := t.column(s.Column); !ok {
			return nil, nil, t.check([]string{s.Column})
		}
		if s.Value == nil {
			drop = append(drop, s.Column)
			continue
		}
		v, err := t.encode(s.Column, s.Value)
		if err != nil {
			return nil, nil, err
		}
		fields = append(fields, s.Column, v)
	}
	return fields, drop, nil
}

var writeScript = redis.NewScript(writeSource)

// write runs the script. again are the keys of rows that others have changed.
func (d *database) write(ctx context.Context, what string, c *changes) (n int64, again []string, err error) {
	var answer []any
	err = d.run(ctx, what, false, func(ctx context.Context) (err error) {
		answer, err = writeScript.Run(ctx, d.client, nil, c.args...).Slice()
		return err
	})
	if err != nil || len(answer) == 0 {
		return 0, nil, err
	}
	n, _ = answer[0].(int64)
	for _, k := range answer[1:] {
		key, _ := k.(string)
		again = append(again, key)
	}
	if n < 0 {
		return 0, nil, fmt.Errorf("%w: %s: %v", db.ErrDuplicate, what, again)
	}
	return n, again, nil
}

// Insert implements db.Operations.
func (d *database) Insert(ctx context.Context, table string, columns []string, rows ...[]db.Value) error {
	t, c, err := d.newChanges(table)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := c.row(t, "insert", columns, row); err != nil {
			return err
		}
	}
	_, _, err = d.write(ctx, "insert into "+t.name, c)
	return err
}

// Put implements db.Operations.
func (d *database) Put(ctx context.Context, table string, columns, keys []string, row []db.Value) error {
	t, c, err := d.newChanges(table)
	if err != nil {
		return err
	}
	if !sameColumns(keys, t.keys.entry) {
		return fmt.Errorf("rows of table %s are told apart by %v: parameter keys names %v as entry", t.name, keys, t.keys.entry)
	}
	if err := c.row(t, "put", columns, row); err != nil {
		return err
	}
	_, _, err = d.write(ctx, "change "+t.name, c)
	return err
}

func sameColumns(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}

// Update implements db.Operations.
func (d *database) Update(ctx context.Context, table string, set []db.Set, where []db.Cond) (int64, error) {
	t, _, err := d.newChanges(table)
	if err != nil {
		return 0, err
	}
	fields, drop, err := t.fields(set)
	if err != nil {
		return 0, err
	}
	for _, s := range set {
		if !slices.Contains(t.keys.entry, s.Column) {
			continue
		}
		// The key itself would change: only to what it is.
		if i := slices.IndexFunc(where, func(w db.Cond) bool {
			return w.Column == s.Column && w.Op == db.Equal && db.Text(w.Value) == db.Text(s.Value)
		}); i < 0 {
			return 0, fmt.Errorf("column %s is part of the key of table %s and cannot be changed", s.Column, t.name)
		}
	}
	return d.changeRows(ctx, t, where, "change "+t.name, func(c *changes, r *record, seen []string) {
		c.step("update", r.key, r, seen, fields, drop)
	})
}

// Delete implements db.Operations.
func (d *database) Delete(ctx context.Context, table string, where []db.Cond) (int64, error) {
	t, _, err := d.newChanges(table)
	if err != nil {
		return 0, err
	}
	return d.changeRows(ctx, t, where, "delete from "+t.name, func(c *changes, r *record, seen []string) {
		c.step("delete", r.key, r, seen, nil, nil)
	})
}

// changeRows changes the rows with conditions. What the conditions look at must
// still be so when the script runs; rows where it is not are looked at again.
func (d *database) changeRows(ctx context.Context, t *table, where []db.Cond, what string, step func(c *changes, r *record, seen []string)) (total int64, err error) {
	var seen []string
	for _, w := range where {
		if !slices.Contains(seen, w.Column) {
			seen = append(seen, w.Column)
		}
	}
	var rows []record
	err = d.search(ctx, t, where, false, func(r record) (bool, error) {
		rows = append(rows, r)
		return false, nil
	})
	for round := 0; err == nil && len(rows) > 0; round++ {
		if round == maxRounds {
			return total, errChanging
		}
		var again []string
		for some := range slices.Chunk(rows, batch) {
			_, c, err := d.newChanges(t.name)
			if err != nil {
				return total, err
			}
			for i := range some {
				step(c, &some[i], seen)
			}
			n, keys, err := d.write(ctx, what, c)
			total += n
			if err != nil {
				return total, err
			}
			again = append(again, keys...)
		}
		rows, err = d.matching(ctx, t, where, again)
	}
	return total, err
}

// matching reads rows again and returns those that meet the conditions.
func (d *database) matching(ctx context.Context, t *table, where []db.Cond, keys []string) ([]record, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	rows, err := d.fetch(ctx, keys)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(rows, func(r record) bool {
		ok, err := t.holds(r, where, false)
		return err != nil || !ok
	}), nil
}
