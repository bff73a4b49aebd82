// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func (u *Usrloc) commands() []module.Command {
	return []module.Command{
		{Name: "ul.dump", Run: u.rpcDump, Doc: "Lists all tables with their contacts; with the argument brief only the AORs."},
		{Name: "ul.lookup", Run: u.rpcLookup, Doc: "Lists the contacts of an AOR: table, AOR."},
		{Name: "ul.add", Run: u.rpcAdd, Doc: "Adds a contact: table, AOR, contact, expires (0 for never), q, path, flags, cflags, methods, and optionally received and socket; 0 or . for a text that is not set."},
		{Name: "ul.rm", Run: u.rpcRemove, Doc: "Removes an AOR with its contacts: table, AOR."},
		{Name: "ul.rm_contact", Run: u.rpcRemoveContact, Doc: "Removes a contact: table, AOR, contact."},
		{Name: "ul.flush", Run: u.rpcFlush, Doc: "Writes what has changed to the database; without one there is nothing to do."},
		{Name: "ul.db_users", Run: u.rpcCount(func(users, _, _ int64) int64 { return users }), Doc: "Counts the AORs in the database: table."},
		{Name: "ul.db_contacts", Run: u.rpcCount(func(_, contacts, _ int64) int64 { return contacts }), Doc: "Counts the contacts in the database: table."},
		{Name: "ul.db_expired_contacts", Run: u.rpcCount(func(_, _, expired int64) int64 { return expired }), Doc: "Counts the expired contacts in the database: table."},
	}
}

func (u *Usrloc) rpcFlush(r *module.Request) error {
	if !u.caches() {
		return nil
	}
	if err := u.flush(r.Context); err != nil {
		return module.Faultf(500, "%s", err)
	}
	return nil
}

// rpcCount makes a command that counts rows of the database.
func (u *Usrloc) rpcCount(which func(users, contacts, expired int64) int64) func(*module.Request) error {
	return func(r *module.Request) error {
		if u.dbMode == dbNone {
			return module.Faultf(500, "Command is not supported in db_mode=0")
		}
		if r.Len() == 0 {
			return module.Faultf(500, "Not enough parameters (table to lookup)")
		}
		table, err := r.Str(0)
		if err != nil || u.Domain(table) == nil {
			return module.Faultf(500, "Domain table not found")
		}
		users, contacts, expired, err := u.db.count(r.Context, table)
		if err != nil {
			return module.Faultf(500, "%s", err)
		}
		r.Add(which(users, contacts, expired))
		return nil
	}
}

func (u *Usrloc) rpcDump(r *module.Request) error {
	brief := r.Len() > 0 && argument(r, 0) == "brief"
	var all module.List
	for _, d := range u.domains {
		d.awaitMost(r.Context)
		e := &module.Struct{}
		d.dump(e.Struct("Domain"), brief)
		all = append(all, e)
	}
	r.Struct().Add("Domains", all)
	return nil
}

// dump describes a table. Its list is made while the reply is written: as a whole
// it is 5 KB for each contact. The statistics behind it are counted before.
func (d *Domain) dump(out *module.Struct, brief bool) {
	slots := make([]uint16, 1<<d.t.bits)
	records, most := 0, uint16(0)
	d.Each(func(b *Bindings) bool {
		records++
		slots[b.Slot()]++
		most = max(most, slots[b.Slot()])
		return true
	})
	out.Add("Domain", d.name).Add("Size", len(slots)).Add("AoRs", module.Stream(func(yield func(any) bool) { d.eachShown(brief, yield) }))
	out.Struct("Stats").Add("Records", records).Add("Max-Slots", int(most))
}

// eachShown yields each AOR as ul.dump shows it. Nothing is locked meanwhile:
// what is on one page is copied before.
func (d *Domain) eachShown(brief bool, yield func(any) bool) {
	now := d.loc.host.Clock().Now().Unix()
	var copied []aorCopy
	d.eachPage(func() bool {
		for i := range copied {
			e := &module.Struct{}
			if a := &copied[i]; brief {
				e.Add("AoR", a.aor)
			} else {
				e.Struct("Info").Add("AoR", a.aor).Add("HashID", a.slot).Add("Contacts", d.loc.list(a.contacts, now))
			}
			if !yield(e) {
				return false
			}
		}
		copied = copied[:0]
		return true
	}, func(b *Bindings) bool {
		a := aorCopy{aor: strings.Clone(b.aor), slot: b.Slot()}
		if !brief {
			a.contacts = b.copies()
		}
		copied = append(copied, a)
		return true
	})
}

