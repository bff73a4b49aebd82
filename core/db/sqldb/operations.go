// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// operations implements db.Operations, in a transaction where there is one.
type operations struct {
	d  *Database
	tx *transaction
}

func (o operations) builder() *Builder {
	return &Builder{dialect: &o.d.cfg.Dialect, loc: o.d.cfg.Location}
}

// Select implements db.Operations.
func (o operations) Select(ctx context.Context, q db.Query, own func([]db.Value) error) error {
	b := o.builder()
	if err := b.query(&q); err != nil {
		return err
	}
	delivered := false
	each := func(row []db.Value) error {
		delivered = true
		return own(row)
	}
	again := func() bool { return !delivered }
	return o.run(ctx, "read table "+q.Table, again, func(ctx context.Context, w *waiting) error {
		return o.prepared(ctx, b, func(s *sql.Stmt) error {
			start := time.Now()
			rows, err := s.QueryContext(ctx, b.args...)
			o.d.slow(ctx, start, b.text)
			if err != nil {
				return err
			}
			return o.d.deliver(rows, w, each)
		})
	})
}

// maxRows bounds the rows of one INSERT: each number of rows is a statement of
// its own, which is prepared and kept.
const maxRows = 64

// Insert implements db.Operations. Rows that do not fit into one statement go
// in a transaction.
func (o operations) Insert(ctx context.Context, table string, columns []string, rows ...[]db.Value) error {
	if len(rows) == 0 {
		return nil
	}
	fit := min(max(o.d.cfg.Dialect.MaxArgs/max(len(columns), 1), 1), maxRows)
	if len(rows) <= fit {
		return o.insert(ctx, table, columns, rows)
	}
	return o.together(ctx, func(in operations) error {
		for len(rows) > 0 {
			n := min(fit, len(rows))
			if err := in.insert(ctx, table, columns, rows[:n]); err != nil {
				return err
			}
			rows = rows[n:]
		}
		return nil
	})
}

func (o operations) insert(ctx context.Context, table string, columns []string, rows [][]db.Value) error {
	b := o.builder()
	if err := b.insert(table, columns, rows); err != nil {
		return err
	}
	_, err := o.exec(ctx, "write table "+table, never, b)
	return err
}

// Update implements db.Operations.
func (o operations) Update(ctx context.Context, table string, set []db.Set, where []db.Cond) (int64, error) {
	b := o.builder()
	b.update(table, set, where)
	return o.exec(ctx, "change table "+table, always, b)
}

// Delete implements db.Operations.
func (o operations) Delete(ctx context.Context, table string, where []db.Cond) (int64, error) {
	b := o.builder()
	b.Text("DELETE FROM ").Table(table)
	b.where(where, false)
	return o.exec(ctx, "delete from table "+table, always, b)
}

// Put implements db.Operations.
func (o operations) Put(ctx context.Context, table string, columns, keys []string, row []db.Value) error {
	b := o.builder()
	if err := b.insert(table, columns, [][]db.Value{row}); err != nil {
		return err
	}
	o.d.cfg.Dialect.Upsert(b, columns, keys)
	_, err := o.exec(ctx, "write table "+table, always, b)
	return err
}

// exec runs a statement and returns how many rows it has changed.
func (o operations) exec(ctx context.Context, what string, again func() bool, b *Builder) (n int64, err error) {
	err = o.run(ctx, what, again, func(ctx context.Context, _ *waiting) error {
		done, err := o.writer(ctx)
		if err != nil {
			return err
		}
		defer done()
		return o.prepared(ctx, b, func(s *sql.Stmt) error {
			start := time.Now()
			result, err := s.ExecContext(ctx, b.args...)
			o.d.slow(ctx, start, b.text)
			if err == nil {
				n, err = result.RowsAffected()
			}
			return err
		})
	})
	return n, err
}

// writer waits until nobody else writes, where that is asked for; done lets the
// next one.
func (o operations) writer(ctx context.Context) (done func(), err error) {
	if o.d.cfg.Writer == nil || o.tx != nil {
		return func() {}, nil
	}
	select {
	case o.d.cfg.Writer <- struct{}{}:
		return func() { <-o.d.cfg.Writer }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run is Database.run. What a transaction has done is gone with its connection:
// nothing of it is repeated.
func (o operations) run(ctx context.Context, what string, again func() bool, work work) error {
	if o.tx != nil {
		again = never
	}
	err := o.d.run(ctx, what, again, work)
	switch {
	case !o.d.outdated(err):
	case o.tx != nil:
		o.tx.outdated = true
	default:
		o.d.renew()
	}
	return err
}

// prepared calls f with the prepared statement of b.
func (o operations) prepared(ctx context.Context, b *Builder, f func(*sql.Stmt) error) error {
	if o.tx != nil {
		s, err := o.tx.statement(ctx, b.text)
		if err != nil {
			return err
		}
		return f(s)
	}
	err := o.cached(ctx, b, f)
	if stale := o.d.cfg.Dialect.Stale; stale != nil && err != nil && stale(err) {
		err = o.cached(ctx, b, f)
	}
	return err
}

func (o operations) cached(ctx context.Context, b *Builder, f func(*sql.Stmt) error) error {
	p, err := o.d.cache.get(ctx, o.d.pool, b.text)
	if err != nil {
		return err
	}
	err = f(p.stmt)
	_, theirs := errors.AsType[*callerError](err)
	return errors.Join(err, o.d.cache.release(p, err != nil && !theirs))
}
