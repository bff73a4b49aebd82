// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
)

// match is a condition with its column found and its value converted.
type match struct {
	column int
	op     db.Op
	value  db.Value
}

func (t *table) matches(where []db.Cond) ([]match, error) {
	out := make([]match, len(where))
	for i, w := range where {
		at, err := t.index(w.Column)
		if err != nil {
			return nil, err
		}
		v, err := t.columns[at].value(w.Value)
		if err != nil {
			return nil, err
		}
		out[i] = match{at, w.Op, v}
	}
	return out, nil
}

// holds tells whether a condition is true for a row. NULL is only equal to NULL,
// and neither less nor more than anything.
func (m *match) holds(row []db.Value) bool {
	v := row[m.column]
	if m.value == nil {
		return (v == nil) == (m.op != db.NotEqual)
	}
	if v == nil {
		return false
	}
	if m.op == db.Bits {
		a, _ := db.Int(v)
		b, _ := db.Int(m.value)
		return a&b != 0
	}
	c := compare(v, m.value)
	switch m.op {
	case db.Equal:
		return c == 0
	case db.NotEqual:
		return c != 0
	case db.Less:
		return c < 0
	case db.LessEqual:
		return c <= 0
	case db.Greater:
		return c > 0
	}
	return c >= 0
}

func all(row []db.Value, where []match) bool {
	for i := range where {
		if !where[i].holds(row) {
			return false
		}
	}
	return true
}

func anyOf(row []db.Value, where []match) bool {
	return len(where) == 0 || slices.ContainsFunc(where, func(m match) bool { return m.holds(row) })
}

// find returns the rows that a query asks for, all columns of them.
func (t *table) find(q db.Query) ([][]db.Value, error) {
	where, err := t.matches(q.Where)
	if err != nil {
		return nil, err
	}
	order, err := t.order(q.OrderBy)
	if err != nil {
		return nil, err
	}
	holds := all
	if q.Any {
		holds = anyOf
	}
	var out [][]db.Value
	for _, r := range t.rows {
		if len(order) == 0 && q.Limit > 0 && len(out) == q.Limit {
			break
		}
		if holds(r, where) {
			out = append(out, r)
		}
	}
	if len(order) > 0 {
		slices.SortStableFunc(out, func(a, b []db.Value) int { return compareRows(a, b, order) })
	}
	if q.Limit > 0 && len(out) > q.Limit {
		out = out[:q.Limit]
	}
	return out, nil
}

// key is a column to sort by.
type key struct {
	column  int
	reverse bool
}

func (t *table) order(by string) ([]key, error) {
	var keys []key
	if by = strings.TrimSpace(by); by == "" {
		return nil, nil
	}
	for _, one := range strings.Split(by, ",") {
		words := strings.Fields(one)
		reverse := len(words) == 2 && strings.EqualFold(words[1], "desc")
		if len(words) != 1 && !reverse && !(len(words) == 2 && strings.EqualFold(words[1], "asc")) {
			return nil, fmt.Errorf("%q is no order of rows", by)
		}
		at, err := t.index(words[0])
		if err != nil {
			return nil, err
		}
		keys = append(keys, key{at, reverse})
	}
	return keys, nil
}

func compareRows(a, b []db.Value, order []key) int {
	for _, k := range order {
		if c := compare(a[k.column], b[k.column]); c != 0 {
			if k.reverse {
				return -c
			}
			return c
		}
	}
	return 0
}

// insert adds rows, or none.
func (t *table) insert(columns []string, rows [][]db.Value) error {
	at, err := t.indexes(columns)
	if err != nil {
		return err
	}
	added := make([][]db.Value, 0, len(rows))
	for _, r := range rows {
		if len(r) != len(at) {
			return fmt.Errorf("%w: there are %d values for %d columns", db.ErrRefused, len(r), len(at))
		}
		full := make([]db.Value, len(t.columns))
		for i, c := range at {
			if full[c], err = t.columns[c].value(r[i]); err != nil {
				return err
			}
		}
		if err := t.check(full); err != nil {
			return err
		}
		added = append(added, full)
	}
	// Readers may hold the same array: they do not see what stands behind their
	// part of it.
	t.rows = append(t.rows, added...)
	return nil
}

func (t *table) update(set []db.Set, where []db.Cond) (int64, error) {
	matches, err := t.matches(where)
	if err != nil {
		return 0, err
	}
	change := make([]match, len(set))
	for i, s := range set {
		if change[i].column, err = t.index(s.Column); err != nil {
			return 0, err
		}
		c := &t.columns[change[i].column]
		if change[i].value, err = c.value(s.Value); err != nil {
			return 0, err
		}
		if change[i].value == nil && !c.null {
			return 0, fmt.Errorf("%w: column %s cannot be NULL", db.ErrRefused, c.name)
		}
	}
	var n int64
	rows := slices.Clone(t.rows)
	for i, r := range rows {
		if !all(r, matches) {
			continue
		}
		n++
		rows[i] = slices.Clone(r)
		for _, c := range change {
			rows[i][c.column] = c.value
		}
		if err := t.check(rows[i]); err != nil {
			return 0, err
		}
	}
	t.rows = rows
	return n, nil
}

func (t *table) remove(where []db.Cond) (int64, error) {
	matches, err := t.matches(where)
	if err != nil {
		return 0, err
	}
	var kept [][]db.Value
	for _, r := range t.rows {
		if !all(r, matches) {
			kept = append(kept, r)
		}
	}
	n := len(t.rows) - len(kept)
	t.rows = kept
	return int64(n), nil
}