// aorCopy is an AOR with texts of its own.
type aorCopy struct {
	aor      string
	slot     int
	contacts []Contact
}

// copies are the contacts with texts of their own.
func (b *Bindings) copies() (all []Contact) {
	for h := b.First(); h != 0; h = b.Next(h) {
		var c Contact
		b.Read(h, &c)
		c.Own()
		all = append(all, c)
	}
	return all
}

// Slot is the place of the AOR in a hash table of 2^hash_size slots: what
// commands and $ulc(p=>aorhash) show.
func (b *Bindings) Slot() int { return int(b.hash) & (1<<b.t.bits - 1) }

// Slot is the place of an AOR, see Bindings.Slot.
func (d *Domain) Slot(aor string) int { return int(d.t.store.hash(aor)) & (1<<d.t.bits - 1) }

// list is contacts as commands show them.
func (u *Usrloc) list(contacts []Contact, now int64) module.List {
	l := make(module.List, len(contacts))
	for i := range contacts {
		e := &module.Struct{}
		u.show(e.Struct("Contact"), &contacts[i], now)
		l[i] = e
	}
	return l
}

// show adds the fields of a contact with texts of its own.
func (u *Usrloc) show(s *module.Struct, c *Contact, now int64) {
	s.Add("Address", c.URI)
	switch {
	case c.Expires == 0:
		s.Add("Expires", "permanent")
	case c.Expired(now):
		s.Add("Expires", "expired")
	default:
		s.Add("Expires", c.Expires-now)
	}
	switch {
	case c.Q == sip.QUnset:
		s.Add("Q", -1)
	case c.Q%1000 == 0:
		s.Add("Q", c.Q/1000)
	default:
		s.Add("Q", float64(c.Q)/1000)
	}
	s.Add("Call-ID", c.CallID).Add("CSeq", c.CSeq)
	agent := c.UserAgent
	if agent == "" {
		agent = "n/a"
	}
	s.Add("User-Agent", agent).Add("Received", orNotSet(c.Received)).Add("Path", orNotSet(c.Path)).Add("State", c.state.String())
	s.Add("Flags", c.Flags).Add("CFlags", c.CFlags)
	socket := ""
	if c.Socket != nil {
		socket = u.socketText(c.Socket)
	}
	s.Add("Socket", orNotSet(socket)).Add("Methods", uint32(c.Methods)).Add("Ruid", string(c.AppendRUID(nil)))
	conn := int64(-1)
	if c.Conn != 0 {
		conn = int64(c.Conn)
	}
	s.Add("Instance", orNotSet(c.Instance)).Add("Reg-Id", c.RegID).Add("Server-Id", c.ServerID).Add("Tcpconn-Id", conn)
	nat := u.natFlag >= 0 && c.CFlags&(1<<u.natFlag) != 0
	s.Add("Keepalive", nat).Add("Last-Keepalive", c.Keepalive).Add("KA-Roundtrip", c.Roundtrip).Add("Last-Modified", c.Modified)
}

func orNotSet(s string) string {
	if s == "" {
		return "[not set]"
	}
	return s
}

// argument is an argument as text, "" when it was left out.
func argument(r *module.Request, i int) string {
	s, err := r.Str(i)
	if err != nil {
		return ""
	}
	return s
}

// find reads table and AOR.
func (u *Usrloc) find(r *module.Request, need int, missing string) (d *Domain, aor string, err error) {
	if r.Len() < need {
		return nil, "", module.Faultf(500, "%s", missing)
	}
	for _, t := range u.domains {
		if t.name == argument(r, 0) {
			return t, u.folded(argument(r, 1)), nil
		}
	}
	return nil, "", module.Faultf(500, "Domain table not found")
}

// folded is an AOR as commands name it: with use_domain 0 what stands behind
// the user is left out.
func (u *Usrloc) folded(aor string) string {
	if !u.UseDomain() {
		aor, _, _ = strings.Cut(aor, "@")
	}
	return strings.ToLower(aor)
}

