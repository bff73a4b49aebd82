// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/modules/db_mysql"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// rowsFile is the section with what a database of a suite has at first, flagsFile that with what the command line of its server has more.
const (
	rowsFile  = "rows.sql"
	flagsFile = "flags.txt"
)

// databaseTables are the tables that such a database has.
var databaseTables = []string{"version", "subscriber", "location", "location_attrs", "dbaliases", "speed_dial", "domain", "domain_attrs",
	"address", "trusted", "acc", "missed_calls", "presentity", "active_watchers", "watchers", "xcap"}

// subject is a server with the database that it works on and the media relays that it asks, where its suite has them.
type subject struct {
	*refserver.Server
	db     schema.Database
	relays relays
}

// hasDatabase tells whether the server of a suite works on a MariaDB.
func (s suite) hasDatabase() bool { return s.Files[rowsFile] != "" }

// databases counts those that were made.
var databases atomic.Int64

// withDatabase makes a database for a suite in the MariaDB of a URL, and removes it behind use.
func (s suite) withDatabase(admin string, use func(url string, d schema.Database) error) (err error) {
	if !s.hasDatabase() {
		return use("", nil)
	}
	if admin == "" {
		return errors.New("the suite needs a MariaDB: name it with -database mysql://USER:PASSWORD@HOST:PORT")
	}
	ctx, url := context.Background(), fmt.Sprintf("%s/difftest%d", admin, databases.Add(1))
	root, err := openMariaDB(ctx, admin)
	if err != nil {
		return err
	}
	defer root.Close()
	name := url[len(admin)+1:]
	if _, err := root.Raw(ctx, "CREATE DATABASE "+name); err != nil {
		return err
	}
	defer func() {
		_, dropErr := root.Raw(ctx, "DROP DATABASE "+name)
		err = errors.Join(err, dropErr)
	}()
	d, err := openMariaDB(ctx, url)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := s.fill(ctx, d); err != nil {
		return err
	}
	return use(url, d)
}

func (s suite) fill(ctx context.Context, d schema.Database) error {
	var tables []schema.Table
	for _, name := range databaseTables {
		t, ok := schema.Lookup(name)
		if !ok {
			return fmt.Errorf("Kamailio has no table %s", name)
		}
		tables = append(tables, t)
	}
	if _, err := schema.For("mysql").On(d).Create(ctx, tables); err != nil {
		return err
	}
	for statement := range strings.SplitSeq(s.Files[rowsFile], ";\n") {
		if strings.TrimSpace(statement) == "" {
			continue
		}
		if _, err := d.Raw(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

// closable is a database that is open.
type closable interface {
	schema.Database
	Close() error
}

func openMariaDB(ctx context.Context, url string) (closable, error) {
	u, err := db.ParseURL(url)
	if err != nil {
		return nil, err
	}
	d, err := db_mysql.New().Open(ctx, u)
	if err != nil {
		return nil, err
	}
	return d.(closable), nil
}

// sql [-wait N] STATEMENT: a statement for the database of the suite; its rows are recorded. An indented line goes on with it. With -wait it
// is asked again until there are N rows, for what is written in the background.
func (p *player) sql(s step) error {
	if p.server.db == nil {
		return fmt.Errorf("line %d: the suite has no database (%s, or one *%s)", s.line, rowsFile, sqliteSuffix)
	}
	if err := p.server.Barrier(); err != nil {
		return err
	}
	words, rows := s.words[1:], -1
	if len(words) > 2 && words[0] == "-wait" {
		n, err := strconv.Atoi(words[1])
		if err != nil {
			return fmt.Errorf("line %d: %w", s.line, err)
		}
		words, rows = words[2:], n
	}
	title := strings.Join(append(slices.Clone(words), s.block...), " ")
	result, err := p.ask(p.macro.Replace(title), rows)
	if err != nil {
		return fmt.Errorf("line %d: %w", s.line, err)
	}
	if result.Columns == nil {
		return nil
	}
	var lines []string
	for _, row := range result.Rows {
		cells := make([]string, len(row))
		for i, v := range row {
			if cells[i] = db.Text(v); v == nil {
				cells[i] = "NULL"
			}
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	p.notes = append(p.notes, maskCommand("sql", title, nil, strings.Join(lines, "\n"), p.portMask()))
	return nil
}

func (p *player) ask(statement string, rows int) (*db.Result, error) {
	for end := time.Now().Add(p.wait); ; time.Sleep(5 * time.Millisecond) {
		r, err := p.server.db.Raw(context.Background(), statement)
		if err != nil || rows < 0 || len(r.Rows) == rows || time.Now().After(end) {
			return r, err
		}
	}
}
