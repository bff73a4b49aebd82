// SPDX-License-Identifier: Apache-2.0

package db

import "errors"

var (
	// ErrUnavailable is wrapped by errors that say nothing of the statement:
	// the database cannot be reached, went away, or took too long. The same
	// statement may succeed later.
	ErrUnavailable = errors.New("database is not available")
	// ErrDuplicate is wrapped when a row has the key of another one.
	ErrDuplicate = errors.New("duplicate key")
	// ErrRefused is wrapped when a row does not fit: a value is too long, of the
	// wrong kind, or against a rule of the table. It will not fit later.
	ErrRefused = errors.New("row is refused")
	// ErrNoTable is wrapped when a table does not exist.
	ErrNoTable = errors.New("no such table")
)

// Refused tells whether an error is about the row that was to be written. Any
// other one is about the database, whose state may change: it is read-only for a
// while, a table is being renamed, a password was changed. Who has something to
// keep tries it again then.
func Refused(err error) bool {
	return errors.Is(err, ErrRefused) || errors.Is(err, ErrDuplicate)
}
