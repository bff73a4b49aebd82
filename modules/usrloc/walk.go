// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/transport"
)

// Each calls f for the bindings of every AOR until f returns false. A part of the
// table is locked for a few AORs at a time, so traffic goes on; what is added or
// removed meanwhile may be seen or not. f is bound by what Bindings say of the
// lock.
func (d *Domain) Each(f func(b *Bindings) bool) { d.EachIn(0, 1, f) }

// EachIn is Each for one of several equal parts of the table, part 0 to parts-1.
// With db_mode 3 it waits for the database, and changes are not kept.
func (d *Domain) EachIn(part, parts int, f func(b *Bindings) bool) {
	if d.loc.dbMode == dbOnly {
		d.loc.db.each(context.Background(), d, part, parts, f)
		return
	}
	for i := part; i < len(d.t.shards); i += parts {
		if !d.eachOf(&d.t.shards[i], f) {
			return
		}
	}
}

// eachPage is Each with between, which is called after every few AORs without a
// lock and ends the walk when it returns false.
func (d *Domain) eachPage(between func() bool, f func(b *Bindings) bool) {
	for i := range d.t.shards {
		for page := 0; ; page++ {
			more, ok := d.eachOnPage(&d.t.shards[i], page, f)
			if !ok || !between() {
				return
			}
			if !more {
				break
			}
		}
	}
}

func (d *Domain) eachOf(s *shard, f func(b *Bindings) bool) bool {
	for page := 0; ; page++ {
		more, ok := d.eachOnPage(s, page, f)
		if !more || !ok {
			return ok
		}
	}
}

func (d *Domain) eachOnPage(s *shard, page int, f func(b *Bindings) bool) (more, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if page >= len(s.aors) {
		return false, true
	}
	for i := range s.aors[page] {
		a := &s.aors[page][i]
		if a.head == 0 {
			continue
		}
		b := Bindings{d: d, t: d.t, s: s, aor: s.aorText(a), hash: a.hash, n: uint32(page*aorPage + i)}
		if !f(&b) {
			return true, false
		}
	}
	return true, true
}

// aorOfRUID finds the AOR with a hash (Bindings.Hash) that has a contact with a
// record unique id, "" where there is none.
func (d *Domain) aorOfRUID(hash uint32, ruid string) string {
	s := d.t.shard(hash)
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.slots) > 0 {
		mask := uint32(len(s.slots) - 1)
		for i := place(hash) & mask; s.slots[i].aor != 0; i = (i + 1) & mask {
			if s.slots[i].hash != hash {
				continue
			}
			n := s.slots[i].aor
			b := Bindings{d: d, t: d.t, s: s, aor: s.aorText(s.aor(n)), hash: hash, n: n}
			if b.MatchRUID(ruid) != 0 {
				return strings.Clone(b.aor)
			}
		}
	}
	return ""
}

// each walks through the rows of a table, AOR by AOR, in a table of its own.
func (b *database) each(ctx context.Context, d *Domain, part, parts int, f func(b *Bindings) bool) {
	t := b.loc.scratch.get(b.loc.store, d)
	defer b.loc.scratch.put(t)
	last := ""
	flush := func() error {
		if last == "" {
			return nil
		}
		k := d.lock(t, last)
		more := f(&k)
		k.Unlock()
		t.clear()
		if !more {
			return errEnough
		}
		return nil
	}
	q := db.Query{Table: d.name, Columns: b.names, OrderBy: b.columns.user + "," + b.columns.domain}
	err := b.db.Select(ctx, q, func(row []db.Value) error {
		aor, c, err := b.read(row)
		if err != nil || int(d.t.store.hash(aor))%parts != part {
			return nil
		}
		if aor != last {
			if err := flush(); err != nil {
				return err
			}
			last = strings.Clone(aor)
		}
		return t.loaded(d, aor, &c)
	})
	if err == nil {
		err = flush()
	}
	if err == nil {
		d.gave()
	} else if !errors.Is(err, errEnough) {
		d.tellUnread("contacts cannot be read from the database", err)
	}
}

var errEnough = errors.New("enough rows")

// gone reports whether the stream connection of a record has closed.
func gone(r *record, l *transport.Layer) bool {
	if r.conn == 0 {
		return false
	}
	_, open := l.Connection(connID(r.conn))
	return !open
}
