// SPDX-License-Identifier: Apache-2.0

// Package schema has the tables of Kamailio 5.6.3, as kamdbctl makes them.
package schema

import "slices"

// Type is the type of a column, by its name in MySQL.
type Type uint8

// The types. Serial is the number that a row gets by itself, its primary key.
const (
	Serial Type = iota
	Int
	Uint
	Small
	USmall
	Tiny
	UTiny
	Float
	Varchar
	Text
	MediumText
	Blob
	MediumBlob
	DateTime
)

// Column is a column of a table.
type Column struct {
	Name string
	Type Type
	// Size bounds the characters of a Varchar.
	Size int
	// Scale is the number of digits behind the point that MySQL keeps of a
	// Float; 0 for all.
	Scale int
	// Null tells that the column may be NULL, which is its default then.
	Null bool
	// Default is a string, an int or a float64; nil for none.
	Default any
}

// Index is an index besides that of the primary key.
type Index struct {
	Name    string // MySQL's; elsewhere that of the table stands before it
	Unique  bool
	Columns []string
}

// Table is a table.
type Table struct {
	Name    string
	Version int
	Columns []Column
	Indexes []Index
}

// Group is a set of tables that are made together.
type Group struct {
	Name   string // as kamdbctl has it
	Tables []Table
}

// VersionTable is the table with the versions of all tables.
const VersionTable = "version"

// Groups returns all tables.
func Groups() []Group {
	return []Group{
		{"standard", slices.Concat(standardTables, moreStandardTables)},
		{"presence", presenceTables},
		{"extra", slices.Concat(extraTables, moreExtraTables)},
		{"uid", uidTables},
	}
}

// Tables returns the tables of the groups that are named, of all without one.
func Tables(groups ...string) []Table {
	var tables []Table
	for _, g := range Groups() {
		if len(groups) == 0 || slices.Contains(groups, g.Name) {
			tables = append(tables, g.Tables...)
		}
	}
	return tables
}

// Lookup returns the table of a name.
func Lookup(name string) (Table, bool) {
	all := Tables()
	if i := slices.IndexFunc(all, func(t Table) bool { return t.Name == name }); i >= 0 {
		return all[i], true
	}
	return Table{}, false
}
