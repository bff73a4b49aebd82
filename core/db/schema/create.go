// SPDX-License-Identifier: Apache-2.0

package schema

import (
	"context"
	"fmt"

	"github.com/kahea-sip/kahea/core/db"
)

// Database is one in which tables are made: of a driver whose language is
// known.
type Database interface {
	db.Operations
	db.Querier
}

// Create makes tables, and writes their versions. Those that exist are left
// alone; it returns the names of the others.
func (l *Language) Create(ctx context.Context, d Database, tables []Table) ([]string, error) {
	there, err := l.Inspect(ctx, d)
	if err != nil {
		return nil, err
	}
	var made []string
	for i := range tables {
		t := &tables[i]
		if there[t.Name] != nil {
			continue
		}
		for _, statement := range l.Statements(t) {
			if _, err := d.Raw(ctx, statement); err != nil {
				return made, fmt.Errorf("cannot make table %s: %w", t.Name, err)
			}
		}
		if err := setVersion(ctx, d, t); err != nil {
			return made, err
		}
		made = append(made, t.Name)
	}
	return made, nil
}

func setVersion(ctx context.Context, d Database, t *Table) error {
	err := d.Put(ctx, VersionTable, []string{"table_name", "table_version"}, []string{"table_name"}, []db.Value{t.Name, int64(t.Version)})
	if err != nil {
		return fmt.Errorf("cannot write the version of table %s: %w", t.Name, err)
	}
	return nil
}

// Drop removes those of the tables that exist, with their versions, and returns
// their names. The table of versions goes last, and only where it names no
// other table.
func (l *Language) Drop(ctx context.Context, d Database, tables []Table) ([]string, error) {
	there, err := l.Inspect(ctx, d)
	if err != nil {
		return nil, err
	}
	var gone []string
	drop := func(name string) error {
		if _, err := d.Raw(ctx, "DROP TABLE "+l.name(name)); err != nil {
			return fmt.Errorf("cannot drop table %s: %w", name, err)
		}
		gone = append(gone, name)
		return nil
	}
	versions := there[VersionTable] != nil
	for _, t := range tables {
		if there[t.Name] == nil || t.Name == VersionTable {
			continue
		}
		if err := drop(t.Name); err != nil {
			return gone, err
		}
		if versions {
			if _, err := d.Delete(ctx, VersionTable, []db.Cond{db.Is("table_name", t.Name)}); err != nil {
				return gone, err
			}
		}
	}
	if !versions {
		return gone, nil
	}
	rest, err := db.Rows(ctx, d, db.Query{Table: VersionTable, Where: []db.Cond{{Column: "table_name", Op: db.NotEqual, Value: VersionTable}}, Limit: 1})
	if err != nil || len(rest) > 0 {
		return gone, err
	}
	return gone, drop(VersionTable)
}
