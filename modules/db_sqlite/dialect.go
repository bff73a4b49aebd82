// SPDX-License-Identifier: Apache-2.0

package db_sqlite

import (
	"errors"
	"math"
	"strings"
	"time"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/sqldb"
)

var dialect = sqldb.Dialect{
	// A name in double quotes that is no column would be a text.
	Quote:   '`',
	MaxArgs: 32000,
	Upsert:  sqldb.OnConflict,
	Kind:    kind,
	Date:    date,
	Arg:     arg,
	Class:   class,
}

// kind follows SQLite's rules of affinity, after the types of dates.
func kind(name string) sqldb.Kind {
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(name, p) {
				return true
			}
		}
		return false
	}
	switch {
	case strings.HasPrefix(name, "DATE"), strings.HasPrefix(name, "TIMESTAMP"):
		return sqldb.Date
	case has("INT"):
		return sqldb.Integer
	case has("CHAR", "CLOB", "TEXT"):
		return sqldb.Text
	case has("BLOB"):
		return sqldb.Blob
	case has("REAL", "FLOA", "DOUB"):
		return sqldb.Float
	}
	return sqldb.Unknown
}

// SQLite has no type for dates. As Kamailio's driver does, they are kept as
// Julian days in UTC: a number with a fraction. Its own functions read those.
// That of noon has none, and a column of dates gives it back as an integer.
const (
	epoch    = 2440587.5 // 1970-01-01 00:00:00 UTC
	day      = 86400
	firstDay = 1721060 // of the year 0
	lastDay  = 5373484 // of the year 9999
)

func arg(v db.Value, _ *time.Location) any {
	if t, ok := v.(time.Time); ok {
		return float64(t.UnixMilli())/(day*1000) + epoch
	}
	return v
}

// date reads Julian days, seconds since 1970, and what the library has read
// from text. Text is UTC, as that of SQLite's own CURRENT_TIMESTAMP. An integer
// that can be a day is one, as for SQLite's modifier 'auto'.
func date(src any, loc *time.Location) (time.Time, bool) {
	switch v := src.(type) {
	case float64:
		return time.UnixMilli(int64(math.Round((v - epoch) * day * 1000))).In(loc), true
	case int64:
		if v >= firstDay && v <= lastDay {
			return date(float64(v), loc)
		}
		return time.Unix(v, 0).In(loc), true
	case string:
		t, ok := db.Time(v, time.UTC)
		return t.In(loc), ok
	}
	return time.Time{}, false
}

// class tells errors apart by SQLite's result code. A file has no connection to
// lose.
func class(err error) (error, bool) {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return nil, false
	}
	switch e.Code() {
	case sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_ROWID:
		return db.ErrDuplicate, false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
		sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_PROTOCOL:
		return db.ErrUnavailable, false
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH:
		return db.ErrRefused, false
	case sqlite3.SQLITE_ERROR:
		if strings.Contains(err.Error(), "no such table") {
			return db.ErrNoTable, false
		}
	}
	return nil, false
}
