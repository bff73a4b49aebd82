// SPDX-License-Identifier: Apache-2.0

package db_sqlite

import (
	"context"
	crand "crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/sqldb"
)

// memory is the name of a database that is gone with the process.
const memory = ":memory:"

// Path returns the path of the file that a URL names, "" for none.
func Path(u db.URL) string {
	path := strings.TrimPrefix(strings.TrimPrefix(u.Text, u.Scheme+":"), "//")
	if path == "" || path == memory {
		return path
	}
	return filepath.Clean(path)
}

// Open implements db.Driver. The path is all that follows sqlite: or
// sqlite://; a file that does not exist is made.
func (m *SQLite) Open(ctx context.Context, u db.URL) (db.Database, error) {
	path := Path(u)
	switch {
	case path == "":
		return nil, errors.New("the path of the file is missing: sqlite:///path/to/file")
	case strings.Contains(path, "?"):
		return nil, errors.New("options behind a question mark have no meaning: the module's parameters set them")
	}
	f := newFile()
	if path != memory {
		f = m.file(path)
	}
	connector, err := sqlite.NewConnector(f.source(path))
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	cfg := sqldb.Config{Dialect: dialect, Name: u.String(), Log: m.log, Slow: m.slow, SlowLevel: m.slowLevel, Writer: f.writer}
	if path == memory {
		// The database is gone with its last connection.
		keep, err := pool.Conn(ctx)
		if err != nil {
			return nil, errors.Join(err, pool.Close())
		}
		cfg.Closed = keep.Close
	}
	d, err := sqldb.Open(ctx, pool, cfg)
	if err != nil && path != memory {
		if _, missing := os.Stat(filepath.Dir(path)); missing != nil {
			return nil, fmt.Errorf("%w: %w", err, missing) // SQLite says only that it cannot open the file
		}
	}
	return d, err
}

// source returns the name by which the driver opens the file. Transactions take
// the lock for writing when they begin: one that read first and then finds the
// file locked could not wait, for what it has read may be old.
func (f *file) source(path string) string {
	q := url.Values{}
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", f.busy.Milliseconds()))
	switch {
	case path == memory:
		// Unlike a shared cache this file system of the library's has the
		// locks of files: who meets one waits.
		q.Set("vfs", "memdb")
		path = "/" + crand.Text()
	case f.readOnly:
		q.Set("mode", "ro")
	default:
		q.Add("_pragma", "journal_mode("+f.journal+")")
	}
	if !f.readOnly {
		q.Set("_txlock", "immediate")
	}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: path, RawQuery: q.Encode()}).String()
}
