// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
	"github.com/kahea-sip/kahea/modules/db_mysql"
	"github.com/kahea-sip/kahea/modules/db_postgres"
	"github.com/kahea-sip/kahea/modules/db_redis"
	"github.com/kahea-sip/kahea/modules/db_sqlite"
	"github.com/kahea-sip/kahea/modules/db_text"
)

// drivers makes the drivers that tables can be made with.
func drivers(scheme string) db.Driver {
	switch scheme {
	case "mysql":
		return db_mysql.New()
	case "postgres":
		return db_postgres.New()
	case "sqlite":
		return db_sqlite.New()
	case "text":
		return db_text.New()
	case "redis":
		return db_redis.NewWithKeys(redisKeys)
	}
	return nil
}

// redisKeys are those of Kamailio's documentation for the table of accounts.
const redisKeys = "subscriber=entry:username,domain"

// database is what the words db and user work with.
type database struct {
	url db.URL
	db.Database
}

const databaseForms = "mysql://USER:PASSWORD@HOST/NAME, postgres://USER:PASSWORD@HOST/NAME, sqlite:///PATH, text:///FOLDER and redis://HOST/NUMBER"

// databaseURL returns the URL of the database: the one of --url where it names
// none of a server, else the one that the server has open.
func (c *cli) databaseURL() (db.URL, error) {
	if u, err := db.ParseURL(c.URL); err == nil && drivers(u.Scheme) != nil {
		return u, nil
	}
	if strings.Contains(c.URL, "://") {
		return db.URL{}, errors.New("--url: the databases are " + databaseForms)
	}
	values, err := c.call("core.databases")
	if err != nil {
		return db.URL{}, fmt.Errorf("--url %s names no database, and no server tells of one: %w\nthe databases are %s", c.URL, err, databaseForms)
	}
	var urls []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			urls = append(urls, s)
		}
	}
	return onlyURL(urls)
}

// onlyURL returns the one URL of a server. A Redis counts where there is nothing
// else: beside a database it has contacts and hash tables.
func onlyURL(urls []string) (db.URL, error) {
	var known, redis []db.URL
	var names []string
	for _, text := range urls {
		u, err := db.ParseURL(text)
		switch {
		case err != nil:
			return db.URL{}, err
		case u.Scheme == "redis":
			redis = append(redis, u)
		case drivers(u.Scheme) != nil:
			known = append(known, u)
		}
	}
	if known == nil {
		known = redis
	}
	for _, u := range known {
		names = append(names, u.String())
	}
	switch {
	case len(known) == 0:
		return db.URL{}, errors.New("the server has no database, name one with --url")
	case len(known) > 1:
		return db.URL{}, fmt.Errorf("the server has several databases, name one with --url: %s", strings.Join(names, ", "))
	case known[0].Password == "***":
		return db.URL{}, errors.New("the server tells the password of its database only through its Unix socket: give that, or the database, with --url")
	}
	return known[0], nil
}

// open opens a database. A file that is not there is not made, but by store.
func open(ctx context.Context, u db.URL) (*database, error) {
	if u.Scheme == "sqlite" {
		if _, err := os.Stat(db_sqlite.Path(u)); err != nil {
			return nil, absent(u, fmt.Errorf("cannot open database %s: %w", u, err))
		}
	}
	d, err := openOrMake(ctx, u)
	return d, absent(u, err)
}

// absent adds to an error that a database of files is not there what makes it.
func absent(u db.URL, err error) error {
	if (u.Scheme == "sqlite" || u.Scheme == "text") && errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w\nkaheactl db create --url %s makes it", err, u)
	}
	return err
}

func openOrMake(ctx context.Context, u db.URL) (*database, error) {
	d, err := drivers(u.Scheme).Open(ctx, u)
	if err != nil {
		return nil, fmt.Errorf("cannot open database %s: %w", u, err)
	}
	return &database{u, d}, nil
}

// store returns what keeps the tables of a database, which with make is made
// where the server has none of that name.
func store(ctx context.Context, u db.URL, make bool) (schema.Store, func() error, error) {
	if u.Scheme == "redis" {
		return nil, nil, errors.New("a Redis has no tables that could be made: kaheactl user works on its accounts")
	}
	if u.Scheme == "text" {
		folder := filepath.Join(u.Host, u.Name)
		if folder == "" {
			return nil, nil, errors.New("the URL of a text database is text:///FOLDER")
		}
		return schema.Folder(folder), func() error { return nil }, nil
	}
	openIt := open
	if make {
		openIt = openOrMake
	}
	d, err := openIt(ctx, u)
	if make && isUnknown(err) {
		if err = makeDatabase(ctx, u); err == nil {
			d, err = open(ctx, u)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return schema.For(u.Scheme).On(d.Database.(schema.Database)), d.Close, nil
}

// isUnknown tells that the server has no database of the name.
func isUnknown(err error) bool {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return e.Number == 1049
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "3D000"
}

// makeDatabase makes an empty database, through one that every server has.
func makeDatabase(ctx context.Context, u db.URL) error {
	name := u.Name
	statement := "CREATE DATABASE `" + strings.ReplaceAll(name, "`", "``") + "`"
	u.Name = ""
	if u.Scheme == "postgres" {
		u.Name = "postgres"
		statement = `CREATE DATABASE "` + strings.ReplaceAll(name, `"`, `""`) + `"`
	}
	d, err := open(ctx, u)
	if err != nil {
		return err
	}
	if _, err = d.Database.(db.Querier).Raw(ctx, statement); err != nil {
		err = fmt.Errorf("cannot make database %s: %w", name, err)
	}
	return errors.Join(err, d.Close())
}
