// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
)

// writeBatch is how many rows go to the database in one transaction.
const writeBatch = 2048

// flush writes all that waits of a table, of many shards in one transaction. It
// ends at the first error: the rest waits for the next time.
func (b *database) flush(ctx context.Context, d *Domain) error {
	var p parcel
	for i := range d.t.shards {
		s := &d.t.shards[i]
		p.open(s)
		for next := uint32(1); next != 0; {
			next = d.t.take(s, next, writeBatch, &p.all)
			if len(p.all.records) < writeBatch && len(p.all.gone) < writeBatch {
				break // there is room for the next shard
			}
			if err := b.send(ctx, d, &p); err != nil {
				return err
			}
			if next != 0 {
				p.open(s)
			}
		}
	}
	return b.send(ctx, d, &p)
}

// parcel is what goes to the database in one transaction. The shards that it
// comes from are locked for others who write.
type parcel struct {
	all    changes
	shards []parcelShard
}

// parcelShard tells where the changes of a shard begin.
type parcelShard struct {
	s             *shard
	records, gone int
}

func (p *parcel) open(s *shard) {
	s.writing.Lock()
	p.shards = append(p.shards, parcelShard{s, len(p.all.records), len(p.all.gone)})
}

// send writes a parcel, or makes what is in it wait again.
func (b *database) send(ctx context.Context, d *Domain, p *parcel) error {
	defer p.close()
	if p.all.empty() {
		return nil
	}
	err := b.write(ctx, d, &p.all)
	if err == nil {
		d.took()
		if b.loc.dbMode == dbThrough {
			b.undo(ctx, d, &p.all)
		}
		b.publish(ctx, d, &p.all)
		return nil
	}
	records, gone := len(p.all.records), len(p.all.gone)
	for i := len(p.shards) - 1; i >= 0; i-- {
		k := &p.shards[i]
		d.t.giveBack(k.s, &changes{records: p.all.records[k.records:records], gone: p.all.gone[k.gone:gone]})
		records, gone = k.records, k.gone
	}
	d.tell("contacts cannot be written to the database, they wait", err)
	return err
}

func (p *parcel) close() {
	for i := range p.shards {
		s := p.shards[i].s
		s.mu.Lock()
		s.flying = nil
		s.mu.Unlock()
		s.writing.Unlock()
	}
	clear(p.all.records)
	p.all = changes{records: p.all.records[:0], gone: p.all.gone[:0]}
	p.shards = p.shards[:0]
}

// write writes changes, together where the database has transactions. What the
// database refuses is told, left out and noted; an error says that it cannot take
// anything now.
func (b *database) write(ctx context.Context, d *Domain, all *changes) error {
	err := b.together(ctx, func(o db.Operations) error { return b.apply(ctx, o, d.name, all) })
	if !db.Refused(err) {
		return err
	}
	all.refused, all.kept = nil, nil
	// One of them is refused: each for itself.
	for i := range all.gone {
		taken, err := b.alone(ctx, d, &changes{gone: all.gone[i : i+1]})
		if err != nil {
			return err
		}
		if !taken {
			all.kept = append(all.kept, all.gone[i])
		}
	}
	for i := range all.records {
		one := all.records[i]
		taken, err := b.alone(ctx, d, &changes{records: all.records[i : i+1]})
		if err != nil {
			return err
		}
		if !taken {
			all.refused = append(all.refused, one)
		}
	}
	return nil
}

func (b *database) together(ctx context.Context, f func(db.Operations) error) error {
	if t, ok := b.db.(db.Transactor); ok {
		return t.Transact(ctx, f)
	}
	return f(b.db)
}

// alone writes one change, as one that may have a row already. It is not taken
// where the database refuses it.
func (b *database) alone(ctx context.Context, d *Domain, one *changes) (taken bool, err error) {
	for i := range one.records {
		one.records[i].was = stateDirty
	}
	err = b.together(ctx, func(o db.Operations) error { return b.apply(ctx, o, d.name, one) })
	if !db.Refused(err) {
		return err == nil, err
	}
	what := "a contact cannot be removed from the database"
	if len(one.records) > 0 {
		what = "a contact cannot be written to the database: " + one.records[0].c.URI
	}
	d.tell(what, err)
	return false, nil
}

func (b *database) apply(ctx context.Context, o db.Operations, table string, all *changes) error {
	for i := range all.gone {
		n, err := o.Delete(ctx, table, b.rowOf(&all.gone[i]))
		if err != nil {
			return err
		}
		if n == 0 && b.loc.share != 0 {
			continue
		}
		if err := b.deleteAttributes(ctx, o, all.gone[i].ruid); err != nil {
			return err
		}
	}
	var fresh [][]db.Value
	for i := range all.records {
		k := &all.records[i]
		if row := b.row(k.aor, &k.c); k.was == stateNew {
			fresh = append(fresh, row)
		} else if err := o.Put(ctx, table, b.names, []string{b.columns.ruid}, row); err != nil {
			return err
		}
		if err := b.writeAttributes(ctx, o, k); err != nil {
			return err
		}
	}
	if fresh == nil {
		return nil
	}
	return o.Insert(ctx, table, b.names, fresh...)
}

// rowOf are the conditions for the row of a contact that was removed. Where it
// had expired and servers share the table, another one may have renewed it.
func (b *database) rowOf(g *goneRow) []db.Cond {
	where := []db.Cond{db.Is(b.columns.ruid, g.ruid)}
	if b.loc.share != 0 && g.expires != 0 && g.expires <= b.loc.host.Clock().Now().Unix() {
		where = append(where, db.Cond{Column: b.columns.expires, Op: db.LessEqual, Value: b.time(g.expires)})
	}
	return where
}

// The columns of location_attrs, and the types of its values.
var attributeNames = []string{"ruid", "username", "domain", "aname", "atype", "avalue", modifiedColumn}

const (
	attributeText   = 0
	attributeNumber = 1
)

func (b *database) deleteAttributes(ctx context.Context, o db.Operations, ruid string) error {
	if b.loc.xavp == "" {
		return nil
	}
	_, err := o.Delete(ctx, attributesTable, []db.Cond{db.Is("ruid", ruid)})
	return err
}

// writeAttributes writes the XAVPs of a contact in place of those that it had.
func (b *database) writeAttributes(ctx context.Context, o db.Operations, k *change) error {
	if b.loc.xavp == "" {
		return nil
	}
	ruid := string(k.c.AppendRUID(nil))
	if err := b.deleteAttributes(ctx, o, ruid); err != nil || k.c.XAVPs == nil {
		return err
	}
	user, domain := b.userAndDomain(k.aor)
	var rows [][]db.Value
	k.c.XAVPs.Each(func(name string, it *avp.Item) bool {
		kind, text := attributeText, it.Value.Str
		switch {
		case it.Fields != nil:
			return true // no row has fields
		case it.Value.Kind == avp.Int:
			kind, text = attributeNumber, strconv.FormatInt(it.Value.Int, 10)
		}
		rows = append(rows, []db.Value{ruid, user, domain, strings.Clone(name), int64(kind), strings.Clone(text), b.time(k.c.Modified)})
		return true
	})
	if rows == nil {
		return nil
	}
	return o.Insert(ctx, attributesTable, attributeNames, rows...)
}
