// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"context"
	"errors"
	"sync"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

// Visit is the use of the contacts of one AOR, with what the database has to do
// with it: with db_mode 3 they are read before, with 1 and 3 Commit writes what
// has changed. Every visit ends by Commit or Leave. Without a database it costs
// nothing.
type Visit struct {
	d   *Domain
	c   *module.Call
	t   *table
	aor string
	// number tells the visit from others, with db_mode 1.
	number uint64
}

// Visit begins a visit. It may wait for the database: the worker of c lends its
// place meanwhile; c is nil where there is none. After an error there is nothing
// to end.
func (d *Domain) Visit(c *module.Call, aor string) (Visit, error) {
	if d.loc.dbMode == dbOnly {
		return d.visitDatabase(c, aor)
	}
	if l := d.loading.Load(); l != nil {
		return d.visitLoading(c, aor, l)
	}
	v := Visit{d: d, c: c, t: d.t, aor: aor}
	v.count()
	return v, nil
}

// count numbers a visit whose changes are written before it ends.
func (v *Visit) count() {
	if v.d.loc.dbMode == dbThrough {
		v.number = v.d.loc.store.visits.Add(1)
	}
}

// visitLoading and visitDatabase stand apart because what they pass on to others
// cannot lie on the stack.
func (d *Domain) visitLoading(c *module.Call, aor string, l *loading) (Visit, error) {
	v := Visit{d: d, c: c, t: d.t, aor: aor}
	v.count()
	err := v.bring(l)
	return v, err
}

func (d *Domain) visitDatabase(c *module.Call, aor string) (Visit, error) {
	b := &d.loc.db.backlog
	if !b.Enter() {
		d.tellUnread("contacts cannot be read from the database", errHangs)
		return Visit{}, errHangs
	}
	v := Visit{d: d, c: c, aor: aor}
	var err error
	v.wait(func() { err = v.fetch() })
	b.Leave(err == nil)
	return v, err
}

// VisitRUID begins a visit to the AOR that has a contact with a record unique
// id; hash is what Bindings.Hash of it was. ok is false where there is none.
func (d *Domain) VisitRUID(c *module.Call, hash uint32, ruid string) (v Visit, ok bool, err error) {
	aor := ""
	if d.loc.dbMode == dbOnly {
		aor, err = d.aorInDatabase(c, ruid)
	} else if aor = d.aorOfRUID(hash, ruid); aor == "" && d.loading.Load() != nil {
		aor, err = d.aorInDatabase(c, ruid)
	}
	if aor == "" || err != nil {
		return Visit{}, false, err
	}
	v, err = d.Visit(c, aor)
	return v, err == nil, err
}

func (d *Domain) aorInDatabase(c *module.Call, ruid string) (aor string, err error) {
	v := Visit{d: d, c: c}
	v.wait(func() { aor, err = d.loc.db.aorOf(v.context(), d.name, ruid) })
	return aor, err
}

// Lock locks the contacts. It may be called several times in a visit.
func (v *Visit) Lock() Bindings {
	b := v.d.lock(v.t, v.aor)
	b.by, b.visit = v.c, v.number
	return b
}

// Leave ends a visit that has changed nothing. The Bindings are unlocked.
func (v *Visit) Leave() {
	if v.d.loc.dbMode == dbOnly {
		v.end()
	}
}

// ErrRefused is the error of Commit where the database can not take a contact,
// as with a text that its column cannot hold.
var ErrRefused = errors.New("the database refuses a contact")

// Commit ends a visit. The Bindings are unlocked. An error says that the
// database has not taken the changes: with db_mode 1 they are in memory and
// written later, with 3 they are lost. After ErrRefused the contacts are what the
// database has.
func (v *Visit) Commit() error {
	u := v.d.loc
	if u.dbMode != dbOnly && (u.dbMode != dbThrough || !v.changed()) {
		return nil
	}
	return commit(*v)
}

func commit(v Visit) (err error) {
	v.wait(func() { err = v.write() })
	return err
}

func (v *Visit) wait(f func()) {
	if v.c == nil {
		f()
		return
	}
	v.c.Block(f)
}

// changed tells whether there is something to write, or what was is being
// written: a REGISTER that is repeated meanwhile is answered no sooner.
func (v *Visit) changed() bool {
	s := v.t.shard(v.t.store.hash(v.aor))
	if !s.writing.TryLock() {
		return true
	}
	s.writing.Unlock()
	b := v.Lock()
	defer b.Unlock()
	if _, waits := b.s.told[v.number]; waits || len(b.s.gone) > 0 {
		return true
	}
	for h := b.First(); h != 0; h = b.Next(h) {
		if b.s.record(uint32(h)).state != stateSynced {
			return true
		}
	}
	return false
}

