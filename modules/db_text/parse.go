// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// A table, with the delimiter ":" (* repeats, ? may be missing):
//
//	table  = {definition} "\n" (row "\n")*
//	definition = name "(" type ("," attribute)? ")"   with spaces between
//	type   = what begins with i, d, s, b or t
//	attribute = what begins with a (auto) or n (null)
//	row    = field (":" field)*
//	field  = (any sign but ":", "\" and the end of the line | escape)*
//	escape = "\" ("n" | "r" | "t" | "\" | "0" | ":")
//
// Empty lines between the rows mean nothing. Fields that are missing at the end
// of a row are empty; an empty one is NULL, or an empty text in a column of
// texts that has no NULL.

// format is how files are written.
type format struct {
	delim byte
	// emptyString reads empty fields of texts as "" and never as NULL.
	emptyString bool
}

// parse reads a table.
func (f format) parse(text []byte) (*table, error) {
	head, rest, _ := bytes.Cut(text, []byte("\n"))
	columns, err := parseColumns(string(head))
	if err != nil {
		return nil, fmt.Errorf("line 1: %w", err)
	}
	t := &table{columns: columns, high: make([]int64, len(columns))}
	for line := 2; len(rest) > 0; line++ {
		var one []byte
		one, rest, _ = bytes.Cut(rest, []byte("\n"))
		if len(one) == 0 {
			continue
		}
		row, err := f.parseRow(t, string(one))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		t.rows = append(t.rows, row)
	}
	t.fill()
	return t, nil
}

// fill gives numbers to the auto columns that have none: above all that the file
// has.
func (t *table) fill() {
	for i := range t.columns {
		if !t.columns[i].auto {
			continue
		}
		for _, r := range t.rows {
			if r[i] != nil {
				t.number(r, i)
			}
		}
		for _, r := range t.rows {
			t.number(r, i)
		}
	}
}

func parseColumns(text string) ([]column, error) {
	var columns []column
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimLeft(text, " \t") {
		name, rest, ok := strings.Cut(text, "(")
		name = strings.TrimSpace(name)
		inner, behind, closed := strings.Cut(rest, ")")
		if !ok || !closed || name == "" || strings.ContainsAny(name, " \t)") {
			return nil, fmt.Errorf("%q: a column is name(type) or name(type,attribute)", text)
		}
		c, err := parseColumn(name, inner)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(columns, func(o column) bool { return o.name == name }) {
			return nil, fmt.Errorf("column %s is there twice", name)
		}
		columns = append(columns, c)
		text = behind
	}
	if len(columns) == 0 {
		return nil, fmt.Errorf("there are no columns")
	}
	return columns, nil
}

func parseColumn(name, inner string) (column, error) {
	typ, attributes, given := strings.Cut(inner, ",")
	typ = strings.ToLower(strings.TrimSpace(typ))
	c := column{name: name}
	for _, k := range kinds {
		if c.typ == "" && strings.HasPrefix(typ, k.begin) && (k.name != "str" || typ == "str") {
			c.typ, c.kind = k.name, k.kind
		}
	}
	if c.typ == "" {
		return c, fmt.Errorf("column %s: %q is no type; int, double, str, string, blob and time are", name, typ)
	}
	if !given {
		return c, nil
	}
	// The reference looks at the first attribute.
	first, _, _ := strings.Cut(attributes, ",")
	switch first = strings.ToLower(strings.TrimSpace(first)); {
	case strings.HasPrefix(first, "n"):
		c.null = true
	case strings.HasPrefix(first, "a") && c.kind == integer:
		c.auto = true
	default:
		return c, fmt.Errorf("column %s: %q is no attribute of type %s; null is, and auto of int", name, first, c.typ)
	}
	return c, nil
}

func (f format) parseRow(t *table, line string) ([]db.Value, error) {
	row := make([]db.Value, len(t.columns))
	for i := range t.columns {
		field, rest, err := f.field(line)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", t.columns[i].name, err)
		}
		if row[i], err = f.parseField(&t.columns[i], field); err != nil {
			return nil, err
		}
		if line = rest; line == "" {
			break // a delimiter is still to come where there are more fields
		}
		line = line[1:]
		if i == len(t.columns)-1 {
			return nil, fmt.Errorf("the row has more than %d fields", len(t.columns))
		}
	}
	for i := range row {
		if c := &t.columns[i]; row[i] == nil && !c.null && !c.auto {
			if row[i] = c.empty(); row[i] == nil {
				return nil, fmt.Errorf("column %s cannot be NULL", c.name)
			}
		}
	}
	return row, nil
}

// empty is what stands for an empty field where the column has no NULL.
func (c *column) empty() db.Value {
	switch c.kind {
	case str:
		return ""
	case blob:
		return []byte{}
	}
	return nil
}

// field returns the first field of a line, and what stands behind it from the
// delimiter on.
func (f format) field(line string) (field, rest string, err error) {
	end := 0
	for end < len(line) && line[end] != f.delim && line[end] != '\\' {
		end++
	}
	if end == len(line) || line[end] == f.delim {
		return line[:end], line[end:], nil
	}
	out := []byte(line[:end])
	for i := end; i < len(line); i++ {
		switch c := line[i]; {
		case c == f.delim:
			return string(out), line[i:], nil
		case c != '\\':
			out = append(out, c)
		default:
			i++
			if i == len(line) {
				return "", "", fmt.Errorf("there is nothing behind the backslash")
			}
			plain, ok := f.unescape(line[i])
			if !ok {
				return "", "", fmt.Errorf(`\%c is no escape`, line[i])
			}
			out = append(out, plain)
		}
	}
	return string(out), "", nil
}

func (f format) unescape(c byte) (byte, bool) {
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case '0':
		return 0, true
	case '\\', f.delim:
		return c, true
	}
	return 0, false
}

func (f format) parseField(c *column, field string) (db.Value, error) {
	if field == "" {
		if f.emptyString && c.kind == str {
			return "", nil
		}
		return nil, nil
	}
	switch c.kind {
	case integer, moment:
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil || field[0] == '+' {
			return nil, fmt.Errorf("column %s: %q is no integer", c.name, field)
		}
		if c.kind == moment {
			return time.Unix(n, 0), nil
		}
		return n, nil
	case double:
		n, ok := parseDouble(field)
		if !ok {
			return nil, fmt.Errorf("column %s: %q is no number with a decimal point", c.name, field)
		}
		return n, nil
	case blob:
		return []byte(field), nil
	}
	return field, nil
}

// parseDouble reads digits with a point in or behind them, as the reference
// does: no exponents.
func parseDouble(text string) (float64, bool) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || digits[0] == '.' || strings.Trim(digits, "0123456789.") != "" {
		return 0, false
	}
	n, err := strconv.ParseFloat(text, 64)
	return n, err == nil
}
