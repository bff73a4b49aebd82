// SPDX-License-Identifier: Apache-2.0

package usrloc

// Event is what happened to a contact.
type Event uint8

// The events.
const (
	Inserted Event = 1 << iota
	Updated
	// Deleted: by a REGISTER, a function or a command.
	Deleted
)

type changeHook struct {
	events Event
	f      func(e Event, domain, aor string, c *Contact)
}

type expireHook func(domain, aor string, c *Contact)

// OnChange adds a function that is told of the given events while the contact's
// AOR is locked: it must be quick, keep nothing of what it is given, and not
// use the store. It is called before Start or in the Start of a module that
// requires usrloc.
func (u *Usrloc) OnChange(events Event, f func(e Event, domain, aor string, c *Contact)) {
	u.onChange = append(u.onChange, changeHook{events, f})
}

// OnExpire adds a function that is told of each contact that has expired, after
// it was removed. Nothing is locked then, and aor and c are its own. As OnChange
// it is called before the first message.
func (u *Usrloc) OnExpire(f func(domain, aor string, c *Contact)) {
	u.onExpire = append(u.onExpire, f)
}

// tell is called with the AOR of c locked.
func (d *Domain) tell(e Event, aor string, c *Contact) {
	for i := range d.loc.onChange {
		if h := &d.loc.onChange[i]; h.events&e != 0 {
			h.f(e, d.name, aor, c)
		}
	}
}

// tellDeleted is tell for a contact that is about to go.
func (d *Domain) tellDeleted(s *shard, n uint32, aor string) {
	for i := range d.loc.onChange {
		if h := &d.loc.onChange[i]; h.events&Deleted != 0 {
			var c Contact
			d.t.read(s, n, &c)
			h.f(Deleted, d.name, aor, &c)
		}
	}
}
