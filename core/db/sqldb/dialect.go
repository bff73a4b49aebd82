// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"time"

	"github.com/kahea-sip/kahea/core/db"
)

// Kind is what a column holds, as far as values differ by it.
type Kind uint8

// The kinds of columns. Unknown ones give values as the driver does.
const (
	Unknown Kind = iota
	Text
	Integer
	Float
	Single // a Float of half the digits
	Blob
	Date
)

// Dialect is how a database differs from the others.
type Dialect struct {
	// Quote stands around names.
	Quote byte
	// Fold makes names lower-case, as they are without quotes.
	Fold bool
	// Dollar makes placeholders $1, $2 … in place of "?".
	Dollar bool
	// Insert is the word before INTO, "INSERT" when empty.
	Insert string
	// MaxArgs bounds the placeholders of a statement.
	MaxArgs int
	// Upsert appends to an INSERT what makes it change the row that has the
	// same keys.
	Upsert func(b *Builder, columns, keys []string)
	// Kind tells what a column holds from the name of its type.
	Kind func(typeName string) Kind
	// Date reads the dates of columns of that kind which are neither moments
	// (time.Time) nor text of db.TimeLayout.
	Date func(src any, loc *time.Location) (time.Time, bool)
	// Arg turns a value into one that the driver takes; nil leaves it.
	Arg func(v db.Value, loc *time.Location) any
	// Stale, if set, tells that a prepared statement was not run because the
	// table has changed since.
	Stale func(err error) bool
	// Class tells which of the errors of package db an error is, nil for
	// none. Lost is set where the connection is gone.
	Class func(err error) (class error, lost bool)
	// Outdated, if set, tells errors that a new connection may not have: rights
	// are those of when a connection was made, and a server that was the first
	// one may be the second one now.
	Outdated func(err error) bool
}

// OnConflict is the Upsert of standard SQL.
func OnConflict(b *Builder, columns, keys []string) {
	b.Text(" ON CONFLICT (").Names(keys).Text(") DO ")
	first := true
	for _, c := range columns {
		if contains(keys, c) {
			continue
		}
		if first {
			b.Text("UPDATE SET ")
		} else {
			b.Text(",")
		}
		first = false
		b.Name(c).Text("=excluded.").Name(c)
	}
	if first {
		b.Text("NOTHING")
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
