// SPDX-License-Identifier: Apache-2.0

package schema

import (
	"fmt"
	"strconv"
	"strings"
)

// Language is how a database is told to make tables.
type Language struct {
	Name  string
	quote string
	// types are the words for the types; %d stands for the size.
	types [DateTime + 1]string
	// scaled is the word for a Float of MySQL with a scale.
	scaled string
	// serial follows the name of a Serial.
	serial string
	// longNames puts the name of the table before that of an index, which is
	// unique in the whole database.
	longNames bool
	// columns and indexes are the statements that tell what there is: table,
	// column, type, whether it may be NULL (YES or NO), default; and table,
	// whether the index is unique (1 or 0), its columns with commas between.
	columns, indexes string
	// shown turns the text of a type in the answer into that of types.
	shown func(string) string
}

// MySQL is the language of MySQL and MariaDB.
var MySQL = &Language{
	Name: "mysql", quote: "`", scaled: "float(10,%d)", serial: "int unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY",
	types: [...]string{Serial: "int unsigned", Int: "int", Uint: "int unsigned", Small: "smallint", USmall: "smallint unsigned",
		Tiny: "tinyint", UTiny: "tinyint unsigned", Float: "float", Varchar: "varchar(%d)", Text: "text", MediumText: "mediumtext",
		Blob: "blob", MediumBlob: "mediumblob", DateTime: "datetime"},
	columns: `SELECT table_name, column_name, column_type, is_nullable, column_default FROM information_schema.columns
		WHERE table_schema = database() ORDER BY table_name, ordinal_position`,
	indexes: `SELECT table_name, 1 - MAX(non_unique), GROUP_CONCAT(column_name ORDER BY seq_in_index) FROM information_schema.statistics
		WHERE table_schema = database() GROUP BY table_name, index_name`,
	shown: withoutWidth,
}

// Postgres is the language of PostgreSQL.
var Postgres = &Language{
	Name: "postgres", quote: `"`, longNames: true, serial: "SERIAL PRIMARY KEY NOT NULL",
	types: [...]string{Serial: "integer", Int: "integer", Uint: "integer", Small: "smallint", USmall: "smallint",
		Tiny: "smallint", UTiny: "smallint", Float: "real", Varchar: "character varying(%d)", Text: "text", MediumText: "text",
		Blob: "bytea", MediumBlob: "bytea", DateTime: "timestamp without time zone"},
	columns: `SELECT table_name, column_name, data_type || COALESCE('(' || character_maximum_length || ')', ''), is_nullable, column_default
		FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position`,
	indexes: `SELECT t.relname, CASE WHEN x.indisunique THEN 1 ELSE 0 END, array_to_string(ARRAY(SELECT a.attname
			FROM unnest(x.indkey) WITH ORDINALITY k(number, place) JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
			ORDER BY k.place), ',')
		FROM pg_index x JOIN pg_class t ON t.oid = x.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
		WHERE n.nspname = current_schema()`,
}

// SQLite is the language of SQLite.
var SQLite = &Language{
	Name: "sqlite", quote: `"`, longNames: true, serial: "INTEGER PRIMARY KEY NOT NULL",
	types: [...]string{Serial: "INTEGER", Int: "INTEGER", Uint: "INTEGER", Small: "SMALLINT", USmall: "SMALLINT",
		Tiny: "SMALLINT", UTiny: "SMALLINT", Float: "REAL", Varchar: "VARCHAR(%d)", Text: "TEXT", MediumText: "TEXT",
		Blob: "BLOB", MediumBlob: "BLOB", DateTime: "TIMESTAMP WITHOUT TIME ZONE"},
	columns: `SELECT m.name, c.name, c.type, CASE WHEN c."notnull" THEN 'NO' ELSE 'YES' END, c.dflt_value
		FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid`,
	indexes: `SELECT m.name, i."unique", (SELECT group_concat(name, ',') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
		FROM sqlite_master m, pragma_index_list(m.name) i WHERE m.type = 'table'`,
}

// For returns the language of a driver, nil for one whose tables are not made
// by statements.
func For(scheme string) *Language {
	for _, l := range []*Language{MySQL, Postgres, SQLite} {
		if l.Name == scheme {
			return l
		}
	}
	return nil
}

func (l *Language) name(s string) string { return l.quote + s + l.quote }

func (l *Language) names(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = l.name(s)
	}
	return strings.Join(quoted, ", ")
}

// word returns the type of a column.
func (l *Language) word(c *Column) string {
	switch {
	case c.Type == Varchar:
		return fmt.Sprintf(l.types[Varchar], c.Size)
	case c.Scale > 0 && l.scaled != "":
		return fmt.Sprintf(l.scaled, c.Scale)
	}
	return l.types[c.Type]
}

// Statements returns the statements that make a table: a table, then its indexes.
func (l *Language) Statements(t *Table) []string {
	lines := make([]string, 0, len(t.Columns))
	for i := range t.Columns {
		lines = append(lines, l.column(&t.Columns[i]))
	}
	statements := []string{""}
	for _, x := range t.Indexes {
		name := x.Name
		if l.longNames {
			name = t.Name + "_" + name
		}
		if x.Unique {
			lines = append(lines, "CONSTRAINT "+l.name(name)+" UNIQUE ("+l.names(x.Columns)+")")
			continue
		}
		statements = append(statements, "CREATE INDEX "+l.name(name)+" ON "+l.name(t.Name)+" ("+l.names(x.Columns)+")")
	}
	statements[0] = "CREATE TABLE " + l.name(t.Name) + " (" + strings.Join(lines, ", ") + ")"
	return statements
}

func (l *Language) column(c *Column) string {
	if c.Type == Serial {
		return l.name(c.Name) + " " + l.serial
	}
	text := l.name(c.Name) + " " + l.word(c)
	if !c.Null {
		text += " NOT NULL"
	}
	switch d := c.Default.(type) {
	case string:
		text += " DEFAULT '" + d + "'"
	case int:
		text += " DEFAULT " + strconv.Itoa(d)
	case float64:
		text += " DEFAULT " + strconv.FormatFloat(d, 'f', -1, 64)
	default:
		if c.Null {
			text += " DEFAULT NULL"
		}
	}
	return text
}

// withoutWidth takes the width of an integer away, which says nothing of it:
// "int(10) unsigned" is "int unsigned".
func withoutWidth(word string) string {
	open, end := strings.IndexByte(word, '('), strings.IndexByte(word, ')')
	if open < 0 || end < open || !strings.HasSuffix(word[:open], "int") {
		return word
	}
	return word[:open] + word[end+1:]
}
