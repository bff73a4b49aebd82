// SPDX-License-Identifier: Apache-2.0

package dispatcher

import (
	"context"
	"fmt"
	"math"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// tableVersion is that of Kamailio 5.6.
const tableVersion = 4

// columns are the names in the database.
type columns struct {
	table, set, uri, flags, priority, attrs string
	// further are those of ds_db_extra_attrs.
	further []column
}

// column is a column whose value becomes an attribute.
type column struct{ attr, name string }

func newColumns() columns {
	return columns{table: "dispatcher", set: "setid", uri: "destination", flags: "flags", priority: "priority", attrs: "attrs"}
}

// setFurther reads ds_db_extra_attrs, "attribute=column;…".
func (n *columns) setFurther(text string) error {
	n.further = nil
	for one := range strings.SplitSeq(text, ";") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		attr, name, ok := strings.Cut(one, "=")
		attr, name = strings.TrimSpace(attr), strings.TrimSpace(name)
		if !ok || attr == "" || name == "" {
			return fmt.Errorf("%q is not attribute=column", one)
		}
		n.further = append(n.further, column{attr, name})
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (d *Dispatcher) DatabaseURLs() []string {
	if d.dbURL == "" {
		return nil
	}
	return []string{d.dbURL}
}

// open opens the database.
func (d *Dispatcher) open(ctx context.Context, h module.Host) error {
	var err error
	if d.db, err = h.Database(ctx, d.dbURL); err != nil {
		return err
	}
	return db.CheckVersion(ctx, d.db, h.Core().VersionTable, d.names.table, tableVersion)
}

// rows reads the gateways of the database. faults are rows that say nothing.
func (d *Dispatcher) rows(ctx context.Context) (entries []entry, faults []string, err error) {
	n := &d.names
	q := db.Query{Table: n.table, Columns: []string{n.set, n.uri, n.flags, n.priority, n.attrs}, OrderBy: n.priority}
	for _, c := range n.further {
		q.Columns = append(q.Columns, c.name)
	}
	err = d.db.Select(ctx, q, func(row []db.Value) error {
		e := entry{uri: strings.TrimSpace(db.Text(row[1])), attrs: n.join(row)}
		e.at = "table " + n.table + ": " + e.uri
		set, ok := db.Int(row[0])
		flags, _ := db.Int(row[2])
		priority, _ := db.Int(row[3])
		if !ok || set < 0 || set > math.MaxInt32 || priority < math.MinInt32 || priority > math.MaxInt32 {
			faults = append(faults, fmt.Sprintf("%s: set %q or priority %q is no number of 0 to 2147483647", e.at, db.Text(row[0]), db.Text(row[3])))
			return nil
		}
		e.set, e.flags, e.priority = int(set), uint32(flags)&allFlags, int(priority)
		entries = append(entries, e)
		return nil
	})
	if err != nil {
		return nil, nil, fmt.Errorf("cannot read table %s: %w", n.table, err)
	}
	if len(entries) == 0 {
		d.log.Warn("there is no gateway in the database", "table", n.table)
	}
	return entries, faults, nil
}

// join makes the attributes of a row: those of the column attrs, then those of
// further columns that are not empty, the last one first.
func (n *columns) join(row []db.Value) string {
	parts := make([]string, 0, 1+len(n.further))
	if s := strings.TrimRight(strings.TrimSpace(db.Text(row[4])), ";"); s != "" {
		parts = append(parts, s)
	}
	for i := len(n.further) - 1; i >= 0; i-- {
		if s := db.Text(row[5+i]); s != "" {
			parts = append(parts, n.further[i].attr+"="+s)
		}
	}
	return strings.Join(parts, ";")
}
