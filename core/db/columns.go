// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"errors"
	"fmt"
)

// Named are the columns that a query names, those of its conditions too.
func (q *Query) Named() []string {
	names := append([]string(nil), q.Columns...)
	for _, c := range q.Where {
		names = append(names, c.Column)
	}
	return names
}

// CheckColumns refuses columns that a table does not have: those that a module
// asks for first when a message comes are told at start so. A database that gives
// no answer in time says nothing of its columns.
func CheckColumns(ctx context.Context, d Operations, table string, columns ...string) error {
	// One row at most, for no driver reads a table to its end for it.
	err := d.Select(ctx, Query{Table: table, Columns: columns, Limit: 1}, func([]Value) error { return nil })
	if err != nil && !errors.Is(err, ErrUnavailable) {
		return fmt.Errorf("columns of table %s: %w", table, err)
	}
	return nil
}
