// SPDX-License-Identifier: Apache-2.0

// Package void is a database that has no rows and takes everything: that of a
// trace, which must not touch a real one.
package void

import (
	"context"

	"github.com/kahea-sip/kahea/core/db"
)

// Database is the database. Its tables have the version that is asked for.
type Database struct{}

var (
	_ db.Database    = Database{}
	_ db.Querier     = Database{}
	_ db.Transactor  = Database{}
	_ db.Unversioned = Database{}
)

// Open is a db.Driver's.
func Open(context.Context, db.URL) (db.Database, error) { return Database{}, nil }

// Select implements db.Operations: there are no rows.
func (Database) Select(context.Context, db.Query, func([]db.Value) error) error { return nil }

// Insert implements db.Operations.
func (Database) Insert(context.Context, string, []string, ...[]db.Value) error { return nil }

// Update implements db.Operations: no row is found.
func (Database) Update(context.Context, string, []db.Set, []db.Cond) (int64, error) { return 0, nil }

// Delete implements db.Operations: no row is found.
func (Database) Delete(context.Context, string, []db.Cond) (int64, error) { return 0, nil }

// Put implements db.Operations.
func (Database) Put(context.Context, string, []string, []string, []db.Value) error { return nil }

// Raw implements db.Querier.
func (Database) Raw(context.Context, string, ...db.Value) (*db.Result, error) {
	return &db.Result{}, nil
}

// Transact implements db.Transactor.
func (d Database) Transact(_ context.Context, f func(db.Operations) error) error { return f(d) }

// AnyVersion implements db.Unversioned.
func (Database) AnyVersion() {}

// Close implements db.Database.
func (Database) Close() error { return nil }
