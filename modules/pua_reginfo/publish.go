// SPDX-License-Identifier: Apache-2.0

package pua_reginfo

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/modules/pua"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// occasion is why the state of a registration is published.
type occasion struct {
	// event is what RFC 3680 5.1 calls what happened to the contact.
	event string
	// contact has texts of its own; nil where contacts have expired.
	contact *usrloc.Contact
}

// changed publishes that something happened to a contact. Its AOR is locked, so
// that the work is done elsewhere.
func (m *Module) changed(n *usrloc.Change) {
	if n.Call != nil && m.silence(n.Call).serial == n.Call.Serial {
		return
	}
	o := occasion{event: map[usrloc.Event]string{usrloc.Inserted: "created", usrloc.Updated: "refreshed", usrloc.Deleted: "unregistered"}[n.Event]}
	contact := *n.Contact
	contact.Own()
	o.contact = &contact
	table, aor := n.Domain, strings.Clone(n.AOR)
	m.host.Transactions().Go("pua_reginfo", func() { m.publish(table, aor, o) })
}

// expired publishes that a contact is over.
func (m *Module) expired(table, aor string, _ *usrloc.Contact) { m.publish(table, aor, occasion{}) }

var errDomain = errors.New("it has no domain, and there is no default_domain")

// publish publishes the contacts of an AOR as they are now.
func (m *Module) publish(table, aor string, o occasion) {
	err := m.publishNow(table, aor, o)
	if err != nil {
		m.log.Error("a registration is not published", "aor", aor, "err", err)
	}
}

func (m *Module) publishNow(table, aor string, o occasion) error {
	user := aor
	if !strings.Contains(aor, "@") {
		if m.defaultDomain == "" {
			return errDomain
		}
		user = aor + "@" + m.defaultDomain
	}
	uri := "sip:" + user
	list, err := m.contacts(table, aor)
	if err != nil {
		return err
	}
	return m.pua.Publish(&pua.Publication{URI: uri, ID: "REGINFO_PUBLISH." + aor + "@" + table, Event: pua.Registration, Source: pua.FromRegistrations, Expires: lifetime,
		Body: document(uri, list, o, m.host.Clock().Now().Unix()), Proxy: m.outboundProxy})
}

// contacts are those of an AOR, with texts of their own.
func (m *Module) contacts(table, aor string) (list []usrloc.Contact, err error) {
	d := m.loc.Domain(table)
	if d == nil {
		return nil, nil
	}
	v, err := d.Visit(nil, aor)
	if err != nil {
		return nil, err
	}
	defer v.Leave()
	b := v.Lock()
	defer b.Unlock()
	for h := b.First(); h != 0; h = b.Next(h) {
		var c usrloc.Contact
		b.Read(h, &c)
		c.Own()
		list = append(list, c)
	}
	return list, nil
}
