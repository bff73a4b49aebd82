// SPDX-License-Identifier: Apache-2.0

package pua_reginfo

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/usrloc"
)

// writer writes a document of reginfo.
type writer struct{ strings.Builder }

func (w *writer) attribute(name, value string) {
	w.WriteString(" " + name + `="` + xmldoc.Escape(xmldoc.Printable(value)) + `"`)
}

// document is the state of a registration (RFC 3680 5).
func document(uri string, list []usrloc.Contact, o occasion, now int64) string {
	var w writer
	w.WriteString("<?xml version=\"1.0\"?>\n<reginfo xmlns=\"urn:ietf:params:xml:ns:reginfo\" version=\"0\" state=\"full\">\n  <registration")
	w.attribute("aor", uri)
	w.attribute("id", id(uri, ""))
	state := "active"
	if left(list, now) == 0 {
		state = "terminated"
	}
	w.attribute("state", state)
	found := false
	var contacts writer
	for i := range list {
		c := &list[i]
		event := "registered"
		if o.contact != nil && c.URI == o.contact.URI && c.CallID == o.contact.CallID && o.event != "unregistered" {
			event, found = o.event, true
		}
		if !c.Expired(now) {
			contacts.contact(uri, c, "active", event, now)
		}
	}
	if !found && o.event == "unregistered" {
		contacts.contact(uri, o.contact, "terminated", o.event, now)
	}
	if contacts.Len() == 0 {
		w.WriteString("/>\n</reginfo>\n")
	} else {
		w.WriteString(">\n" + contacts.String() + "  </registration>\n</reginfo>\n")
	}
	return w.String()
}

// left counts the contacts that are not over.
func left(list []usrloc.Contact, now int64) (n int) {
	for i := range list {
		if !list[i].Expired(now) {
			n++
		}
	}
	return n
}

func (w *writer) contact(aor string, c *usrloc.Contact, state, event string, now int64) {
	w.WriteString("    <contact")
	w.attribute("id", id(aor, c.URI+" "+c.CallID))
	w.attribute("state", state)
	w.attribute("event", event)
	w.attribute("expires", strconv.FormatInt(max(c.Expires-now, 0), 10))
	if c.Q != sip.QUnset {
		w.attribute("q", strconv.FormatFloat(float64(c.Q)/1000, 'f', 3, 64))
	}
	w.attribute("callid", c.CallID)
	w.attribute("cseq", strconv.FormatUint(uint64(c.CSeq), 10))
	w.attribute("received", c.Received)
	w.attribute("path", c.Path)
	w.attribute("user_agent", c.UserAgent)
	w.WriteString(">\n      <uri>" + xmldoc.Escape(xmldoc.Printable(c.URI)) + "</uri>\n    </contact>\n")
}

// id names a registration or a contact in all documents of it.
func id(aor, contact string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(aor + " " + contact))
	return "0x" + strconv.FormatUint(h.Sum64(), 16)
}
