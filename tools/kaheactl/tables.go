// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/core/module"
)

// databaseWords are those of kaheactl db.
type databaseWords struct {
	Create struct {
		Only []string `help:"Groups of tables, of standard, presence, extra and uid; all without it." placeholder:"GROUP"`
	} `cmd:"" help:"Make the tables that are missing, and the database."`
	Drop struct {
		Yes bool `help:"Do not ask."`
	} `cmd:"" help:"Remove the tables of Kamailio, with all that they hold."`
	Reinit struct {
		Yes  bool     `help:"Do not ask."`
		Only []string `help:"Groups of tables." placeholder:"GROUP"`
	} `cmd:"" help:"Remove the tables of Kamailio and make them anew, empty."`
	Status struct{} `cmd:"" help:"Tell what the tables have otherwise than they should. The exit status is 1 when there is something."`
}

// errAnswer tells that a question was not answered with yes.
var errAnswer = errors.New("nothing was done")

// errDiffers is the end of db status where something differs, which is said.
var errDiffers = errors.New("the tables are not as they should be")

// tablesOf returns the tables of groups that a command line names.
func tablesOf(groups []string) ([]schema.Table, error) {
	var names []string
	for _, g := range schema.Groups() {
		names = append(names, g.Name)
	}
	for _, g := range groups {
		if !slices.Contains(names, g) {
			return nil, fmt.Errorf("--only %s: the groups are %s", g, strings.Join(names, ", "))
		}
	}
	if len(groups) > 0 && !slices.Contains(groups, "standard") {
		versions, _ := schema.Lookup(schema.VersionTable)
		return append([]schema.Table{versions}, schema.Tables(groups...)...), nil
	}
	return schema.Tables(groups...), nil
}

// doDatabase is kaheactl db.
func (c *cli) doDatabase(ctx context.Context, word string, stdin io.Reader, w io.Writer) (err error) {
	u, err := c.databaseURL()
	if err != nil {
		return err
	}
	tables, err := tablesOf(slices.Concat(c.DB.Create.Only, c.DB.Reinit.Only))
	if err != nil {
		return err
	}
	if (word == "drop" && !c.DB.Drop.Yes) || (word == "reinit" && !c.DB.Reinit.Yes) {
		if err := ask(stdin, w, fmt.Sprintf("Remove the tables of Kamailio in %s, with all that they hold?", u)); err != nil {
			return err
		}
	}
	s, closeStore, err := store(ctx, u, word == "create" || word == "reinit")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeStore()) }()
	switch word {
	case "create":
		return c.createTables(ctx, s, u, tables, w)
	case "drop":
		return c.dropTables(ctx, s, u, w)
	case "reinit":
		if err := c.dropTables(ctx, s, u, w); err != nil {
			return err
		}
		return c.createTables(ctx, s, u, tables, w)
	}
	return c.status(ctx, s, w)
}

// ask asks a question; any answer but yes is an error.
func ask(stdin io.Reader, w io.Writer, question string) error {
	fmt.Fprintf(w, "%s Type yes: ", question)
	line, err := bufio.NewReader(stdin).ReadString('\n')
	if strings.TrimSpace(line) == "yes" {
		return nil
	}
	if err != nil {
		fmt.Fprintln(w) // nobody has pressed a key
	}
	return errAnswer
}

func (c *cli) createTables(ctx context.Context, s schema.Store, u db.URL, tables []schema.Table, w io.Writer) error {
	made, err := s.Create(ctx, tables)
	if err != nil {
		return err
	}
	return c.report(w, made, fmt.Sprintf("%d tables were made in %s, %d were there", len(made), u, len(tables)-len(made)))
}

func (c *cli) dropTables(ctx context.Context, s schema.Store, u db.URL, w io.Writer) error {
	gone, err := s.Drop(ctx, schema.Tables())
	if err != nil {
		return err
	}
	return c.report(w, gone, fmt.Sprintf("%d tables were removed from %s", len(gone), u))
}

// report prints a sentence, or for programs the names of the tables.
func (c *cli) report(w io.Writer, names []string, text string) error {
	if c.Output != "json" {
		_, err := fmt.Fprintln(w, text)
		return err
	}
	list := module.List{}
	for _, n := range names {
		list = append(list, n)
	}
	return c.print(w, []any{list})
}

// status tells what differs. A group of which no table exists was not wanted,
// but for the standard one.
func (c *cli) status(ctx context.Context, s schema.Store, w io.Writer) error {
	there, err := s.Exist(ctx)
	if err != nil {
		return err
	}
	rows := module.List{}
	for _, g := range schema.Groups() {
		wanted := g.Name == "standard"
		for _, t := range g.Tables {
			wanted = wanted || there[t.Name]
		}
		if !wanted {
			if c.Output != "json" {
				fmt.Fprintf(w, "no tables of the group %s\n", g.Name)
			}
			continue
		}
		found, err := s.Compare(ctx, g.Tables)
		if err != nil {
			return err
		}
		if c.Output != "json" {
			fmt.Fprintf(w, "%d tables of the group %s, %d differences\n", len(g.Tables), g.Name, len(found))
		}
		for _, d := range found {
			rows = append(rows, (&module.Struct{}).Add("table", d.Table).Add("difference", d.Text))
		}
	}
	if len(rows) > 0 || c.Output == "json" {
		if err := c.print(w, []any{rows}); err != nil {
			return err
		}
	}
	if len(rows) > 0 {
		return errDiffers
	}
	return nil
}
