// SPDX-License-Identifier: Apache-2.0

package db_mysql

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/sqldb"
)

var dialect = sqldb.Dialect{
	Quote:   '`',
	MaxArgs: 60000,
	Upsert:  upsert,
	Kind:    kind,
	Arg:     arg,
	Class:   class,
}

// upsert has the server find the unique index by itself.
func upsert(b *sqldb.Builder, columns, keys []string) {
	word := " ON DUPLICATE KEY UPDATE "
	for _, c := range columns {
		if slices.Contains(keys, c) {
			continue
		}
		b.Text(word).Name(c).Text("=VALUES(").Name(c).Text(")")
		word = ","
	}
	if len(columns) == len(keys) { // nothing to change
		b.Text(word).Name(keys[0]).Text("=").Name(keys[0])
	}
}

// kind follows the driver's names of types. Decimals stay text, as do days and
// times of day, for Kamailio has no number for them.
func kind(name string) sqldb.Kind {
	switch name = strings.TrimPrefix(name, "UNSIGNED "); name {
	case "TINYINT", "SMALLINT", "MEDIUMINT", "INT", "BIGINT", "YEAR":
		return sqldb.Integer
	case "FLOAT", "DOUBLE":
		return sqldb.Float
	case "DATETIME", "TIMESTAMP":
		return sqldb.Date
	case "BINARY", "VARBINARY", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BIT", "GEOMETRY":
		return sqldb.Blob
	}
	return sqldb.Text
}

// arg writes dates as text in the zone of the database, without parts of a
// second, which the server would round.
func arg(v db.Value, loc *time.Location) any {
	if t, ok := v.(time.Time); ok {
		return t.In(loc).Format(db.TimeLayout)
	}
	return v
}

// Numbers of the server's errors.
const (
	errTooManyConnections = 1040
	errShutdown           = 1053
	errDuplicate          = 1062
	errNoSuchTable        = 1146
	errLockWait           = 1205
	errDeadlock           = 1213
	errQueryInterrupted   = 1317
	errDuplicateWithKey   = 1586
	errConnectionKilled   = 1927
)

func class(err error) (error, bool) {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		if errors.Is(err, mysql.ErrInvalidConn) || sqldb.ConnectionLost(err) {
			return db.ErrUnavailable, true
		}
		return nil, false
	}
	switch e.Number {
	case errDuplicate, errDuplicateWithKey:
		return db.ErrDuplicate, false
	case errNoSuchTable:
		return db.ErrNoTable, false
	case errLockWait, errDeadlock, errQueryInterrupted:
		return db.ErrUnavailable, false
	case errTooManyConnections, errShutdown, errConnectionKilled:
		return db.ErrUnavailable, true
	}
	return nil, false
}
