// SPDX-License-Identifier: Apache-2.0

package pua_dialoginfo

import (
	"cmp"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/xmldoc"
)

// State is that of a call for one of its parties, as the documents have it.
type state string

// The states.
const (
	trying     state = "Trying"
	early      state = "early"
	confirmed  state = "confirmed"
	terminated state = "terminated"
)

// party is a side of a call.
type party struct{ uri, tag, target string }

// document is what is published of one party of a call.
type document struct {
	state         state
	entity        string
	id, callID    string
	local, remote party
	initiator     bool
}

// content says what documents have beside what they must.
type content struct{ callID, tags, parties, display bool }

// text is the document as it is sent (RFC 4235 4). Its version is counted by the
// module pua, or by whoever receives it.
func (d *document) text(with content) string {
	var b writer
	b.raw("<?xml version=\"1.0\"?>\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" state=\"full\"")
	b.attribute("entity", d.entity)
	b.raw(">\n  <dialog")
	b.attribute("id", d.id)
	if with.callID {
		b.attribute("call-id", d.callID)
	}
	if with.tags {
		b.attribute("local-tag", d.local.tag)
		b.attribute("remote-tag", d.remote.tag)
	}
	direction := "recipient"
	if d.initiator {
		direction = "initiator"
	}
	b.attribute("direction", direction)
	b.raw(">\n    <state>")
	b.text(string(d.state))
	b.raw("</state>\n")
	if with.parties {
		b.party("remote", &d.remote, with.display)
		b.party("local", &d.local, with.display)
	}
	b.raw("  </dialog>\n</dialog-info>\n")
	return string(b)
}

// writer writes XML.
type writer []byte

func (w *writer) raw(s string) { *w = append(*w, s...) }

func (w *writer) attribute(name, value string) {
	if value == "" {
		return
	}
	w.raw(" ")
	w.raw(name)
	w.raw(`="`)
	w.text(value)
	w.raw(`"`)
}

// text writes a text. Quotes of one kind stand in it as they are, as in
// Kamailio's documents.
func (w *writer) text(s string) {
	w.raw(strings.ReplaceAll(xmldoc.Escape(xmldoc.Printable(s)), "&apos;", "'"))
}

// party writes the element of a party.
func (w *writer) party(name string, p *party, display bool) {
	w.raw("    <" + name + ">\n      <identity>")
	w.text(p.uri)
	w.raw("</identity>\n      <target")
	target := cmp.Or(p.target, p.uri)
	if u, err := sip.ParseURI(target); display && err == nil {
		w.attribute("display", u.User)
	}
	w.attribute("uri", target)
	w.raw("/>\n    </" + name + ">\n")
}
