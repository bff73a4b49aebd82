// SPDX-License-Identifier: Apache-2.0

package siptest

import (
	"context"
	"fmt"
	"strings"

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
		_, err := l.Create(ctx, d, want)
		return err
	})
}

// sql runs a statement and prints its rows, their values with bars between.
func sql(ts *testscript.TestScript, args []string) error {
	return withDatabase(args[0], func(ctx context.Context, d schema.Database, _ *schema.Language) error {
		r, err := d.Raw(ctx, strings.Join(args[1:], " "))
		if err != nil {
			return err
		}
		for _, row := range r.Rows {
			for i, v := range row {
				if i > 0 {
					fmt.Fprint(ts.Stdout(), "|")
				}
				if v == nil {
					fmt.Fprint(ts.Stdout(), "NULL")
				}
				fmt.Fprint(ts.Stdout(), db.Text(v))
			}
			fmt.Fprintln(ts.Stdout())
		}
		return nil
	})
}
