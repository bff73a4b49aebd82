// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// Builder puts a statement together: its text and, apart from it, its values.
type Builder struct {
	dialect *Dialect
	loc     *time.Location
	text    []byte
	args    []any
}

// Text appends text.
func (b *Builder) Text(s string) *Builder {
	b.text = append(b.text, s...)
	return b
}

// Name appends the name of a column. A quote in it is doubled.
func (b *Builder) Name(name string) *Builder {
	q := b.dialect.Quote
	if b.dialect.Fold {
		name = strings.ToLower(name)
	}
	b.text = append(b.text, q)
	for i := range len(name) {
		if name[i] == q {
			b.text = append(b.text, q)
		}
		b.text = append(b.text, name[i])
	}
	b.text = append(b.text, q)
	return b
}

// Names appends names with commas between them.
func (b *Builder) Names(names []string) *Builder {
	for i, n := range names {
		if i > 0 {
			b.Text(",")
		}
		b.Name(n)
	}
	return b
}

// Table appends the name of a table, which may have that of a schema before a
// dot.
func (b *Builder) Table(name string) *Builder {
	if schema, table, ok := strings.Cut(name, "."); ok {
		return b.Name(schema).Text(".").Name(table)
	}
	return b.Name(name)
}

// Value appends a placeholder for a value.
func (b *Builder) Value(v db.Value) *Builder {
	if b.dialect.Arg != nil {
		b.args = append(b.args, b.dialect.Arg(v, b.loc))
	} else {
		b.args = append(b.args, v)
	}
	if b.dialect.Dollar {
		b.text = strconv.AppendInt(append(b.text, '$'), int64(len(b.args)), 10)
	} else {
		b.text = append(b.text, '?')
	}
	return b
}

var operators = [...]string{db.Equal: "=", db.NotEqual: "<>", db.Less: "<", db.LessEqual: "<=", db.Greater: ">", db.GreaterEqual: ">="}

// where appends conditions, all of which must hold, or with any one of them.
func (b *Builder) where(conds []db.Cond, any bool) {
	word := " WHERE "
	for _, c := range conds {
		b.Text(word)
		word = " AND "
		if any {
			word = " OR "
		}
		switch {
		case c.Value == nil && c.Op == db.NotEqual:
			b.Name(c.Column).Text(" IS NOT NULL")
		case c.Value == nil:
			b.Name(c.Column).Text(" IS NULL")
		case c.Op == db.Bits:
			b.Text("(").Name(c.Column).Text(" & ").Value(c.Value).Text(")<>0")
		default:
			b.Name(c.Column).Text(operators[c.Op]).Value(c.Value)
		}
	}
}

// order appends the columns of an order.
func (b *Builder) order(text string) error {
	word := " ORDER BY "
	for part := range strings.SplitSeq(text, ",") {
		fields := strings.Fields(part)
		if len(fields) == 0 || len(fields) > 2 {
			return fmt.Errorf("%q is no order of columns", text)
		}
		b.Text(word).Name(fields[0])
		word = ","
		if len(fields) == 2 {
			switch direction := strings.ToUpper(fields[1]); direction {
			case "ASC", "DESC":
				b.Text(" ").Text(direction)
			default:
				return fmt.Errorf("%q is no order of columns", text)
			}
		}
	}
	return nil
}

// query appends a SELECT.
func (b *Builder) query(q *db.Query) error {
	b.Text("SELECT ")
	if len(q.Columns) == 0 {
		b.Text("*")
	}
	b.Names(q.Columns).Text(" FROM ").Table(q.Table)
	b.where(q.Where, q.Any)
	if q.OrderBy != "" {
		if err := b.order(q.OrderBy); err != nil {
			return err
		}
	}
	if q.Limit > 0 {
		b.Text(" LIMIT ").Text(strconv.Itoa(q.Limit))
	}
	return nil
}

// insert appends an INSERT of rows.
func (b *Builder) insert(table string, columns []string, rows [][]db.Value) error {
	word := b.dialect.Insert
	if word == "" {
		word = "INSERT"
	}
	b.Text(word).Text(" INTO ").Table(table).Text(" (").Names(columns).Text(") VALUES ")
	for i, row := range rows {
		if len(row) != len(columns) {
			return fmt.Errorf("%w: %d values for %d columns of table %s", db.ErrRefused, len(row), len(columns), table)
		}
		if i > 0 {
			b.Text(",")
		}
		for j, v := range row {
			if j == 0 {
				b.Text("(")
			} else {
				b.Text(",")
			}
			b.Value(v)
		}
		b.Text(")")
	}
	return nil
}

// update appends an UPDATE.
func (b *Builder) update(table string, set []db.Set, where []db.Cond) {
	b.Text("UPDATE ").Table(table)
	word := " SET "
	for _, s := range set {
		b.Text(word).Name(s.Column).Text("=").Value(s.Value)
		word = ","
	}
	b.where(where, false)
}

// fill writes the "?" of a statement that stand outside of quotes as the
// dialect's placeholders.
func (b *Builder) fill(statement string, args []db.Value) error {
	var quote byte
	n := 0
	for i := range len(statement) {
		c := statement[i]
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"' || c == '`':
			quote = c
		case c == '?':
			if n == len(args) {
				return fmt.Errorf("%d values for more placeholders in %q", n, statement)
			}
			b.Value(args[n])
			n++
			continue
		}
		b.text = append(b.text, c)
	}
	if n < len(args) {
		return fmt.Errorf("%d values for %d placeholders in %q", len(args), n, statement)
	}
	return nil
}
