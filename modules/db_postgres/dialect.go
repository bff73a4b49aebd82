// SPDX-License-Identifier: Apache-2.0

package db_postgres

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/sqldb"
)

var dialect = sqldb.Dialect{
	Quote:    '"',
	Fold:     true,
	Dollar:   true,
	MaxArgs:  60000,
	Upsert:   sqldb.OnConflict,
	Kind:     kind,
	Date:     date,
	Arg:      arg,
	Stale:    stale,
	Class:    class,
	Outdated: outdated,
}

func kind(name string) sqldb.Kind {
	switch name {
	case "INT2", "INT4", "INT8", "OID", "BOOL":
		return sqldb.Integer
	case "FLOAT4":
		return sqldb.Single
	case "FLOAT8":
		return sqldb.Float
	case "TIMESTAMP":
		return sqldb.Date
	case "TIMESTAMPTZ":
		return sqldb.Unknown // a moment as it is
	case "BYTEA":
		return sqldb.Blob
	}
	return sqldb.Text
}

// date takes a date without zone, which the library gives as if it were UTC.
func date(src any, loc *time.Location) (time.Time, bool) {
	t, ok := src.(time.Time)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), loc), ok
}

// text is a value that the server reads as the column's type, as it reads a
// constant in quotes; for a blob it is the bytes as they are.
type text struct{ s string }

var (
	_ pgtype.TextValuer  = text{}
	_ pgtype.BytesValuer = text{}
)

// TextValue implements pgtype.TextValuer.
func (t text) TextValue() (pgtype.Text, error) { return pgtype.Text{String: t.s, Valid: true}, nil }

// BytesValue implements pgtype.BytesValuer.
func (t text) BytesValue() ([]byte, error) { return []byte(t.s), nil }

func arg(v db.Value, loc *time.Location) any {
	switch v := v.(type) {
	case string:
		return text{v}
	case []byte:
		return text{string(v)}
	case int64:
		return text{strconv.FormatInt(v, 10)}
	case float64:
		return text{strconv.FormatFloat(v, 'g', -1, 64)}
	case time.Time:
		return text{v.In(loc).Format(db.TimeLayout)}
	}
	return v
}

// stale tells of a statement whose rows have other columns now.
func stale(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "0A000" && strings.Contains(e.Message, "cached plan")
}

// outdated tells that a connection only reads: it may be of a server that was
// the first one, or of a time when that was the default.
func outdated(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "25006"
}

// class tells errors apart by their SQLSTATE.
func class(err error) (error, bool) {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		if sqldb.ConnectionLost(err) || strings.Contains(err.Error(), "conn closed") {
			return db.ErrUnavailable, true
		}
		return nil, false
	}
	switch e.Code {
	case "23505": // unique violation
		return db.ErrDuplicate, false
	case "42P01": // undefined table
		return db.ErrNoTable, false
	case "40001", "40P01", "55P03", "57014": // serialization, deadlock, lock, cancelled
		return db.ErrUnavailable, false
	case "54000", "P0001": // too large for an index, by a trigger
		return db.ErrRefused, false
	case "57P01", "57P02", "57P03", "53300": // shutdown, crash, starting, too many connections
		return db.ErrUnavailable, true
	}
	switch e.Code[:min(2, len(e.Code))] {
	case "08": // connection
		return db.ErrUnavailable, true
	case "22", "23", "44": // data, constraint, that of a view
		return db.ErrRefused, false
	}
	return nil, false
}
