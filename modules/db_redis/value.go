// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// encode writes a value, which is not NULL, as it stands in Redis: dates in local
// time, as Kamailio's driver writes them.
func (t *table) encode(name string, v db.Value) (string, error) {
	c, ok := t.column(name)
	if !ok {
		return "", t.check([]string{name})
	}
	typed, err := c.convert(v)
	if err != nil {
		return "", err
	}
	return db.Text(typed), nil
}

// convert gives a value the type of the column.
func (c column) convert(v db.Value) (db.Value, error) {
	var ok bool
	var out db.Value
	switch c.kind {
	case integer:
		out, ok = convertInt(v)
	case float:
		out, ok = db.Float(v)
	case moment:
		var at time.Time
		if at, ok = db.Time(v, time.Local); ok {
			out = at.In(time.Local)
		}
	case blob:
		out, ok = []byte(db.Text(v)), true
	default:
		out, ok = strings.Clone(db.Text(v)), true
	}
	if !ok {
		return nil, fmt.Errorf("%w: column %s cannot have the value %q", db.ErrRefused, c.name, db.Text(v))
	}
	return out, nil
}

func convertInt(v db.Value) (db.Value, bool) {
	if n, ok := db.Int(v); ok {
		return n, true
	}
	f, ok := db.Float(v)
	return int64(f), ok
}

// decode reads a value; NULL is a field that is not there, or an empty one that
// the column's type has no value for: Kamailio writes NULL so when it changes a
// row.
func (c column) decode(raw string, there bool) db.Value {
	if !there || raw == "" && c.kind != text && c.kind != blob {
		return nil
	}
	v, err := c.convert(raw)
	if err != nil {
		return nil
	}
	return v
}

// holds tells whether a row meets the conditions.
func (t *table) holds(row record, where []db.Cond, any bool) (bool, error) {
	for _, w := range where {
		c, ok := t.column(w.Column)
		if !ok {
			return false, t.check([]string{w.Column})
		}
		met, err := c.meets(row.value(c), w)
		if err != nil {
			return false, err
		}
		if met == any {
			return met, nil
		}
	}
	return len(where) == 0 || !any, nil
}

func (c column) meets(have db.Value, w db.Cond) (bool, error) {
	if w.Value == nil {
		return (have == nil) != (w.Op == db.NotEqual), nil
	}
	want, err := c.convert(w.Value)
	if err != nil || have == nil {
		return false, err
	}
	if w.Op == db.Bits {
		a, _ := db.Int(have)
		b, _ := db.Int(want)
		return a&b != 0, nil
	}
	order := compare(have, want)
	switch w.Op {
	case db.Equal:
		return order == 0, nil
	case db.NotEqual:
		return order != 0, nil
	case db.Less:
		return order < 0, nil
	case db.LessEqual:
		return order <= 0, nil
	case db.Greater:
		return order > 0, nil
	}
	return order >= 0, nil
}

// compare orders two values of one column; NULL stands first.
func compare(a, b db.Value) int {
	if a == nil || b == nil {
		return cmp.Compare(bit(a != nil), bit(b != nil))
	}
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case time.Time:
		return a.Truncate(time.Second).Compare(b.(time.Time).Truncate(time.Second))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	}
	return strings.Compare(a.(string), b.(string))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// parseOrder reads an OrderBy.
func (t *table) parseOrder(orderBy string) (by []order, err error) {
	if orderBy == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(orderBy, ",") {
		f := strings.Fields(one)
		if len(f) == 0 || len(f) > 2 || len(f) == 2 && !strings.EqualFold(f[1], "DESC") && !strings.EqualFold(f[1], "ASC") {
			return nil, fmt.Errorf("%s is no order", strconv.Quote(orderBy))
		}
		c, ok := t.column(f[0])
		if !ok {
			return nil, t.check(f[:1])
		}
		by = append(by, order{c, len(f) == 2 && strings.EqualFold(f[1], "DESC")})
	}
	return by, nil
}

type order struct {
	column
	reverse bool
}

func compareBy(by []order, a, b record) int {
	for _, o := range by {
		n := compare(a.value(o.column), b.value(o.column))
		if o.reverse {
			n = -n
		}
		if n != 0 {
			return n
		}
	}
	return 0
}
