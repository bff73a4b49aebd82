// SPDX-License-Identifier: Apache-2.0

package pua_bla

import (
	"strings"

	"github.com/kahea-sip/kahea/modules/pua"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// changed subscribes to a phone as long as it is registered. Its AOR is locked.
func (m *Module) changed(n *usrloc.Change) {
	if n.Call == nil || m.mark(n.Call).serial != n.Call.Serial {
		return
	}
	seconds := 0
	if n.Event != usrloc.Deleted {
		if seconds = -1; n.Contact.Expires != 0 {
			seconds = int(max(n.Contact.Expires-m.host.Clock().Now().Unix(), 0))
		}
	}
	m.subscribe(n.AOR, n.Contact, seconds)
}

// subscribe subscribes to the calls of a phone for some seconds, -1 for good, and 0
// ends that.
func (m *Module) subscribe(aor string, c *usrloc.Contact, seconds int) {
	line := "sip:" + aor
	if !strings.Contains(aor, "@") {
		if m.defaultDomain == "" {
			m.log.Error("an address of record has no domain, and there is no default_domain", "aor", aor)
			return
		}
		line += "@" + m.defaultDomain
	}
	err := m.pua.Subscribe(&pua.Subscription{URI: line, Watcher: line, Event: pua.SharedLine, Source: pua.ForSharedLine, Target: strings.Clone(c.URI),
		Contact: m.serverAddress, Expires: seconds, Proxy: m.proxy(c)})
	if err != nil {
		m.log.Warn("there is no subscription to the calls of a phone", "aor", aor, "contact", c.URI, "err", err)
	}
}

// proxy is where the first SUBSCRIBE goes where that is not the phone: to
// outbound_proxy, or to where a phone behind NAT registered from.
func (m *Module) proxy(c *usrloc.Contact) string {
	if m.outboundProxy != "" {
		return m.outboundProxy
	}
	return strings.Clone(c.Received)
}
