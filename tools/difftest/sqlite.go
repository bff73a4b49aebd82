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

// sqlite is the SQLite database that the step sql of a suite speaks to: its only one, unless it has one in MariaDB.
func (s suite) sqlite() (file string, ok bool) {
	n := 0
	for name := range s.Files {
		if strings.HasSuffix(name, sqliteSuffix) {
			file, n = strings.TrimSuffix(name, ".sql"), n+1
		}
	}
	return file, n == 1 && !s.hasDatabase()
}

func openSQLite(ctx context.Context, path string) (closable, error) {
	u, err := db.ParseURL("sqlite://" + path)
	if err != nil {
		return nil, err
	}
	d, err := db_sqlite.New().Open(ctx, u)
	if err != nil {
		return nil, err
	}
	return d.(closable), nil
}

// makeSQLite makes a database.
func makeSQLite(path, statements string) error {
	ctx := context.Background()
	d, err := openSQLite(ctx, path)
	if err != nil {
		return err
	}
	defer d.Close()
	for line := range strings.Lines(statements) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if _, err := d.Raw(ctx, line); err != nil {
			return fmt.Errorf("%s: %w", line, err)
		}
	}
	return nil
}
