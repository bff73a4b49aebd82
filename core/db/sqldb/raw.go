// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// Raw implements db.Querier. Its statements come from scripts, with values of
// calls in them: they are not prepared.
func (d *Database) Raw(ctx context.Context, statement string, args ...db.Value) (*db.Result, error) {
	b := d.builder()
	if len(args) == 0 {
		b.Text(statement)
	} else if err := b.fill(statement, args); err != nil {
		return nil, err
	}
	result := &db.Result{}
	err := d.operations.run(ctx, "run a statement", never, func(ctx context.Context, w *waiting) error {
		if hasRows(statement) {
			return d.ask(ctx, b, result, w)
		}
		done, err := d.writer(ctx)
		if err != nil {
			return err
		}
		defer done()
		start := time.Now()
		r, err := d.raw.ExecContext(ctx, string(b.text), b.args...)
		d.slow(ctx, start, b.text)
		if err == nil {
			result.Affected, err = r.RowsAffected()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// ask runs a statement that answers with rows.
func (d *Database) ask(ctx context.Context, b *Builder, result *db.Result, w *waiting) error {
	start := time.Now()
	rows, err := d.raw.QueryContext(ctx, string(b.text), b.args...)
	d.slow(ctx, start, b.text)
	if err != nil {
		return err
	}
	if result.Columns, err = rows.Columns(); err != nil {
		return err
	}
	return d.deliver(rows, w, func(row []db.Value) error {
		result.Rows = append(result.Rows, row)
		return nil
	})
}

// hasRows tells whether a statement answers with rows, by its first word.
func hasRows(statement string) bool {
	s := strings.TrimLeft(statement, " \t\r\n(")
	word := s
	if i := strings.IndexAny(s, " \t\r\n(*;"); i >= 0 {
		word = s[:i]
	}
	switch strings.ToUpper(word) {
	case "SELECT", "WITH", "SHOW", "EXPLAIN", "DESCRIBE", "DESC", "PRAGMA", "VALUES", "TABLE", "CALL", "EXECUTE", "CHECK", "ANALYZE":
		return true
	}
	return strings.Contains(strings.ToUpper(s), " RETURNING ")
}
