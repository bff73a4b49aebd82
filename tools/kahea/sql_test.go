// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
)

// openSQLite opens an SQLite file, which is made where there is none.
func openSQLite(ctx context.Context, path string) (db.Database, error) {
	u, err := db.ParseURL("sqlite://" + path)
	if err != nil {
		return nil, err
	}
	return db_sqlite.New().Open(ctx, u)
}

// runSQL is the word "sql [-wait N] FILE STATEMENT": it runs a statement in an
// SQLite file, or those of a file of the script with a semicolon behind each at
// the end of its line. stdout holds the rows, columns divided by "|". With -wait
// it asks again until there are N rows, for what is written in the background.
func runSQL(ts *testscript.TestScript, neg bool, args []string) {
	rows := -1
	if len(args) == 4 && args[0] == "-wait" {
		fmt.Sscan(args[1], &rows)
		args = args[2:]
	}
	if neg || len(args) != 2 {
		ts.Fatalf("usage: sql [-wait N] FILE STATEMENT")
	}
	ctx := context.Background()
	d, err := openSQLite(ctx, ts.MkAbs(args[0]))
	ts.Check(err)
	defer d.Close()
	text := args[1]
	if b, err := os.ReadFile(ts.MkAbs(text)); err == nil {
		text = string(b)
	}
	for statement := range strings.SplitSeq(text, ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		res, err := d.(db.Querier).Raw(ctx, statement)
		for until := time.Now().Add(patience); rows >= 0 && err == nil && len(res.Rows) != rows && time.Now().Before(until); {
			time.Sleep(5 * time.Millisecond)
			res, err = d.(db.Querier).Raw(ctx, statement)
		}
		ts.Check(err)
		for _, row := range res.Rows {
			for i, v := range row {
				if i > 0 {
					fmt.Fprint(ts.Stdout(), "|")
				}
				if v == nil {
					v = "NULL"
				}
				fmt.Fprint(ts.Stdout(), db.Text(v))
			}
			fmt.Fprintln(ts.Stdout())
		}
	}
}
