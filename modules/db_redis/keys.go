// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
)

// keys say under which names the rows of a table are found. A row is the hash
// TABLE:entry::VALUE:VALUE…; a map is the set TABLE:MAP::VALUE:VALUE… of the keys
// of rows with these values, and TABLE::index::MAP the set of those sets.
type keys struct {
	entry []string
	maps  []mapping
}

type mapping struct {
	name    string
	columns []string
}

// addKeys takes a parameter keys.
func (m *Redis) addKeys(text string) error {
	for one := range strings.SplitSeq(text, ";") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		table, k, err := parseKeys(one)
		if err != nil {
			return fmt.Errorf("%q: %w", one, err)
		}
		if m.keys[table] != nil {
			return fmt.Errorf("table %s has keys already", table)
		}
		m.keys[table] = k
	}
	return nil
}

// parseKeys reads table=entry:column,column&map:column,column.
func parseKeys(text string) (table string, k *keys, err error) {
	table, rest, ok := strings.Cut(text, "=")
	if table = strings.TrimSpace(table); !ok || table == "" {
		return "", nil, errors.New("write it as table=entry:column,column&map:column,column")
	}
	k = new(keys)
	for part := range strings.SplitSeq(rest, "&") {
		name, list, _ := strings.Cut(part, ":")
		m := mapping{name: strings.TrimSpace(name)}
		for c := range strings.SplitSeq(list, ",") {
			if c = strings.TrimSpace(c); c != "" {
				m.columns = append(m.columns, c)
			}
		}
		switch {
		case m.name == "" || m.columns == nil:
			return "", nil, fmt.Errorf("%q is not of the form name:column,column", part)
		case m.name == "entry":
			k.entry = m.columns
		default:
			k.maps = append(k.maps, m)
		}
	}
	if k.entry == nil {
		return "", nil, errors.New("entry is missing: the columns that make the key of a row")
	}
	return table, k, nil
}

// key makes the key of a row, or of a map, of the values of its columns; false
// where one of them is NULL.
func (t *table) key(name string, columns []string, value func(column string) (string, bool)) (string, bool) {
	var b strings.Builder
	b.WriteString(t.name + ":" + name + ":")
	for _, c := range columns {
		v, ok := value(c)
		if !ok {
			return "", false
		}
		b.WriteString(":" + v)
	}
	return b.String(), true
}

// find returns the key under which rows with conditions are found: that of the
// row, or of a map whose columns all have a value. Without one all rows must be
// looked through.
func (t *table) find(where []db.Cond) (key string, set, ok bool) {
	value := func(column string) (string, bool) {
		for _, c := range where {
			if c.Column != column || c.Op != db.Equal || c.Value == nil {
				continue
			}
			v, err := t.encode(column, c.Value)
			return v, err == nil
		}
		return "", false
	}
	if t.keys == nil {
		return "", false, false
	}
	if key, ok = t.key("entry", t.keys.entry, value); ok {
		return key, false, true
	}
	for _, m := range t.keys.maps {
		if key, ok = t.key(m.name, m.columns, value); ok {
			return key, true, true
		}
	}
	return "", false, false
}
