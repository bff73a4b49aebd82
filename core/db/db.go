// SPDX-License-Identifier: Apache-2.0

// Package db is the contract between modules that keep data and the drivers of
// databases.
//
// A module names its database by a URL, as in Kamailio:
// mysql://user:password@host/name. The driver is the module db_SCHEME, which
// must be loaded; Host.Database opens the URL, once for all that name it. The
// operations are those that every driver has. What only some can do is an
// interface of its own: Querier, Transactor, Notifier.
//
// Every operation may wait for the network: a script function calls it inside
// of Call.Block. It ends when its context does, or after the driver's own time
// limit. A connection that was lost is opened again by the next operation.
package db

import "context"

// Value is the value of a column: nil for NULL, int64, float64, string,
// []byte for a blob, or time.Time for a date.
type Value any

// Op compares a column with a value.
type Op uint8

// The comparisons. Any of them with nil is IS NULL, NotEqual IS NOT NULL.
const (
	Equal Op = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
	// Bits is true where the column has a bit of the value set.
	Bits
)

// Cond is a condition on one column.
type Cond struct {
	Column string
	Op     Op
	Value  Value
}

// Is is the condition that a column has a value.
func Is(column string, v Value) Cond { return Cond{Column: column, Value: v} }

// Query asks for rows.
type Query struct {
	Table string
	// Columns are those of the result, in their order; none means all.
	Columns []string
	// Where must all hold; with Any, one of them.
	Where []Cond
	Any   bool
	// OrderBy is a column, with " DESC" behind it for the reverse order, or
	// several with commas between them.
	OrderBy string
	// Limit bounds the number of rows; 0 does not.
	Limit int
}

// Set is a column with its new value.
type Set struct {
	Column string
	Value  Value
}

// Result is what a database answered.
type Result struct {
	Columns []string
	Rows    [][]Value
	// Affected is the number of rows that a statement changed.
	Affected int64
}

// Operations are what can be done in a database, and in a transaction of one.
// Names of tables and columns come from parameters, values from anywhere: a
// driver sends values apart from the statement or quotes them.
type Operations interface {
	// Select calls each for every row, while they arrive. The row is each's
	// to keep. An error of each ends the query and is returned.
	Select(ctx context.Context, q Query, each func(row []Value) error) error
	// Insert adds rows, all or none.
	Insert(ctx context.Context, table string, columns []string, rows ...[]Value) error
	// Update changes the rows for which all conditions hold, and returns how
	// many there are.
	Update(ctx context.Context, table string, set []Set, where []Cond) (int64, error)
	// Delete removes the rows for which all conditions hold, all without one.
	Delete(ctx context.Context, table string, where []Cond) (int64, error)
	// Put inserts a row or, where one has the same values in the key columns,
	// changes that one. The keys are a unique index of the table.
	Put(ctx context.Context, table string, columns, keys []string, row []Value) error
}

// Database is an open database. It may be used by all goroutines at once.
type Database interface {
	Operations
	// Close ends the connections. Only the engine calls it.
	Close() error
}

// Querier is a Database that takes statements in its own language.
type Querier interface {
	// Raw runs a statement with its placeholders ("?") filled by args.
	Raw(ctx context.Context, statement string, args ...Value) (*Result, error)
}

// Transactor is a Database with transactions.
type Transactor interface {
	// Transact runs f in a transaction, which ends with it: undone where f
	// returns an error or panics.
	Transact(ctx context.Context, f func(Operations) error) error
}

// Notifier is a Database that carries messages between those who use it.
type Notifier interface {
	// Publish gives a message to all that are subscribed to a channel now.
	Publish(ctx context.Context, channel, message string) error
	// Subscribe calls each for every message of a channel until the context
	// ends. It connects again where the connection was lost; connected is called
	// whenever it listens anew: messages may have been missed before.
	Subscribe(ctx context.Context, channel string, each func(message string), connected func())
	// Mark returns a text that belongs to what the database holds: it stays the
	// same, for all, until the database has lost its content.
	Mark(ctx context.Context, name string) (string, error)
}

// Driver is implemented by the modules db_*.
type Driver interface {
	// Open checks the URL, and that the database answers.
	Open(ctx context.Context, u URL) (Database, error)
}

// Rows collects the rows of a query.
func Rows(ctx context.Context, d Operations, q Query) ([][]Value, error) {
	var rows [][]Value
	err := d.Select(ctx, q, func(row []Value) error {
		rows = append(rows, row)
		return nil
	})
	return rows, err
}
