// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
)

// load reads the rows of a table into memory. Rows that are over, and with
// db_clean_tcp those whose connection ended with the process that had it, are
// left out and removed from the database.
func (b *database) load(ctx context.Context, d *Domain, l *loading) error {
	attributes, err := b.loadAttributes(ctx, db.Cond{}, l.count)
	if err != nil {
		return err
	}
	bad := 0
	q := db.Query{Table: d.name, Columns: b.names, Where: b.mine()}
	err = b.db.Select(ctx, q, func(row []db.Value) error {
		l.count()
		aor, c, err := b.read(row)
		if err != nil {
			bad++
			return nil
		}
		if !b.admits(d, aor, &c) {
			return nil
		}
		c.XAVPs = attributes[c.RUID]
		return d.t.arrived(d, aor, &c, l)
	})
	if err != nil {
		return fmt.Errorf("cannot load table %s: %w", d.name, err)
	}
	if bad > 0 {
		b.loc.host.Log().Warn("rows of contacts cannot be used", "table", d.name, "rows", bad, "err", errRow)
	}
	return nil
}

// admits tells whether a row is one for memory. One that is over is removed.
func (b *database) admits(d *Domain, aor string, c *Contact) bool {
	if b.loc.skipRemote != 0 && c.Socket == nil {
		return false
	}
	if c.Expired(b.loc.host.Clock().Now().Unix()) || b.loc.cleanTCP != 0 && c.streamed {
		d.t.forget(goneRow{ruid: c.RUID, aor: aor, expires: c.Expires})
		return false
	}
	return true
}

// mine are the conditions for the rows that this server loads and removes.
func (b *database) mine() []db.Cond {
	if b.loc.serverFilter == 0 {
		return nil
	}
	return []db.Cond{db.Is(b.columns.serverID, int64(b.loc.host.Core().ServerID))}
}

// loaded adds a contact that has its row.
func (t *table) loaded(d *Domain, aor string, c *Contact) error {
	b := d.lock(t, aor)
	defer b.Unlock()
	return b.insertRow(c)
}

// insertRow adds a contact that has its row; nobody is told.
func (b *Bindings) insertRow(c *Contact) error {
	h, err := b.insert(c)
	if err != nil {
		return err
	}
	b.s.record(uint32(h)).state = stateSynced
	if b.t.written {
		b.t.waiting.Add(-1)
	}
	return nil
}

// forget makes a row wait to be deleted.
func (t *table) forget(row goneRow) {
	if !t.written {
		return
	}
	s := t.shard(t.store.hash(row.aor))
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.gone) < maxGone {
		s.gone = append(s.gone, row)
		t.waiting.Add(1)
	}
}

// loadAttributes reads the XAVPs of contacts by their record unique ids, all or
// those of a condition; count is called for each row.
func (b *database) loadAttributes(ctx context.Context, which db.Cond, count func()) (map[string]*avp.Tree, error) {
	if b.loc.xavp == "" {
		return nil, nil
	}
	q := db.Query{Table: attributesTable, Columns: []string{"ruid", "aname", "atype", "avalue"}}
	if which.Column != "" {
		q.Where = []db.Cond{which}
	}
	all := map[string]*avp.Tree{}
	err := b.db.Select(ctx, q, func(row []db.Value) error {
		count()
		value := avp.String(db.Text(row[3]))
		if kind, _ := db.Int(row[2]); kind == attributeNumber {
			n, err := strconv.ParseInt(value.Str, 10, 64)
			if err != nil {
				return nil
			}
			value = avp.Number(n)
		}
		ruid := db.Text(row[0])
		if all[ruid] == nil {
			all[ruid] = new(avp.Tree)
		}
		all[ruid].Add(db.Text(row[1]), avp.Item{Value: value})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("cannot load table %s: %w", attributesTable, err)
	}
	return all, nil
}
