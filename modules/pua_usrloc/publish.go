// SPDX-License-Identifier: Apache-2.0

package pua_usrloc

import (
	"strings"

	"github.com/kahea-sip/kahea/modules/pua"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// changed publishes what happened to a contact. Its AOR is locked.
func (m *Module) changed(n *usrloc.Change) {
	if !m.wanted(n) {
		return
	}
	seconds := 0
	if n.Event != usrloc.Deleted {
		if seconds = -1; n.Contact.Expires != 0 {
			seconds = int(max(n.Contact.Expires-m.host.Clock().Now().Unix(), 0))
		}
	}
	m.publish(n.AOR, n.Contact, seconds)
}

// wanted says whether a contact is published: by its branch flag, or because its
// REGISTER was marked.
func (m *Module) wanted(n *usrloc.Change) bool {
	if m.branchFlag >= 0 && n.Contact.CFlags&(1<<m.branchFlag) != 0 {
		return true
	}
	return n.Call != nil && m.mark(n.Call).serial == n.Call.Serial
}

// expired ends what is published for a contact that is over.
func (m *Module) expired(_, aor string, c *usrloc.Contact) { m.publish(aor, c, 0) }

// publish publishes that a user can be reached for some seconds, -1 for good and 0
// for no longer.
func (m *Module) publish(aor string, c *usrloc.Contact, seconds int) {
	user, err := m.user(aor)
	if err != nil {
		m.log.Error("a registration is not published", "aor", aor, "err", err)
		return
	}
	p := &pua.Publication{URI: "sip:" + user, ID: "UL_PUBLISH." + c.CallID, Event: pua.Presence, Source: pua.FromLocation, Expires: seconds, Renew: true}
	if seconds != 0 {
		p.Body = m.document(user)
	}
	if err := m.pua.Publish(p); err != nil {
		m.log.Warn("a registration is not published", "aor", aor, "err", err)
	}
}

// user is the user@domain of an address of record, with a text of its own.
func (m *Module) user(aor string) (string, error) {
	switch {
	case strings.Contains(aor, "@"):
		return strings.Clone(aor), nil
	case m.defaultDomain == "":
		return "", errDomain
	}
	return aor + "@" + m.defaultDomain, nil
}
