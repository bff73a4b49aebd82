// SPDX-License-Identifier: Apache-2.0

package schema

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Folder is the Store of text tables (db_text): a file for each, whose first
// line has the columns and their types.
type Folder string

var _ Store = Folder("")

// textType returns the type of a column in the first line of its file.
func textType(c *Column) string {
	word := "int"
	switch c.Type {
	case Serial:
		return "int,auto"
	case Float:
		word = "double"
	case Varchar, Text, MediumText, Blob, MediumBlob:
		word = "string"
	}
	if c.Null {
		word += ",null"
	}
	return word
}

// Create implements Store. A folder that does not exist is made.
func (f Folder) Create(ctx context.Context, tables []Table) ([]string, error) {
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		return nil, err
	}
	there, err := f.Exist(ctx)
	if err != nil {
		return nil, err
	}
	var made []string
	for i := range tables {
		t := &tables[i]
		if there[t.Name] {
			continue
		}
		var line strings.Builder
		for j := range t.Columns {
			fmt.Fprintf(&line, "%s(%s) ", t.Columns[j].Name, textType(&t.Columns[j]))
		}
		if err := os.WriteFile(f.path(t.Name), []byte(line.String()+"\n"), 0o644); err != nil {
			return made, err
		}
		if err := f.setVersion(t.Name, t.Version); err != nil {
			return made, err
		}
		made = append(made, t.Name)
	}
	return made, nil
}

func (f Folder) path(table string) string { return filepath.Join(string(f), table) }

// setVersion writes the version of a table; 0 removes it.
func (f Folder) setVersion(table string, version int) error {
	lines, err := f.lines(VersionTable)
	if err != nil {
		return fmt.Errorf("cannot write the version of table %s: %w", table, err)
	}
	kept, last := lines[:1], 0
	for _, line := range lines[1:] {
		fields := strings.Split(line, ":")
		if len(fields) == 3 && fields[1] == table {
			continue
		}
		n, _ := strconv.Atoi(fields[0])
		last = max(last, n)
		kept = append(kept, line)
	}
	if version > 0 {
		kept = append(kept, fmt.Sprintf("%d:%s:%d", last+1, table, version))
	}
	return os.WriteFile(f.path(VersionTable), []byte(strings.Join(kept, "\n")+"\n"), 0o644)
}

// lines returns the lines of a table's file, the first one always.
func (f Folder) lines(table string) ([]string, error) {
	text, err := os.ReadFile(f.path(table))
	return strings.Split(strings.TrimRight(string(text), "\n"), "\n"), err
}

// Drop implements Store.
func (f Folder) Drop(ctx context.Context, tables []Table) ([]string, error) {
	there, err := f.Exist(ctx)
	if err != nil {
		return nil, err
	}
	var gone []string
	for _, t := range tables {
		if !there[t.Name] || t.Name == VersionTable {
			continue
		}
		if err := os.Remove(f.path(t.Name)); err != nil {
			return gone, err
		}
		gone = append(gone, t.Name)
		if there[VersionTable] {
			if err := f.setVersion(t.Name, 0); err != nil {
				return gone, err
			}
		}
	}
	versions, err := f.versions()
	if delete(versions, VersionTable); !there[VersionTable] || err != nil || len(versions) > 0 {
		return gone, err
	}
	return append(gone, VersionTable), os.Remove(f.path(VersionTable))
}

// versions returns the versions of the tables, none where there is no table of
// them.
func (f Folder) versions() (map[string]int64, error) {
	lines, err := f.lines(VersionTable)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	versions := map[string]int64{}
	for _, line := range lines[1:] {
		if fields := strings.Split(line, ":"); len(fields) == 3 {
			versions[fields[1]], _ = strconv.ParseInt(fields[2], 10, 64)
		}
	}
	return versions, err
}

// Exist implements Store.
func (f Folder) Exist(context.Context) (map[string]bool, error) {
	entries, err := os.ReadDir(string(f))
	names := map[string]bool{}
	for _, e := range entries {
		if e.Type().IsRegular() {
			names[e.Name()] = true
		}
	}
	return names, err
}

// Compare implements Store.
func (f Folder) Compare(ctx context.Context, tables []Table) ([]Difference, error) {
	names, err := f.Exist(ctx)
	if err != nil {
		return nil, err
	}
	versions, err := f.versions()
	if err != nil {
		return nil, err
	}
	there := map[string]*map[string]string{}
	for name := range names {
		lines, err := f.lines(name)
		if err != nil {
			return nil, err
		}
		columns := map[string]string{}
		for _, word := range strings.Fields(lines[0]) {
			name, rest, _ := strings.Cut(word, "(")
			columns[name] = strings.TrimSuffix(rest, ")")
		}
		there[name] = &columns
	}
	return compare(tables, there, versions, compareText), nil
}

func compareText(t *Table, columns *map[string]string, tell func(string, ...any)) {
	for i := range t.Columns {
		c := &t.Columns[i]
		have, ok := (*columns)[c.Name]
		if !ok {
			tell("has no column %s", c.Name)
		} else if word := textType(c); have != word {
			tell("has column %s of type %s, want %s", c.Name, have, word)
		}
	}
}
