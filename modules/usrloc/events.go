// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"slices"
	"sync/atomic"
)

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

// hooks is a list that grows while others may read it.
type hooks[T any] struct{ list atomic.Pointer[[]T] }

func (h *hooks[T]) all() []T {
	if p := h.list.Load(); p != nil {
		return *p
	}
	return nil
}

// add is called by one goroutine at a time.
func (h *hooks[T]) add(f T) {
	list := append(slices.Clip(h.all()), f)
	h.list.Store(&list)
}

// OnChange adds a function that is told of the given events while the contact's
// AOR is locked: it must be quick, keep nothing of what it is given, and not
// use the store. It is for the Start of a module that requires usrloc.
func (u *Usrloc) OnChange(events Event, f func(e Event, domain, aor string, c *Contact)) {
	u.onChange.add(changeHook{events, f})
}

// OnExpire adds a function that is told of each contact that has expired, after
// it was removed. Nothing is locked then, and aor and c are its own. It is for
// the Start of a module that requires usrloc.
func (u *Usrloc) OnExpire(f func(domain, aor string, c *Contact)) {
	u.onExpire.add(f)
}

// tell is called with the AOR of c locked.
func (d *Domain) tell(e Event, aor string, c *Contact) {
	for _, h := range d.loc.onChange.all() {
		if h.events&e != 0 {
			h.f(e, d.name, aor, c)
		}
	}
}

// tellDeleted is tell for a contact that is about to go.
func (d *Domain) tellDeleted(t *table, s *shard, n uint32, aor string) {
	for _, h := range d.loc.onChange.all() {
		if h.events&Deleted != 0 {
			var c Contact
			t.read(s, n, &c)
			h.f(Deleted, d.name, aor, &c)
		}
	}
}
