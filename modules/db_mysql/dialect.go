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
	Quote:    '`',
	MaxArgs:  60000,
	Upsert:   upsert,
	Kind:     kind,
	Arg:      arg,
	Class:    class,
	Outdated: outdated,
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
	errTooManyConnections  = 1040
	errNoAccess            = 1044
	errShutdown            = 1053
	errDuplicate           = 1062
	errUnknown             = 1105
	errRowTooLarge         = 1118
	errNoRightToTable      = 1142
	errNoRightToColumn     = 1143
	errNoSuchTable         = 1146
	errPacketTooLarge      = 1153
	errLockWait            = 1205
	errDeadlock            = 1213
	errNoRight             = 1227
	errTruncated           = 1265
	errReadOnly            = 1290
	errInvalidString       = 1300
	errQueryInterrupted    = 1317
	errWrongValue          = 1366
	errWrongForType        = 1367
	errDuplicateWithKey    = 1586
	errReadOnlyTransaction = 1792
	errReadOnlyMode        = 1836
	errConnectionKilled    = 1927
	errCheck               = 3819
	errCheckMariaDB        = 4025
)

// isRow tells the errors about a row: by the class of their SQLSTATE (data,
// constraint, that of a trigger), and those that have none of these.
func isRow(e *mysql.MySQLError) bool {
	switch string(e.SQLState[:2]) {
	case "22", "23", "45":
		return true
	}
	switch e.Number {
	case errUnknown:
		return strings.Contains(e.Message, "max_allowed_packet")
	case errRowTooLarge, errPacketTooLarge, errTruncated, errInvalidString, errWrongValue, errWrongForType, errCheck, errCheckMariaDB:
		return true
	}
	return false
}

func class(err error) (error, bool) {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		if errors.Is(err, mysql.ErrInvalidConn) || sqldb.ConnectionLost(err) {
			return db.ErrUnavailable, true
		}
		if errors.Is(err, mysql.ErrPktTooLarge) {
			return db.ErrRefused, false
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
	if isRow(e) {
		return db.ErrRefused, false
	}
	return nil, false
}

// outdated tells errors of rights, of which a connection keeps those of all
// databases that it had at first, and of a server that only reads.
func outdated(err error) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok {
		return false
	}
	switch e.Number {
	case errNoAccess, errNoRightToTable, errNoRightToColumn, errNoRight, errReadOnly, errReadOnlyTransaction, errReadOnlyMode:
		return true
	}
	return false
}
