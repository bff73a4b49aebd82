// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
)

// sqliteSuffix ends the names of sections that hold the statements, a line each, of which a SQLite database is made: tables.db.sql that of
// {dir}/tables.db.
const sqliteSuffix = ".db.sql"

// makeSQLite makes a database.
func makeSQLite(path, statements string) error {
	u, err := db.ParseURL("sqlite://" + path)
	if err != nil {
		return err
	}
	ctx := context.Background()
	d, err := db_sqlite.New().Open(ctx, u)
	if err != nil {
		return err
	}
	defer d.Close()
	for line := range strings.Lines(statements) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if _, err := d.(db.Querier).Raw(ctx, line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}
