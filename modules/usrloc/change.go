// SPDX-License-Identifier: Apache-2.0

package usrloc

import "strings"

// state is how a record stands to its row in the database. Without a database
// it stays stateNew, as in Kamailio.
type state uint8

const (
	stateNew    state = iota // has no row
	stateSynced              // the row is the same
	stateDirty               // the row is an older one
)

// String is the state as ul.dump shows it.
func (s state) String() string { return [...]string{"CS_NEW", "CS_SYNC", "CS_DIRTY"}[s] }

// maxGone bounds the removed contacts of a shard whose rows wait to be deleted.
// Beyond it the rows stay, and are found expired at the next start.
const maxGone = 1 << 16

// noteChanged is called for a record that was written.
func (t *table) noteChanged(r *record) {
	if r.state == stateSynced {
		r.state = stateDirty
		t.waiting.Add(1)
	}
}

// noteRemoved is called for a record that is about to go.
func (t *table) noteRemoved(s *shard, n uint32) {
	if !t.written {
		return
	}
	r := s.record(n)
	switch r.state {
	case stateNew:
		t.waiting.Add(-1)
		return
	case stateSynced:
		t.waiting.Add(1)
	}
	if len(s.gone) == maxGone {
		t.waiting.Add(-1)
		return
	}
	var c Contact
	t.read(s, n, &c)
	s.gone = append(s.gone, goneRow{ruid: string(c.AppendRUID(nil)), aor: strings.Clone(s.aorText(s.aor(r.aor))), expires: c.Expires})
}

// goneRow is a row that waits to be deleted, of a contact that was removed.
type goneRow struct {
	ruid, aor string
	expires   int64 // of the contact, as this server knew it
	by        *authors
}

// change is a record that waits to be written, with texts of its own.
type change struct {
	n   uint32
	was state
	aor string
	c   Contact
	by  *authors
}

// changes are those of a shard that go to the database together.
type changes struct {
	records []change
	gone    []goneRow
	// refused are the records that the database has not taken when they were
	// written, and never will; kept are the rows that it does not remove.
	refused []change
	kept    []goneRow
}

func (c *changes) empty() bool { return len(c.records) == 0 && len(c.gone) == 0 }

// take takes what waits in the records from number from on, until there are
// limit of them, and all that was removed. They count as written until giveBack.
// next is where to go on, 0 at the end. s.writing is held.
func (t *table) take(s *shard, from uint32, limit int, into *changes) (next uint32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.takeGone(s, into)
	for n := max(from, 1); n < s.next; n++ {
		if r := s.record(n); r.aor != 0 && r.state != stateSynced {
			if len(into.records) >= limit {
				return n
			}
			t.takeRecord(s, n, into)
		}
	}
	return 0
}

// take takes what waits of one AOR, and all of its shard that was removed.
func (b *Bindings) take(into *changes) {
	b.t.takeGone(b.s, into)
	for h := b.First(); h != 0; h = b.Next(h) {
		if b.s.record(uint32(h)).state != stateSynced {
			b.t.takeRecord(b.s, uint32(h), into)
		}
	}
}

func (t *table) takeGone(s *shard, into *changes) {
	into.gone = append(into.gone, s.gone...)
	for i := range s.gone {
		s.fly(s.gone[i].by)
	}
	t.waiting.Add(-int64(len(s.gone)))
	s.gone = nil
}

func (t *table) takeRecord(s *shard, n uint32, into *changes) {
	r := s.record(n)
	k := change{n: n, was: r.state, aor: strings.Clone(s.aorText(s.aor(r.aor)))}
	t.read(s, n, &k.c)
	k.c.Own()
	if k.by = s.authors[n]; k.by != nil {
		s.fly(k.by)
		delete(s.authors, n)
	}
	r.state = stateSynced
	t.waiting.Add(-1)
	into.records = append(into.records, k)
}

// giveBack makes changes wait again that could not be written. s.writing was
// held since they were taken. A record that was removed meanwhile is one whose
// row waits to be deleted, which does no harm where there is none.
func (t *table) giveBack(s *shard, all *changes) {
	s.mu.Lock()
	defer s.mu.Unlock()
	room := max(0, maxGone-len(s.gone))
	all.gone = all.gone[:min(room, len(all.gone))]
	s.gone = append(s.gone, all.gone...)
	t.waiting.Add(int64(len(all.gone)))
	for i := range all.records {
		k := &all.records[i]
		r := s.record(k.n)
		if r.aor == 0 || !t.same(s, k) || r.state != stateSynced {
			continue
		}
		r.state = k.was
		t.waiting.Add(1)
		if k.by != nil {
			s.prune(k.by)
			s.authors[k.n] = k.by
		}
	}
}

// fly notes who wants to know of a change that is being written.
func (s *shard) fly(by *authors) {
	if by != nil {
		s.flying = append(s.flying, by)
	}
}

// same tells whether the record of a change is still that contact's.
func (t *table) same(s *shard, k *change) bool {
	r := s.record(k.n)
	return r.serial == k.c.Serial && (r.serial != 0 || s.recordText(r, textRUID) == k.c.RUID)
}
