// SPDX-License-Identifier: Apache-2.0

package presence_reginfo

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

// space is the namespace of reginfo.
const space = "urn:ietf:params:xml:ns:reginfo"

// The first lines of a document up to its version, which number writes.
const (
	prologue = `<?xml version="1.0"?>` + "\n" + `<reginfo xmlns="` + space + `" version="`
	noNumber = "00000000000"
)

// aggregate makes one document of those that are published, with the registrations
// of the last one first. What is gone is left out.
func (m *Module) aggregate(p presence.Presentity, documents []presence.Document) string {
	var out strings.Builder
	for i := range slices.Backward(documents) {
		if d := &documents[i]; !d.Gone {
			out.WriteString(presence.Read(d, func(body string) string { return m.registrations(p, body) }))
		}
	}
	if out.Len() == 0 {
		return ""
	}
	return prologue + noNumber + "\" state=\"full\">\n" + out.String() + "</reginfo>\n"
}

// registrations are those of a document, as they can stand in another one.
func (m *Module) registrations(p presence.Presentity, body string) string {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		m.log.Warn("a document that is published is left out", "uri", p.URI, "err", err)
		return ""
	}
	var out strings.Builder
	for _, e := range doc.Root.Children {
		if e.Name == "registration" {
			out.WriteString("  " + doc.Alone(e, space) + "\n")
		}
	}
	return out.String()
}

// number counts the documents of a subscription (RFC 3680 5.1).
func number(w presence.Watcher, body string) string {
	rest, ok := strings.CutPrefix(body, prologue+noNumber)
	if !ok {
		return body
	}
	return prologue + strconv.Itoa(w.Version) + rest
}
