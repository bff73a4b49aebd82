// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// kind is what the values of a column are.
type kind uint8

const (
	integer kind = iota // int64
	double              // float64
	str                 // string
	blob                // []byte
	moment              // time.Time, in the file seconds since the epoch
)

// kinds are the types of columns by what their names begin with, and how they are
// written: the reference looks at the first letter only, and takes datetime for a
// double.
var kinds = []struct {
	begin string
	kind  kind
	name  string
}{
	{"date", moment, "datetime"}, {"i", integer, "int"}, {"d", double, "double"}, {"str", str, "str"}, {"s", str, "string"},
	{"b", blob, "blob"}, {"t", moment, "time"},
}

// column is one column of a table.
type column struct {
	name string
	// typ is the type as it is written, str or string for example.
	typ        string
	kind       kind
	auto, null bool
}

// table is the content of a file. Rows are never changed, but replaced.
type table struct {
	columns []column
	rows    [][]db.Value
	// high are the largest numbers that auto columns had, by column.
	high []int64
}

// index returns the place of a column, or an error that names it.
func (t *table) index(name string) (int, error) {
	for i := range t.columns {
		if t.columns[i].name == name {
			return i, nil
		}
	}
	return 0, fmt.Errorf("there is no column %q", name)
}

func (t *table) indexes(names []string) ([]int, error) {
	out := make([]int, len(names))
	for i, n := range names {
		at, err := t.index(n)
		if err != nil {
			return nil, err
		}
		out[i] = at
	}
	return out, nil
}

// value makes of v what the column holds; nil stays nil.
func (c *column) value(v db.Value) (db.Value, error) {
	if v == nil {
		return nil, nil
	}
	switch c.kind {
	case integer:
		if n, ok := db.Int(v); ok {
			return n, nil
		}
	case double:
		if f, ok := db.Float(v); ok && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return f, nil
		}
	case str:
		return strings.Clone(db.Text(v)), nil
	case blob:
		return bytes.Clone([]byte(db.Text(v))), nil
	case moment:
		if t, ok := db.Time(v, time.Local); ok {
			return time.Unix(t.Unix(), 0), nil
		}
		if n, ok := db.Int(v); ok {
			return time.Unix(n, 0), nil
		}
	}
	return nil, fmt.Errorf("%w: column %s is of type %s and cannot hold %q", db.ErrRefused, c.name, c.typ, db.Text(v))
}

// check completes a new row: what NULL stands for, and whether it may stand
// there at all.
func (t *table) check(row []db.Value) error {
	for i := range t.columns {
		c := &t.columns[i]
		if c.auto {
			t.number(row, i)
		}
		if row[i] == nil && !c.null {
			return fmt.Errorf("%w: column %s cannot be NULL", db.ErrRefused, c.name)
		}
	}
	if len(row) == 1 && isEmpty(row[0]) {
		return fmt.Errorf("a table of one column has no empty rows")
	}
	return nil
}

// isEmpty tells whether a value is written as an empty field.
func isEmpty(v db.Value) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []byte:
		return len(v) == 0
	}
	return false
}

// number gives the auto column of a row its number, or remembers the one that
// it has.
func (t *table) number(row []db.Value, column int) {
	if n, ok := row[column].(int64); ok {
		t.high[column] = max(t.high[column], n)
		return
	}
	t.high[column]++
	row[column] = t.high[column]
}

// compare orders two values of a column, NULL first. Texts are compared without
// regard to the case of ASCII letters, as the reference does.
func compare(a, b db.Value) int {
	if a == nil || b == nil {
		return cmp.Compare(bool2int(a != nil), bool2int(b != nil))
	}
	switch a := a.(type) {
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return compareFold(a, b.(string))
	case []byte:
		return bytes.Compare(a, b.([]byte))
	case time.Time:
		return a.Compare(b.(time.Time))
	}
	return 0
}

func bool2int(b bool) int {
	if b {
		return 1
	}
	return 0
}

func compareFold(a, b string) int {
	for i := 0; i < len(a) && i < len(b); i++ {
		if x, y := lower(a[i]), lower(b[i]); x != y {
			return cmp.Compare(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
