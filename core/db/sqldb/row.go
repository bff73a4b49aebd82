// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"database/sql"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// deliver calls each for the rows of an answer, and closes it.
func (d *Database) deliver(rows *sql.Rows, w *waiting, each func([]db.Value) error) (err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	cells, err := d.cells(rows)
	if err != nil {
		return err
	}
	dest := make([]any, len(cells))
	for i := range cells {
		dest[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		row := make([]db.Value, len(cells))
		for i := range cells {
			row[i] = cells[i].value
		}
		w.pause()
		if err := each(row); err != nil {
			return &callerError{err}
		}
		w.again()
	}
	return rows.Err()
}

// cells makes the places that the columns of a row are read into.
func (d *Database) cells(rows *sql.Rows) ([]cell, error) {
	columns, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	cells := make([]cell, len(columns))
	for i, c := range columns {
		cells[i] = cell{kind: d.cfg.Dialect.Kind(c.DatabaseTypeName()), d: d}
	}
	return cells, nil
}

// cell reads the values of one column.
type cell struct {
	kind  Kind
	d     *Database
	value db.Value
}

// Scan implements sql.Scanner. Bytes are the driver's and are copied.
func (c *cell) Scan(src any) error {
	c.value = c.convert(src)
	return nil
}

func (c *cell) convert(src any) db.Value {
	switch v := src.(type) {
	case nil:
		return nil
	case bool:
		if v {
			return int64(1)
		}
		return int64(0)
	case float32:
		return single(float64(v))
	case uint64:
		return int64(v)
	case time.Time:
		if c.kind == Text { // a day
			return v.Format(time.DateOnly)
		}
		return c.date(v)
	}
	switch c.kind {
	case Date:
		return c.date(src)
	case Text:
		if t, ok := asText(src); ok {
			return t
		}
		return db.Text(src)
	case Blob:
		if b, ok := src.([]byte); ok {
			return append([]byte{}, b...) // an empty one is not NULL
		}
		return []byte(db.Text(src))
	case Integer, Float, Single:
		return number(c.kind, src)
	}
	if b, ok := src.([]byte); ok {
		return string(b)
	}
	return src
}

// single returns the number with the shortest text that means it, for 0.1 is not
// to become 0.10000000149.
func single(v float64) db.Value {
	f, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', -1, 32), 64)
	return f
}

func asText(src any) (string, bool) {
	switch v := src.(type) {
	case string:
		return v, true
	case []byte:
		return string(v), true
	}
	return "", false
}

// number returns the number of a column, or what it has in its place.
func number(kind Kind, src any) db.Value {
	switch v := src.(type) {
	case int64:
		if kind != Integer {
			return float64(v)
		}
		return v
	case float64:
		if kind == Single {
			return single(v)
		}
		return v
	}
	t, ok := asText(src)
	if !ok {
		return src
	}
	if kind == Integer {
		if n, err := strconv.ParseInt(t, 10, 64); err == nil {
			return n
		}
	} else if f, err := strconv.ParseFloat(t, 64); err == nil {
		return f
	}
	return t
}

// date returns a date in the zone of the database's dates; the zero time for
// what is none, as MySQL's 0000-00-00.
func (c *cell) date(src any) db.Value {
	loc := c.d.cfg.Location
	if c.kind == Date && c.d.cfg.Dialect.Date != nil {
		if t, ok := c.d.cfg.Dialect.Date(src, loc); ok {
			return t
		}
	}
	if t, ok := src.(time.Time); ok {
		return t.In(loc)
	}
	if t, ok := asText(src); ok {
		for _, layout := range []string{db.TimeLayout, time.DateOnly, time.RFC3339Nano} {
			if d, err := time.ParseInLocation(layout, strings.TrimSpace(t), loc); err == nil {
				return d
			}
		}
	}
	return time.Time{}
}
