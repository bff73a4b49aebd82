// SPDX-License-Identifier: Apache-2.0

package schema

import "context"

// Store is where tables are kept.
type Store interface {
	// Create makes those of the tables that do not exist, and writes their
	// versions; it returns their names.
	Create(ctx context.Context, tables []Table) ([]string, error)
	// Drop removes those of the tables that exist, with their versions; it
	// returns their names. The table of versions goes last, and only where it
	// names no other table.
	Drop(ctx context.Context, tables []Table) ([]string, error)
	// Compare tells what differs: tables and columns that are missing or of
	// another type, indexes that are missing, versions. What is there beside
	// that makes no difference, as the further columns of acc.
	Compare(ctx context.Context, tables []Table) ([]Difference, error)
	// Exist returns the names of all tables there are.
	Exist(ctx context.Context) (map[string]bool, error)
}

// Difference is what a table has otherwise than it should.
type Difference struct {
	Table string
	Text  string
}

// On returns the Store of a database whose language it is.
func (l *Language) On(d Database) Store { return &statements{l, d} }

// statements is the Store of a database that takes statements.
type statements struct {
	*Language
	d Database
}

// Exist implements Store.
func (s *statements) Exist(ctx context.Context) (map[string]bool, error) {
	found, err := s.Inspect(ctx, s.d)
	names := map[string]bool{}
	for name := range found {
		names[name] = true
	}
	return names, err
}
