// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/core/module"
)

// withDatabase opens the database of a URL for f, past the server under test.
func withDatabase(url string, f func(ctx context.Context, d schema.Database, l *schema.Language) error) error {
	u, err := db.ParseURL(url)
	if err != nil {
		return err
	}
	language, make := schema.For(u.Scheme), module.Lookup("db_"+u.Scheme)
	if language == nil || make == nil {
		return fmt.Errorf("%s is no database of statements", url)
	}
	ctx := context.Background()
	d, err := make().(db.Driver).Open(ctx, u)
	if err != nil {
		return err
	}
	defer d.Close()
	return f(ctx, d.(schema.Database), language)
}

// tables makes the tables that are named, with their versions; without a name
// those of Kamailio's standard modules.
func tables(ts *testscript.TestScript, args []string) error {
	want := schema.Tables("standard")
	if len(args) > 1 {
		versions, _ := schema.Lookup(schema.VersionTable)
		want = []schema.Table{versions}
		for _, name := range args[1:] {
			t, ok := schema.Lookup(name)
			if !ok {
				return fmt.Errorf("Kamailio has no table %s", name)
			}
			want = append(want, t)
		}
	}
	return withDatabase(args[0], func(ctx context.Context, d schema.Database, l *schema.Language) error {
		_, err := l.On(d).Create(ctx, want)
		return err
	})
}

// sql is "sql [-wait N] DATABASE STATEMENT": it runs a statement, or those of a
// file of the script with a semicolon at the end of a line behind each. DATABASE
// is a URL or the name of an SQLite file. stdout holds the rows, their values with
// bars between. With -wait it asks again until there are N rows, for what is
// written in the background.
func sql(ts *testscript.TestScript, args []string) error {
	ts.Stdout() // what was printed before is no answer
	rows := -1
	if args[0] == "-wait" {
		if len(args) < 4 {
			return errors.New("usage: sql [-wait N] DATABASE STATEMENT")
		}
		n, err := strconv.Atoi(args[1])
		if err != nil {
			return err
		}
		rows, args = n, args[2:]
	}
	url, text := args[0], strings.Join(args[1:], " ")
	if !strings.Contains(url, ":") {
		url = "sqlite:" + ts.MkAbs(url)
	}
	if b, err := os.ReadFile(ts.MkAbs(text)); err == nil {
		text = string(b)
	}
	return withDatabase(url, func(ctx context.Context, d schema.Database, _ *schema.Language) error {
		for statement := range strings.SplitSeq(text, ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			r, err := query(ctx, d, statement, rows)
			if err != nil {
				return err
			}
			printRows(ts, r)
		}
		return nil
	})
}

// query runs a statement, until its result has as many rows; -1 for any.
func query(ctx context.Context, d schema.Database, statement string, rows int) (*db.Result, error) {
	for began := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		r, err := d.Raw(ctx, statement)
		if err != nil || rows < 0 || len(r.Rows) == rows {
			return r, err
		}
		if time.Since(began) > patience {
			return r, fmt.Errorf("there are %d rows, want %d", len(r.Rows), rows)
		}
	}
}

func printRows(ts *testscript.TestScript, r *db.Result) {
	for _, row := range r.Rows {
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
