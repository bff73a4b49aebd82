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

// Create implements Store.
func (s *statements) Create(ctx context.Context, tables []Table) ([]string, error) {
	there, err := s.Inspect(ctx, s.d)
	if err != nil {
		return nil, err
	}
	var made []string
	for i := range tables {
		t := &tables[i]
		if there[t.Name] != nil {
			continue
		}
		for _, statement := range s.Statements(t) {
			if _, err := s.d.Raw(ctx, statement); err != nil {
				return made, fmt.Errorf("cannot make table %s: %w", t.Name, err)
			}
		}
		if err := setVersion(ctx, s.d, t); err != nil {
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

// Drop implements Store.
func (s *statements) Drop(ctx context.Context, tables []Table) ([]string, error) {
	there, err := s.Inspect(ctx, s.d)
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, t := range tables {
		if there[t.Name] == nil || t.Name == VersionTable {
			continue
		}
		if err := s.drop(ctx, t.Name); err != nil {
			return gone, err
		}
		gone = append(gone, t.Name)
		if there[VersionTable] == nil {
			continue
		}
		if _, err := s.d.Delete(ctx, VersionTable, []db.Cond{db.Is("table_name", t.Name)}); err != nil {
			return gone, err
		}
	}
	if there[VersionTable] == nil {
		return gone, nil
	}
	rest, err := db.Rows(ctx, s.d, db.Query{Table: VersionTable, Where: []db.Cond{{Column: "table_name", Op: db.NotEqual, Value: VersionTable}}, Limit: 1})
	if err != nil || len(rest) > 0 {
		return gone, err
	}
	return append(gone, VersionTable), s.drop(ctx, VersionTable)
}

func (s *statements) drop(ctx context.Context, name string) error {
	if _, err := s.d.Raw(ctx, "DROP TABLE "+s.name(name)); err != nil {
		return fmt.Errorf("cannot drop table %s: %w", name, err)
	}
	return nil
}
