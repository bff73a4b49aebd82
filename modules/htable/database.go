// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// tableVersion is that of the database table htable.
const tableVersion = 2

// Types of keys and values in the database.
const (
	typeText   = 0
	typeNumber = 1 // of a value
	typeArray  = 1 // of a key: the rows of one key are items key[0], key[1] …
)

// storage is where tables are loaded from and written to.
type storage struct {
	db.Database
	key, keyType, valueType, value, expires string
	arraySize                               string
	// keepExpires reads and writes when items expire.
	keepExpires bool
}

func newStorage() storage {
	return storage{key: "key_name", keyType: "key_type", valueType: "value_type", value: "key_value", expires: "expires", arraySize: "::size"}
}

// columns are those of a table whose definition names none.
func (s *storage) columns() []string {
	c := []string{s.key, s.keyType, s.valueType, s.value}
	if s.keepExpires {
		c = append(c, s.expires)
	}
	return c
}

var errNoDBTable = errors.New("no dbtable is defined for the table")

// DatabaseURLs implements module.Connector.
func (h *HTable) DatabaseURLs() []string {
	if h.dbURL == "" {
		return nil
	}
	return []string{h.dbURL}
}

// openDatabase opens db_url and loads all tables that have a dbtable.
func (h *HTable) openDatabase(ctx context.Context) error {
	if h.dbURL == "" {
		return nil
	}
	d, err := h.host.Database(ctx, h.dbURL)
	if err != nil {
		return err
	}
	h.storage.Database = d
	for _, t := range h.tables {
		if t.dbTable == "" {
			continue
		}
		if t.cols == "" {
			if err := db.CheckVersion(ctx, d, h.host.Core().VersionTable, t.dbTable, tableVersion); err != nil {
				return err
			}
		}
		if err := h.load(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// row is an item of the database.
type row struct {
	key   string
	value avp.Value
	// expires is 0 for what the table says.
	expires int64
}

// load has a table hold what the database has: nothing else, where it is loaded
// again. When the database fails the table stays as it is.
func (h *HTable) load(ctx context.Context, t *Table) error {
	rows, err := h.read(ctx, t)
	if err != nil {
		return fmt.Errorf("table %s: %w", t.name, err)
	}
	now := h.host.Clock().Now().Unix()
	there := make(map[string]bool, len(rows))
	for _, r := range rows {
		life := int64(t.autoExpire)
		if r.expires > 0 && life != 0 {
			if life = min(r.expires-now, 1<<31); life <= 0 {
				continue
			}
		}
		there[r.key] = true
		t.set(nil, r.key, r.value, uint32(life))
	}
	t.sweep(func(i item) bool { return !there[i.key] })
	return nil
}

// read reads the items of the database, all or those of conditions.
func (h *HTable) read(ctx context.Context, t *Table, where ...db.Cond) ([]row, error) {
	if t.cols != "" {
		return h.readPacked(ctx, t)
	}
	var rows []row
	sizes := map[string]int64{}
	q := db.Query{Table: t.dbTable, Columns: h.storage.columns(), Where: where, OrderBy: h.storage.key}
	err := h.storage.Select(ctx, q, func(values []db.Value) error {
		r := row{key: db.Text(values[0]), value: avp.String(db.Text(values[3]))}
		if kind, _ := db.Int(values[2]); kind == typeNumber {
			n, _ := db.Int(values[3])
			r.value = avp.Number(n)
		}
		if kind, _ := db.Int(values[1]); kind == typeArray {
			name := r.key
			r.key += "[" + strconv.FormatInt(sizes[name], 10) + "]"
			sizes[name]++
		}
		if h.storage.keepExpires {
			r.expires, _ = db.Int(values[4])
		}
		rows = append(rows, r)
		return nil
	})
	for name, n := range sizes {
		rows = append(rows, row{key: name + h.storage.arraySize, value: avp.Number(n)})
	}
	return rows, err
}

// readPacked reads a table with columns of its own: the first one is the key, the
// others make the value.
func (h *HTable) readPacked(ctx context.Context, t *Table) (rows []row, err error) {
	columns := strings.Split(t.cols, ",")
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	err = h.storage.Select(ctx, db.Query{Table: t.dbTable, Columns: columns}, func(values []db.Value) error {
		r := row{key: db.Text(values[0])}
		if len(values) == 2 {
			r.value = single(values[1])
		} else {
			r.value = avp.String(pack(values[1:], t.colDelim, t.colNull))
		}
		if !r.value.IsNull() {
			rows = append(rows, r)
		}
		return nil
	})
	return rows, err
}

// single is the value of the only column: a number where the column is one.
func single(v db.Value) avp.Value {
	switch n := v.(type) {
	case nil:
		return avp.Value{}
	case int64:
		return avp.Number(n)
	}
	return avp.String(db.Text(v))
}

func pack(values []db.Value, delim, null string) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = db.Text(v)
		if v == nil {
			texts[i] = null
		}
	}
	return strings.Join(texts, delim)
}

// store writes the items of a table to the database, in place of what is there.
func (h *HTable) store(ctx context.Context, t *Table) error {
	if t.cols != "" {
		h.host.Log().Warn("a table whose columns are named by cols is not written to the database", "module", "htable", "table", t.name)
		return nil
	}
	rows := h.rows(t)
	err := h.replace(ctx, t, func(d db.Operations) error {
		for some := range slices.Chunk(rows, storeBatch) {
			if err := d.Insert(ctx, t.dbTable, h.storage.columns(), some...); err != nil {
				return err
			}
		}
		return nil
	})
	if db.Refused(err) {
		err = h.storeOneByOne(ctx, t, rows, err)
	}
	if err != nil {
		return fmt.Errorf("table %s: %w", t.name, err)
	}
	return nil
}

// replace has the table of the database hold what write inserts, and nothing
// else; with all that was there before where that fails and the database has
// transactions.
func (h *HTable) replace(ctx context.Context, t *Table, write func(db.Operations) error) error {
	whole := func(d db.Operations) error {
		if _, err := d.Delete(ctx, t.dbTable, nil); err != nil {
			return err
		}
		return write(d)
	}
	if tx, ok := h.storage.Database.(db.Transactor); ok {
		return tx.Transact(ctx, whole)
	}
	return whole(h.storage.Database)
}

// storeOneByOne writes the rows that the database takes where it has refused them
// together: one text that is too long does not keep the others from it. Where it
// takes none, refused is why, and what was there stays as far as there are
// transactions.
func (h *HTable) storeOneByOne(ctx context.Context, t *Table, rows [][]db.Value, refused error) error {
	left := 0
	for i, row := range rows {
		write := func(d db.Operations) error { return d.Insert(ctx, t.dbTable, h.storage.columns(), row) }
		var err error
		if i == left { // none was taken yet
			err = h.replace(ctx, t, write)
		} else {
			err = write(h.storage.Database)
		}
		switch {
		case err != nil && !db.Refused(err):
			return err
		case err != nil:
			left++
			h.host.Log().Error("an item is not written to the database, which refuses it", "module", "htable", "table", t.name, "key", shortened(db.Text(row[0])), "err", err)
		}
	}
	if left == len(rows) {
		return refused
	}
	return nil
}

// shortened is a text as log lines show it.
func shortened(s string) string {
	if len(s) > 200 {
		return s[:200] + "..."
	}
	return s
}

// storeBatch is how many rows are inserted at once.
const storeBatch = 100

// rows are the items of a table as the database has them.
func (h *HTable) rows(t *Table) (rows [][]db.Value) {
	now := uint32(h.host.Clock().Now().Unix())
	var k cursor
	for k.start(t); k.next(); {
		i, ok := k.item(heap{})
		if !ok || over(&i.expires, now) {
			continue
		}
		rows = append(rows, h.storage.row(&i))
	}
	return rows
}

// storeAll writes the tables with dbmode 1, and of shared ones what waits; an error does not keep the others
// from it.
func (h *HTable) storeAll(ctx context.Context) (err error) {
	if h.storage.Database == nil {
		return nil
	}
	for _, t := range h.tables {
		if t.shared != nil {
			err = errors.Join(err, t.shared.stop(ctx))
		} else if t.dbMode != 0 && t.dbTable != "" {
			err = errors.Join(err, h.store(ctx, t))
		}
	}
	return err
}

// stored reads the table of a command; it must be one of the database.
func (h *HTable) stored(r *module.Request) (*Table, error) {
	t, err := h.arguments(r, "No htable name given")
	switch {
	case h.storage.Database == nil:
		return nil, module.Faultf(500, "No htable db_url")
	case err != nil:
		return nil, err
	case t.dbTable == "":
		return nil, errNoDBTable
	}
	return t, nil
}

func (h *HTable) rpcReload(r *module.Request) error {
	t, err := h.stored(r)
	if err != nil {
		return err
	}
	if t.shared != nil {
		err = t.shared.resync(r.Context)
	} else {
		err = h.load(r.Context, t)
	}
	if err != nil {
		return err
	}
	r.Add("Ok. Htable reloaded.")
	return nil
}

func (h *HTable) rpcStore(r *module.Request) error {
	t, err := h.stored(r)
	if err != nil {
		return err
	}
	if t.shared != nil {
		err = t.shared.flush(r.Context)
	} else {
		err = h.store(r.Context, t)
	}
	if err != nil {
		return err
	}
	r.Add("Ok. Htable successfully stored to DB.")
	return nil
}
