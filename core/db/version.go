// SPDX-License-Identifier: Apache-2.0

package db

import (
	"context"
	"fmt"
)

// Unversioned is a Database whose tables have whatever version is asked for.
type Unversioned interface {
	AnyVersion()
}

// CheckVersion compares the version of a table with the one that is needed, as
// Kamailio's modules do: versions is the table with the versions (core
// parameter version_table).
func CheckVersion(ctx context.Context, d Operations, versions, table string, want int) error {
	if _, ok := d.(Unversioned); ok {
		return nil
	}
	rows, err := Rows(ctx, d, Query{Table: versions, Columns: []string{"table_version"},
		Where: []Cond{Is("table_name", table)}})
	if err != nil {
		return fmt.Errorf("cannot read the version of table %s: %w", table, err)
	}
	if len(rows) == 0 {
		return fmt.Errorf("table %s has no version in table %s: is it created? kaheactl db create makes it", table, versions)
	}
	if have, _ := Int(rows[0][0]); have != int64(want) {
		return fmt.Errorf("table %s has version %d, %d is needed: kaheactl db status tells what differs", table, have, want)
	}
	return nil
}
