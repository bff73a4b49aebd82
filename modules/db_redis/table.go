// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/schema"
)

// kind is the type of a column.
type kind uint8

const (
	text kind = iota
	integer
	float
	moment
	blob
)

var kinds = map[string]kind{"string": text, "int": integer, "double": float, "time": moment, "timestamp": moment, "blob": blob}

// table is what is known of a table.
type table struct {
	name    string
	version int
	columns []column
	keys    *keys // nil where no parameter names them
}

type column struct {
	name string
	kind kind
}

// table returns a table, which is read when it is used first.
func (m *Redis) table(name string) (*table, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	t, known := m.tables[name]
	if !known {
		var err error
		if t, err = m.readTable(name); err != nil {
			return nil, err
		}
		m.tables[name] = t
		if t != nil && m.verbosity > 0 {
			m.log.Debug("a table in Redis", "table", name, "version", t.version, "columns", t.columns, "keys", t.keys)
		}
	}
	if t == nil {
		return nil, fmt.Errorf("%w: %s, neither in %s nor of Kamailio", db.ErrNoTable, name, m.schemaPath)
	}
	return t, nil
}

// readTable reads the file of a table, or takes the table as Kamailio has it.
func (m *Redis) readTable(name string) (*table, error) {
	if name == "" || strings.ContainsAny(name, "/\x00") || strings.HasPrefix(name, ".") {
		return nil, nil
	}
	content, err := os.ReadFile(filepath.Join(m.schemaPath, name))
	var t *table
	switch {
	case err == nil:
		if t, err = parseTable(string(content)); err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Join(m.schemaPath, name), err)
		}
	case errors.Is(err, fs.ErrNotExist):
		if t = ofKamailio(name); t == nil {
			return nil, nil
		}
	default:
		return nil, err
	}
	t.name, t.keys = strings.Clone(name), m.keys[name]
	if t.keys == nil {
		return t, nil
	}
	for _, m := range append([]mapping{{"entry", t.keys.entry}}, t.keys.maps...) {
		for _, c := range m.columns {
			if _, ok := t.column(c); !ok {
				return nil, fmt.Errorf("parameter keys names column %s, which table %s does not have", c, name)
			}
		}
	}
	return t, nil
}

// parseTable reads a line of columns, name/type with commas between them, and a
// line with the version.
func parseTable(content string) (*table, error) {
	line, rest, _ := strings.Cut(content, "\n")
	t := new(table)
	for one := range strings.SplitSeq(line, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		name, of, _ := strings.Cut(one, "/")
		k, ok := kinds[of]
		if !ok || name == "" {
			return nil, fmt.Errorf("%q is no column: name/string, int, double, time or blob", one)
		}
		t.columns = append(t.columns, column{name, k})
	}
	version, err := strconv.Atoi(strings.TrimSpace(rest))
	if err != nil || t.columns == nil {
		return nil, errors.New("the first line are the columns of the table, the second one is its version")
	}
	t.version = version
	return t, nil
}

// ofKamailio returns a table as Kamailio has it in other databases.
func ofKamailio(name string) *table {
	made, ok := schema.Lookup(name)
	if !ok {
		return nil
	}
	t := &table{version: made.Version}
	for _, c := range made.Columns {
		k := text
		switch c.Type {
		case schema.Serial, schema.Int, schema.Uint, schema.Small, schema.USmall, schema.Tiny, schema.UTiny:
			k = integer
		case schema.Float:
			k = float
		case schema.DateTime:
			k = moment
		}
		t.columns = append(t.columns, column{c.Name, k})
	}
	return t
}

func (t *table) column(name string) (column, bool) {
	if i := slices.IndexFunc(t.columns, func(c column) bool { return c.name == name }); i >= 0 {
		return t.columns[i], true
	}
	return column{}, false
}

// names returns the names of all columns.
func (t *table) names() []string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return names
}

func (t *table) check(columns []string) error {
	for _, name := range columns {
		if _, ok := t.column(name); !ok {
			return fmt.Errorf("table %s has no column %q", t.name, name)
		}
	}
	return nil
}