// fetch reads the rows of the AOR into a table of the visit's own. Nobody else
// of this server visits the AOR before the end.
func (v *Visit) fetch() error {
	u := v.d.loc
	v.gate().Lock()
	if u.db.backlog.Hangs() { // others have waited in vain meanwhile
		v.gate().Unlock()
		return errHangs
	}
	v.t = u.scratch.get(u.store, v.d)
	err := u.db.fetch(v.context(), v.d, v.t, v.aor)
	if err != nil {
		v.end()
		v.d.tellUnread("contacts cannot be read from the database", err)
		return err
	}
	v.d.gave()
	return nil
}

// gate is the lock of all visits to AORs of a shard: that of the table which is
// not used otherwise with db_mode 3.
func (v *Visit) gate() *sync.Mutex { return &v.d.t.shard(v.d.t.store.hash(v.aor)).writing }

// end gives the table of the visit back.
func (v *Visit) end() {
	v.d.loc.scratch.put(v.t)
	v.t = nil
	v.gate().Unlock()
}

func (v *Visit) write() error {
	u := v.d.loc
	if u.dbMode == dbOnly {
		return v.writeOnly()
	}
	if !u.db.backlog.Enter() {
		v.d.tell("contacts cannot be written to the database, they wait", errHangs)
		return v.answer(errHangs)
	}
	v.join()
	answered, err := v.writeThrough()
	u.db.backlog.Leave(answered)
	return v.answer(err)
}

// writeThrough writes what waits of the AOR. Where others of its shard have waited
// in vain meanwhile it is left to the retry.
func (v *Visit) writeThrough() (answered bool, err error) {
	u := v.d.loc
	var p parcel
	p.open(v.t.shard(v.t.store.hash(v.aor)))
	if u.db.backlog.Hangs() {
		p.close()
		return false, errHangs
	}
	b := v.Lock()
	b.take(&p.all)
	b.Unlock()
	asked := !p.all.empty()
	err = u.db.send(v.context(), v.d, &p)
	return asked && err == nil, err
}

// writeOnly writes what is nowhere else.
func (v *Visit) writeOnly() error {
	defer v.end()
	var all changes
	b := v.Lock()
	b.take(&all)
	b.Unlock()
	if all.empty() {
		return nil
	}
	u := v.d.loc
	err := u.db.write(v.context(), v.d, &all)
	if err != nil {
		v.d.tell("contacts cannot be written to the database", err)
		return err
	}
	v.d.took()
	if all.refused != nil || all.kept != nil {
		return ErrRefused
	}
	return nil
}

func (v *Visit) context() context.Context {
	if v.c == nil {
		return context.Background()
	}
	return v.c.Context()
}

// fetch reads the rows of an AOR into a table of a visit.
func (b *database) fetch(ctx context.Context, d *Domain, t *table, aor string) error {
	found, err := b.rowsOf(ctx, d, aor)
	if err != nil {
		return err
	}
	for i := range found {
		if err := t.loaded(d, aor, &found[i]); err != nil {
			return err
		}
	}
	return nil
}

// rowsOf are the contacts of an AOR as the database has them.
func (b *database) rowsOf(ctx context.Context, d *Domain, aor string) (found []Contact, err error) {
	err = b.db.Select(ctx, db.Query{Table: d.name, Columns: b.names, Where: b.ofAOR(aor)}, func(row []db.Value) error {
		if of, c, err := b.read(row); err == nil && of == aor {
			found = append(found, c)
		}
		return nil
	})
	for i := range found {
		if b.loc.xavp == "" || err != nil {
			break
		}
		all, failed := b.loadAttributes(ctx, db.Is("ruid", found[i].RUID), func() {})
		found[i].XAVPs, err = all[found[i].RUID], failed
	}
	return found, err
}

// aorOf finds the AOR of a record unique id, "" where there is none.
func (b *database) aorOf(ctx context.Context, table, ruid string) (aor string, err error) {
	err = b.db.Select(ctx, db.Query{Table: table, Columns: b.names, Where: []db.Cond{db.Is(b.columns.ruid, ruid)}, Limit: 1},
		func(row []db.Value) (err error) {
			aor, _, err = b.read(row)
			return err
		})
	return aor, err
}

// scratch are the tables of visits with db_mode 3. They are used again: their
// memory is not the collector's.
type scratch struct {
	mu   sync.Mutex
	free []*table // guarded by mu
}

func (s *scratch) get(of *store, d *Domain) *table {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.free); n > 0 {
		t := s.free[n-1]
		s.free = s.free[:n-1]
		t.name = d.name
		return t
	}
	t := of.newTable(d.name, d.loc.hashSize, 1)
	t.written = true
	return t
}

// put takes a table back. What is left in it is removed without a trace.
func (s *scratch) put(t *table) {
	t.clear()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = append(s.free, t)
}

// clear empties a table.
func (t *table) clear() {
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.Lock()
		for n := uint32(1); n < s.next; n++ {
			if s.record(n).aor != 0 {
				t.remove(s, n)
			}
		}
		s.gone = nil
		s.mu.Unlock()
	}
	t.waiting.Store(0)
}
