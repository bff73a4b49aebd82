// SPDX-License-Identifier: Apache-2.0

package usrloc

import (
	"slices"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
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

// Change tells what happened to a contact.
type Change struct {
	Event Event
	// Domain is the name of the table.
	Domain, AOR string
	Contact     *Contact
	// Call is the one whose script changes the contact, nil for none.
	Call *module.Call
}

type changeHook struct {
	events Event
	f      func(*Change)
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
func (u *Usrloc) OnChange(events Event, f func(*Change)) {
	u.onChange.add(changeHook{events, f})
}

// OnExpire adds a function that is told of each contact that has expired, after
// it was removed. Nothing is locked then, and aor and c are its own. It is for
// the Start of a module that requires usrloc.
func (u *Usrloc) OnExpire(f func(domain, aor string, c *Contact)) {
	u.onExpire.add(f)
}

// tell tells of a contact, whose AOR is locked.
func (b *Bindings) tell(e Event, c *Contact) {
	for _, h := range b.d.loc.onChange.all() {
		if h.events&e != 0 {
			h.f(&Change{e, b.d.name, b.aor, c, b.by})
		}
	}
}

// tellOf tells of a record as it is now. After a change the texts of the Contact
// that made it may be views of the old ones, which are gone.
func (b *Bindings) tellOf(e Event, n uint32) {
	for _, h := range b.d.loc.onChange.all() {
		if h.events&e != 0 {
			var c Contact
			b.t.read(b.s, n, &c)
			h.f(&Change{e, b.d.name, b.aor, &c, b.by})
		}
	}
}