const needAOR = "Not enough parameters (table and AOR to lookup)"

func (u *Usrloc) rpcLookup(r *module.Request) error {
	d, aor, err := u.find(r, 2, needAOR)
	if err != nil {
		return err
	}
	v, err := d.Visit(nil, aor)
	if err != nil {
		return module.Faultf(500, "%s", err)
	}
	b := v.Lock()
	contacts := b.copies()
	b.Unlock()
	v.Leave()
	if len(contacts) == 0 {
		return module.Faultf(500, "AOR not found in location table")
	}
	r.Struct().Add("AoR", aor).Add("Contacts", u.list(contacts, u.host.Clock().Now().Unix()))
	return nil
}

func (u *Usrloc) rpcRemove(r *module.Request) error {
	d, aor, err := u.find(r, 2, needAOR)
	if err != nil {
		return err
	}
	return d.change(aor, func(b *Bindings) error {
		for h := b.First(); h != 0; h = b.First() {
			b.Delete(h)
		}
		return nil
	})
}

// change changes the contacts of an AOR for a command.
func (d *Domain) change(aor string, f func(b *Bindings) error) error {
	v, err := d.Visit(nil, aor)
	if err != nil {
		return module.Faultf(500, "%s", err)
	}
	b := v.Lock()
	failed := f(&b)
	b.Unlock()
	if err := v.Commit(); failed == nil && err != nil {
		return module.Faultf(500, "%s", err)
	}
	return failed
}

func (u *Usrloc) rpcRemoveContact(r *module.Request) error {
	d, aor, err := u.find(r, 3, "Not enough parameters (table, AOR and contact)")
	if err != nil {
		return err
	}
	return d.change(aor, func(b *Bindings) error {
		if b.First() == 0 {
			return module.Faultf(404, "AOR not found")
		}
		h := b.MatchURI(argument(r, 2))
		if h == 0 {
			return module.Faultf(404, "Contact not found")
		}
		b.Delete(h)
		return nil
	})
}

// addedCallID and addedAgent stand in contacts that ul.add made.
const (
	addedCallID = "dfjrewr12386fd6-343@kamailio.rpc"
	addedAgent  = "kamailio SIP Router - RPC Server"
)

func (u *Usrloc) rpcAdd(r *module.Request) error {
	const missing = "Not enough parameters or wrong format"
	d, aor, err := u.find(r, 9, missing)
	if err != nil {
		return err
	}
	var n [4]int64
	for i, at := range [...]int{3, 6, 7, 8} {
		if n[i], err = r.Int(at); err != nil {
			return module.Missing(err, missing)
		}
	}
	q, err := r.Float(4)
	if err != nil || q > 1 {
		return module.Missing(err, missing)
	}
	now := u.host.Clock().Now().Unix()
	c := Contact{URI: argument(r, 2), CallID: addedCallID, CSeq: 1, UserAgent: addedAgent, Q: sip.QUnset,
		Path: set(argument(r, 5)), Received: set(argument(r, 9)), Flags: uint32(n[1]), CFlags: uint32(n[2]), Methods: sip.Method(n[3]),
		Keepalive: now, ServerID: u.host.Core().ServerID}
	if q >= 0 {
		c.Q = int(q*1000 + 0.5)
	}
	if n[0] != 0 {
		c.Expires = now + n[0]
	}
	if k := set(argument(r, 10)); k != "" {
		if c.Socket = u.host.Transport().SocketByText(k); c.Socket == nil {
			return module.Faultf(500, "Unknown socket")
		}
	}
	c.RUID = fmt.Sprintf("ulcx%s%x", strings.TrimPrefix(u.store.prefix, "uloc"), u.store.serials.Add(1))
	return d.put(aor, &c)
}

// put adds a contact, or replaces the one with its address.
func (d *Domain) put(aor string, c *Contact) error {
	return d.change(aor, func(b *Bindings) error {
		var err error
		if h := b.MatchURI(c.URI); h != 0 {
			err = b.Update(h, c)
		} else {
			_, err = b.Insert(c)
		}
		if err != nil {
			return module.Faultf(500, "%s", err)
		}
		return nil
	})
}

// set is a text argument; 0 and . mean none.
func set(s string) string {
	if s == "0" || s == "." {
		return ""
	}
	return s
}
