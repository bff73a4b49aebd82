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
	// ErrNoTable is wrapped when a table does not exist.
	ErrNoTable = errors.New("no such table")
)
