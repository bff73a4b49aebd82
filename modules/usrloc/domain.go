// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// Domain is a table of bindings as one configuration uses it. Kamailio's word
// for it is location domain; it has nothing to do with the domain of an AOR.
type Domain struct {
	name string
	loc  *Usrloc
	t    *table // set by Start
	// mark is that of the database when rows and memory were last the same
	// (db_share); it belongs to the goroutine that listens to other servers.
	mark string
	// loading is set while rows of the database are not in memory yet.
	loading atomic.Pointer[loading]
	// writes and reads fail apart: a database that is read-only gives rows.
	writes, reads outage
}

// Name is the name of the table.
func (d *Domain) Name() string { return d.name }

// Users and Contacts are how many AORs and contacts there are.
func (d *Domain) Users() int64    { return d.t.users.Load() }
func (d *Domain) Contacts() int64 { return d.t.contacts.Load() }

// Bindings are the contacts of one AOR, locked against everybody else. The lock
// is that of a part of the table: whoever holds it does not wait for anything,
// calls no script and locks no other AOR.
type Bindings struct {
	d    *Domain
	t    *table
	s    *shard
	aor  string
	hash uint32
	n    uint32 // the AOR's record, 0 without contacts
	// by is the Call at work, nil for none.
	by *module.Call
	// visit is the number of the visit, 0 where nothing of it is noted.
	visit uint64
}

// Handle names a contact of locked Bindings; 0 is none.
type Handle uint32

// lock locks the bindings of an AOR, whether there are any or not.
func (d *Domain) lock(t *table, aor string) Bindings {
	b := Bindings{d: d, t: t, aor: aor, hash: t.store.hash(aor)}
	b.s = t.shard(b.hash)
	b.s.mu.Lock()
	b.n = b.s.find(b.hash, aor)
	return b
}

// Unlock ends the use of b and of all texts that were read from it.
func (b *Bindings) Unlock() { b.s.mu.Unlock() }

// AOR is the address of record.
func (b *Bindings) AOR() string { return b.aor }

// Hash is the hash of the AOR; it is part of a temporary GRUU.
func (b *Bindings) Hash() uint32 { return b.hash }

// First is the first contact: that with the greatest q, or the newest with
// desc_time_order. Expired ones are among them until the timer comes.
func (b *Bindings) First() Handle {
	if b.n == 0 {
		return 0
	}
	return Handle(b.s.aor(b.n).head)
}

// Next is the contact after h.
func (b *Bindings) Next(h Handle) Handle { return Handle(b.s.record(uint32(h)).next) }

// Expired reports whether a contact is over at a time in seconds since the
// epoch.
func (b *Bindings) Expired(h Handle, now int64) bool {
	e := *b.s.expires(uint32(h))
	return e != 0 && int64(e) <= now
}

// Read fills c with a contact.
func (b *Bindings) Read(h Handle, c *Contact) { b.t.read(b.s, uint32(h), c) }

func (t *table) read(s *shard, n uint32, c *Contact) {
	r := s.record(n)
	*c = Contact{
		CSeq: r.cseq, RegID: r.regID, Serial: r.serial, Conn: connID(r.conn), Socket: t.store.socket(r.socket),
		Expires: int64(*s.expires(n)), Modified: int64(r.modified), Q: int(r.q), Flags: r.flags, CFlags: r.cflags,
		Methods: sip.Method(r.methods), ServerID: int(r.server), Keepalive: int64(r.keepalive), Roundtrip: r.roundtrip,
		UserAgent: t.store.agents.text(r.agent), store: t.store, state: r.state,
	}
	if s.xavps != nil {
		c.XAVPs = s.xavps[n]
	}
	at := 0
	for i, to := range [texts]*string{&c.URI, &c.CallID, &c.Received, &c.Path, &c.Instance, &c.RUID} {
		*to = s.texts.Text(r.text, at, int(r.size[i]))
		at += int(r.size[i])
	}
}

// text returns one text of a record.
func (s *shard) recordText(r *record, which int) string {
	at := 0
	for _, n := range r.size[:which] {
		at += int(n)
	}
	return s.texts.Text(r.text, at, int(r.size[which]))
}

// Insert adds a contact and numbers it: c.Serial is set. c's strings are
// copied.
func (b *Bindings) Insert(c *Contact) (Handle, error) {
	h, err := b.insert(c)
	if err == nil {
		b.tell(Inserted, c)
	}
	return h, err
}

// insert is Insert of which nobody is told.
func (b *Bindings) insert(c *Contact) (Handle, error) {
	t, s := b.t, b.s
	if len(b.aor) > maxText || tooLong(c) {
		return 0, ErrTooLong
	}
	agent, err := t.store.agents.take(c.UserAgent)
	if err != nil {
		return 0, err
	}
	if c.Serial = 0; c.RUID == "" {
		c.Serial = t.store.serials.Add(1)
	}
	if b.n == 0 {
		b.n = s.addAOR(b.hash, b.aor)
		t.users.Add(1)
	}
	n := s.addRecord()
	r := s.record(n)
	*r = record{serial: c.Serial, aor: b.n, agent: agent}
	c.store = t.store
	t.fill(s, n, c)
	s.link(s.aor(b.n), n, b.d.loc.timeOrder != 0)
	t.contacts.Add(1)
	if t.written {
		t.waiting.Add(1)
	}
	b.author(n)
	return Handle(n), nil
}

