// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"slices"
	"strings"
)

// authors are the visits that want to know whether the database refuses a change.
// They are guarded by the lock of the shard.
type authors struct {
	aor    string
	visits []uint64
}

// author notes that the visit has changed a record.
func (b *Bindings) author(n uint32) {
	if b.visit == 0 {
		return
	}
	s := b.s
	if s.authors == nil {
		s.authors = map[uint32]*authors{}
	}
	a := s.authors[n]
	if a == nil {
		a = &authors{aor: strings.Clone(b.aor)}
		s.authors[n] = a
	}
	b.joins(a)
}

// joins has the visit told what comes of a change.
func (b *Bindings) joins(a *authors) {
	if b.s.told == nil {
		b.s.told = map[uint64]bool{}
	}
	if _, ok := b.s.told[b.visit]; !ok {
		b.s.told[b.visit] = false
	}
	b.s.prune(a)
	if !slices.Contains(a.visits, b.visit) {
		a.visits = append(a.visits, b.visit)
	}
}

// prune leaves out the visits that have ended.
func (s *shard) prune(a *authors) {
	a.visits = slices.DeleteFunc(a.visits, func(v uint64) bool { _, waits := s.told[v]; return !waits })
}

// join has a visit that has changed nothing told what comes of the changes of its
// AOR that others have made: it may be their REGISTER, repeated.
func (v *Visit) join() {
	b := v.Lock()
	defer b.Unlock()
	if _, own := b.s.told[v.number]; own {
		return
	}
	for _, a := range b.s.flying {
		if a.aor == v.aor {
			b.joins(a)
		}
	}
	for h := b.First(); h != 0; h = b.Next(h) {
		if b.s.record(uint32(h)).state != stateSynced {
			b.author(uint32(h))
		}
	}
	for i := range b.s.gone {
		if g := &b.s.gone[i]; g.by != nil && g.aor == v.aor {
			b.joins(g.by)
		}
	}
}

// answer ends the wait of a visit: ErrRefused where a change of its own is
// refused, otherwise err.
func (v *Visit) answer(err error) error {
	b := v.Lock()
	defer b.Unlock()
	refused := b.s.told[v.number]
	delete(b.s.told, v.number)
	if refused {
		return ErrRefused
	}
	return err
}

// refuse tells the visits that wait that a change is refused.
func (s *shard) refuse(a *authors) {
	if a == nil {
		return
	}
	for _, v := range a.visits {
		if _, waits := s.told[v]; waits {
			s.told[v] = true
		}
	}
}

// undo makes memory what the rows are, where the database has refused to change
// them: with db_mode 1 nothing else would be there after a restart. s.writing of
// the shards is held. What cannot be read now waits to be written again.
func (b *database) undo(ctx context.Context, d *Domain, all *changes) {
	t := d.t
	for i := range all.refused {
		k := &all.refused[i]
		rows, err := b.rowsOf(ctx, d, k.aor)
		if err != nil {
			t.giveBack(t.shard(t.store.hash(k.aor)), &changes{records: all.refused[i : i+1]})
		}
		of := d.lock(t, k.aor)
		of.s.refuse(k.by)
		if err == nil && of.still(k) {
			of.restore(k.n, rowOf(rows, string(k.c.AppendRUID(nil))))
		}
		of.Unlock()
	}
	for i := range all.kept {
		g := &all.kept[i]
		rows, err := b.rowsOf(ctx, d, g.aor)
		if err != nil {
			t.giveBack(t.shard(t.store.hash(g.aor)), &changes{gone: all.kept[i : i+1]})
		}
		of := d.lock(t, g.aor)
		of.s.refuse(g.by)
		if c := rowOf(rows, g.ruid); c != nil && of.MatchRUID(g.ruid) == 0 && !c.Expired(b.loc.host.Clock().Now().Unix()) {
			if h, err := of.Insert(c); err == nil {
				of.settle(h)
			}
		}
		of.Unlock()
	}
}

func rowOf(rows []Contact, ruid string) *Contact {
	for i := range rows {
		if rows[i].RUID == ruid {
			return &rows[i]
		}
	}
	return nil
}

// still tells whether a record is as it was when it was written.
func (b *Bindings) still(k *change) bool {
	r := b.s.record(k.n)
	return r.aor != 0 && r.state == stateSynced && b.t.same(b.s, k)
}

// restore gives a record the values of its row; without one it is removed.
func (b *Bindings) restore(n uint32, row *Contact) {
	h := Handle(n)
	if row == nil {
		b.drop(h)
		return
	}
	var now Contact
	if b.Read(h, &now); row.Socket == now.Socket {
		row.Conn, row.Roundtrip = now.Conn, now.Roundtrip
	}
	if b.Update(h, row) == nil {
		b.settle(h)
	}
}
