// SPDX-License-Identifier: Apache-2.0

package schema

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
)

// Found is what a database has of a table.
type Found struct {
	Columns []FoundColumn
	Indexes []FoundIndex
}

// FoundColumn is a column of a table that exists.
type FoundColumn struct {
	Name, Type string
	Null       bool
	// Default is its text without quotes; "" also for none.
	Default string
}

// FoundIndex is an index of a table that exists, that of the primary key too.
type FoundIndex struct {
	Unique  bool
	Columns []string
}

// Inspect tells which tables a database has.
func (l *Language) Inspect(ctx context.Context, d db.Querier) (map[string]*Found, error) {
	r, err := d.Raw(ctx, l.columns)
	if err != nil {
		return nil, fmt.Errorf("cannot read which tables there are: %w", err)
	}
	tables := map[string]*Found{}
	for _, row := range r.Rows {
		name := db.Text(row[0])
		t := tables[name]
		if t == nil {
			t = &Found{}
			tables[name] = t
		}
		word := db.Text(row[2])
		if l.shown != nil {
			word = l.shown(word)
		}
		t.Columns = append(t.Columns, FoundColumn{Name: db.Text(row[1]), Type: word, Null: db.Text(row[3]) == "YES", Default: plainDefault(db.Text(row[4]))})
	}
	if r, err = d.Raw(ctx, l.indexes); err != nil {
		return nil, fmt.Errorf("cannot read which indexes there are: %w", err)
	}
	for _, row := range r.Rows {
		if t := tables[db.Text(row[0])]; t != nil {
			n, _ := db.Int(row[1])
			t.Indexes = append(t.Indexes, FoundIndex{Unique: n == 1, Columns: strings.Split(db.Text(row[2]), ",")})
		}
	}
	return tables, nil
}

// plainDefault returns a default as a value: 'x'::text is x, NULL and what makes
// the numbers of rows are none.
func plainDefault(text string) string {
	if i := strings.LastIndex(text, "::"); i >= 0 && !strings.HasSuffix(text, "'") {
		text = text[:i]
	}
	if strings.HasPrefix(text, "nextval(") || strings.EqualFold(text, "NULL") {
		return ""
	}
	if len(text) >= 2 && text[0] == '\'' && text[len(text)-1] == '\'' {
		text = strings.ReplaceAll(text[1:len(text)-1], "''", "'")
	}
	return text
}

// Compare implements Store.
func (s *statements) Compare(ctx context.Context, tables []Table) ([]Difference, error) {
	there, err := s.Inspect(ctx, s.d)
	if err != nil {
		return nil, err
	}
	versions := map[string]int64{}
	if there[VersionTable] != nil {
		rows, err := db.Rows(ctx, s.d, db.Query{Table: VersionTable, Columns: []string{"table_name", "table_version"}})
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			versions[db.Text(r[0])], _ = db.Int(r[1])
		}
	}
	return compare(tables, there, versions, s.compareTable), nil
}

// compare compares what there is of each table by f.
func compare[F any](tables []Table, there map[string]*F, versions map[string]int64, f func(*Table, *F, func(string, ...any))) []Difference {
	var out []Difference
	for i := range tables {
		t := &tables[i]
		tell := func(format string, args ...any) { out = append(out, Difference{t.Name, fmt.Sprintf(format, args...)}) }
		found := there[t.Name]
		if found == nil {
			tell("is missing")
			continue
		}
		if v, ok := versions[t.Name]; !ok {
			tell("has no version, want %d", t.Version)
		} else if v != int64(t.Version) {
			tell("has version %d, want %d", v, t.Version)
		}
		f(t, found, tell)
	}
	return out
}

func (l *Language) compareTable(t *Table, f *Found, tell func(string, ...any)) {
	for i := range t.Columns {
		c := &t.Columns[i]
		j := slices.IndexFunc(f.Columns, func(x FoundColumn) bool { return strings.EqualFold(x.Name, c.Name) })
		if j < 0 {
			tell("has no column %s", c.Name)
			continue
		}
		have := f.Columns[j]
		if word := l.word(c); !strings.EqualFold(have.Type, word) {
			tell("has column %s of type %s, want %s", c.Name, have.Type, word)
		}
		if have.Null != c.Null {
			tell("has column %s where NULL is %s", c.Name, map[bool]string{true: "allowed, want that it is not", false: "not allowed, want that it is"}[have.Null])
		}
		if want := c.defaultText(); !sameDefault(have.Default, want) {
			tell("has column %s with default %q, want %q", c.Name, have.Default, want)
		}
	}
	for _, x := range t.Indexes {
		if !slices.ContainsFunc(f.Indexes, func(y FoundIndex) bool {
			return y.Unique == x.Unique && slices.EqualFunc(x.Columns, y.Columns, strings.EqualFold)
		}) {
			kind := "index"
			if x.Unique {
				kind = "unique index"
			}
			tell("has no %s of %s", kind, strings.Join(x.Columns, ", "))
		}
	}
}

// defaultText returns the default as a database shows it, "" for none.
func (c *Column) defaultText() string {
	if c.Default == nil {
		return ""
	}
	return fmt.Sprint(c.Default)
}

// sameDefault compares defaults, numbers by their value: 1.00 is 1.
func sameDefault(a, b string) bool {
	if a == b {
		return true
	}
	x, err1 := strconv.ParseFloat(a, 64)
	y, err2 := strconv.ParseFloat(b, 64)
	return err1 == nil && err2 == nil && x == y
}