// Update gives a contact new values, all but its record unique id. c's strings
// are copied; where the texts are no longer than before nothing is allocated.
func (b *Bindings) Update(h Handle, c *Contact) error {
	t, s, n := b.t, b.s, uint32(h)
	if tooLong(c) {
		return ErrTooLong
	}
	r := s.record(n)
	if t.store.agents.text(r.agent) != c.UserAgent {
		agent, err := t.store.agents.take(c.UserAgent)
		if err != nil {
			return err
		}
		t.store.agents.drop(r.agent)
		r.agent = agent
	}
	c.Serial, c.store = r.serial, t.store
	c.RUID = ""
	if r.serial == 0 {
		c.RUID = string([]byte(s.recordText(r, textRUID)))
	}
	newest, moved := b.d.loc.timeOrder != 0, int(r.q) != c.Q
	t.fill(s, n, c)
	t.noteChanged(r)
	b.author(n)
	if a := s.aor(r.aor); newest || moved && !s.inOrder(a, n) {
		s.unlink(a, n)
		s.link(a, n, newest)
	}
	b.tellOf(Updated, n)
	return nil
}

// Answered notes that a contact has answered a keepalive at a time in seconds
// since the epoch, and how long that took in microseconds. Nobody is told, and
// the database follows with the next change.
func (b *Bindings) Answered(h Handle, at int64, roundtrip uint32) {
	r := b.s.record(uint32(h))
	r.keepalive, r.roundtrip = seconds(at), roundtrip
}

// EndAt makes a contact end at a time in seconds since the epoch: it is not used
// any more after that, and removed as others that have expired.
func (b *Bindings) EndAt(h Handle, at int64) {
	*b.s.expires(uint32(h)) = seconds(at)
	b.t.noteChanged(b.s.record(uint32(h)))
	b.author(uint32(h))
}

// fill writes c into the record n, whose serial, agent and links stay.
func (t *table) fill(s *shard, n uint32, c *Contact) {
	r := s.record(n)
	*s.expires(n) = seconds(c.Expires)
	r.modified, r.keepalive, r.roundtrip = seconds(c.Modified), seconds(c.Keepalive), c.Roundtrip
	r.conn, r.cseq, r.flags, r.cflags = uint64(c.Conn), c.CSeq, c.Flags, c.CFlags
	r.methods, r.regID, r.server, r.q = uint32(c.Methods), c.RegID, int32(c.ServerID), int16(c.Q)
	r.socket = t.store.socketNumber(c.Socket)
	s.fillTexts(r, c)
	s.setXAVPs(n, c.XAVPs)
}

func (s *shard) fillTexts(r *record, c *Contact) {
	parts := [texts]string{c.URI, c.CallID, c.Received, c.Path, c.Instance, c.RUID}
	same, at := true, 0
	for i, p := range parts {
		if len(p) != int(r.size[i]) || s.texts.Text(r.text, at, len(p)) != p {
			same = false
			break
		}
		at += len(p)
	}
	if same {
		return
	}
	// The new texts may be views of the old ones, whose place must not be
	// written before all are read.
	old, length := *r, 0
	for i, p := range parts {
		r.size[i] = uint16(len(p))
		length += len(p)
	}
	r.text = s.texts.Alloc(length)
	if length > 0 {
		to := s.texts.At(r.text)
		for _, p := range parts {
			to = to[copy(to, p):]
		}
	}
	s.releaseText(&old)
}

// Delete removes a contact, and the AOR with its last one.
func (b *Bindings) Delete(h Handle) {
	b.tellOf(Deleted, uint32(h))
	waiting := len(b.s.gone)
	if b.t.remove(b.s, uint32(h)) {
		b.n = 0
	}
	if b.visit != 0 && len(b.s.gone) > waiting {
		by := &authors{aor: b.s.gone[waiting].aor}
		b.s.gone[waiting].by = by
		b.joins(by)
	}
}

// remove frees the record of a contact; last tells that it was the only one of its AOR.
func (t *table) remove(s *shard, n uint32) (last bool) {
	r := s.record(n)
	aor := r.aor
	a := s.aor(aor)
	t.noteRemoved(s, n)
	s.unlink(a, n)
	t.store.agents.drop(r.agent)
	s.releaseText(r)
	s.setXAVPs(n, nil)
	*r = record{next: s.freeList}
	delete(s.authors, n)
	*s.expires(n) = 0
	s.freeList = n
	t.contacts.Add(-1)
	if a.head != 0 {
		return false
	}
	s.removeAOR(aor)
	t.users.Add(-1)
	return true
}

func tooLong(c *Contact) bool {
	return len(c.URI) > maxText || len(c.CallID) > maxText || len(c.Received) > maxText ||
		len(c.Path) > maxText || len(c.Instance) > maxText || len(c.RUID) > maxText
}

// seconds is a time as a record has it.
func seconds(t int64) uint32 { return uint32(min(max(t, 0), 1<<32-1)) }
