// SPDX-License-Identifier: Apache-2.0

package db_cluster

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/kahea-sip/kahea/core/db"
)

// database is a cluster as modules use it.
type database struct {
	m *Cluster
	c *cluster
}

var (
	_ db.Database = (*database)(nil)
	_ db.Querier  = (*database)(nil)
)

// Open implements db.Driver. One of the databases must be there.
func (m *Cluster) Open(ctx context.Context, u db.URL) (db.Database, error) {
	c := m.cluster(u.Host)
	if c == nil || u.Name != "" || u.User != "" || u.Port != 0 {
		return nil, errors.New("write it as cluster://name, with a name that a parameter cluster of db_cluster defines")
	}
	var errs []error
	there := 0
	for _, k := range c.members {
		if err := k.connection.do(ctx, func(db.Database) error { return nil }); err != nil {
			errs = append(errs, err)
			continue
		}
		there++
	}
	if there == 0 {
		return nil, errors.Join(errs...)
	}
	return &database{m: m, c: c}, nil
}

// Close implements db.Database.
func (d *database) Close() error {
	var errs []error
	for _, k := range d.c.members {
		errs = append(errs, k.connection.close())
	}
	return errors.Join(errs...)
}

// final is an error that no other database is tried after.
type final struct{ error }

func (f final) Unwrap() error { return f.error }

// run does an operation with one group after the other until it succeeds.
func (d *database) run(ctx context.Context, groups []*group, f func(d db.Database) error) error {
	var last error
	for _, g := range groups {
		var err error
		var tried bool
		if g.mode == 'p' {
			tried, err = g.all(ctx, f)
		} else {
			tried, err = g.one(ctx, f)
		}
		if !tried {
			continue
		}
		if _, ends := errors.AsType[final](err); err == nil || ends || ctx.Err() != nil {
			return err
		}
		last = err
	}
	if last == nil {
		return fmt.Errorf("%w: cluster %s: %w", db.ErrUnavailable, d.c.name, errInactive)
	}
	return fmt.Errorf("cluster %s: %w", d.c.name, last)
}

// one does an operation with one connection after the other until it succeeds.
func (g *group) one(ctx context.Context, f func(d db.Database) error) (tried bool, err error) {
	for _, k := range g.order() {
		if !k.active() {
			continue
		}
		tried, err = true, k.do(ctx, f)
		if _, ends := errors.AsType[final](err); err == nil || ends || ctx.Err() != nil {
			return true, err
		}
	}
	return tried, err
}

// all does an operation with all connections at once. It has succeeded where one
// has.
func (g *group) all(ctx context.Context, f func(d db.Database) error) (tried bool, err error) {
	var wait sync.WaitGroup
	errs := make([]error, len(g.connections))
	use := make([]bool, len(g.connections))
	for i, k := range g.connections {
		if use[i] = k.active(); use[i] {
			wait.Go(func() { errs[i] = k.do(ctx, f) })
		}
	}
	wait.Wait()
	for i := range errs {
		if !use[i] {
			continue
		}
		if tried = true; errs[i] == nil {
			return true, nil
		}
		err = errs[i]
	}
	return tried, err
}

// Select implements db.Operations. Once rows were given no other database is
// asked: they would come twice.
func (d *database) Select(ctx context.Context, q db.Query, each func(row []db.Value) error) error {
	err := d.run(ctx, d.c.read, func(o db.Database) error {
		given := false
		err := o.Select(ctx, q, func(row []db.Value) error {
			given = true
			return each(row)
		})
		if err != nil && given {
			return final{err}
		}
		return err
	})
	if f, ok := errors.AsType[final](err); ok {
		return f.error
	}
	return err
}

// Insert implements db.Operations.
func (d *database) Insert(ctx context.Context, table string, columns []string, rows ...[]db.Value) error {
	return d.run(ctx, d.c.write, func(o db.Database) error { return o.Insert(ctx, table, columns, rows...) })
}

// Update implements db.Operations.
func (d *database) Update(ctx context.Context, table string, set []db.Set, where []db.Cond) (int64, error) {
	return d.change(ctx, func(o db.Database) (int64, error) { return o.Update(ctx, table, set, where) })
}

// Delete implements db.Operations.
func (d *database) Delete(ctx context.Context, table string, where []db.Cond) (int64, error) {
	return d.change(ctx, func(o db.Database) (int64, error) { return o.Delete(ctx, table, where) })
}

// change is run for an operation that counts rows: of the database where there
// are most.
func (d *database) change(ctx context.Context, f func(o db.Database) (int64, error)) (int64, error) {
	var mu sync.Mutex
	var most int64
	err := d.run(ctx, d.c.write, func(o db.Database) error {
		n, err := f(o)
		mu.Lock()
		defer mu.Unlock()
		most = max(most, n)
		return err
	})
	return most, err
}

// Put implements db.Operations.
func (d *database) Put(ctx context.Context, table string, columns, keys []string, row []db.Value) error {
	return d.run(ctx, d.c.write, func(o db.Database) error { return o.Put(ctx, table, columns, keys, row) })
}

// Raw implements db.Querier. As in Kamailio a statement counts as reading,
// whatever it does.
func (d *database) Raw(ctx context.Context, statement string, args ...db.Value) (r *db.Result, err error) {
	err = d.run(ctx, d.c.read, func(o db.Database) (err error) {
		q, ok := o.(db.Querier)
		if !ok {
			return errors.New("its driver takes no statements")
		}
		r, err = q.Raw(ctx, statement, args...)
		return err
	})
	return r, err
}
