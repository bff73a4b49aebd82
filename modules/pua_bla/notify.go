// SPDX-License-Identifier: Apache-2.0

package pua_bla

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/modules/pua"
)

var (
	errMethod  = errors.New("it is no NOTIFY of dialog;sla with To and Contact")
	errUnknown = errors.New("there is no subscription that it belongs to")
	errState   = errors.New("its Subscription-State cannot be read")
)

// handleNotify is bla_handle_notify().
func (m *Module) handleNotify(c *module.Call, _ module.Args) module.Result {
	p, err := m.publication(c)
	if err == nil && !m.pua.Subscribed(c) {
		err = errUnknown
	}
	if err == nil {
		err = m.pua.Publish(p)
	}
	if err != nil {
		return c.Fail("bla_handle_notify", err)
	}
	return module.True
}

// publication is what a NOTIFY says, to be published for the other phones.
func (m *Module) publication(c *module.Call) (*pua.Publication, error) {
	msg := c.Msg
	to, err := msg.To()
	list, errContacts := msg.Contacts()
	if msg.Method != sip.MethodNotify || err != nil || errContacts != nil || len(list) == 0 || list[0].Star || !isSharedLine(msg.Value(sip.HeaderEvent)) {
		return nil, errMethod
	}
	expires, ok := lifetime(msg.Value(sip.HeaderSubscriptionState))
	if !ok {
		return nil, errState
	}
	phone := c.Lasting(list[0].URI)
	if _, err := sip.ParseURI(phone); err != nil || strings.ContainsAny(phone, "\r\n") {
		return nil, errMethod
	}
	p := &pua.Publication{URI: c.Lasting(to.URI), ID: phone, Event: pua.SharedLine, Source: pua.FromSharedLine, Expires: expires}
	if expires > 0 {
		p.Body, p.ContentType = c.Lasting(msg.Body()), c.Lasting(msg.Value(sip.HeaderContentType))
	}
	if m.headerName != "" {
		p.Headers = m.headerName + ": " + phone + "\r\n"
	}
	return p, nil
}

// isSharedLine says whether an Event is dialog;sla, whatever parameters it has
// beside.
func isSharedLine(event string) bool {
	name, params, _ := strings.Cut(event, ";")
	return sip.EqualFold(strings.TrimSpace(name), "dialog") && sip.Params(";"+params).Has("sla")
}

// lifetime is how long a Subscription-State (RFC 6665 8.2.3) says that the
// subscription lasts: 0 when it is over.
func lifetime(state string) (seconds int, ok bool) {
	word, params, _ := strings.Cut(state, ";")
	switch word = strings.TrimSpace(word); {
	case sip.EqualFold(word, "terminated"):
		return 0, true
	case !sip.EqualFold(word, "active") && !sip.EqualFold(word, "pending"):
		return 0, false
	}
	text, ok := sip.Params(";" + params).Lookup("expires")
	if !ok {
		return defaultLifetime, true
	}
	n, ok := sip.ParseUint(text)
	return int(min(n, 1<<31-1)), ok
}

// defaultLifetime is that of a subscription whose phone names none.
const defaultLifetime = 3600
