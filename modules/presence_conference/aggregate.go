// SPDX-License-Identifier: Apache-2.0

package presence_conference

import (
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

// space is the namespace of conference-info.
const space = "urn:ietf:params:xml:ns:conference-info"

// The first lines of a document up to its version, which number writes.
const (
	prologue = `<?xml version="1.0"?>` + "\n" + `<conference-info xmlns="` + space + `" version="`
	noNumber = "00000000000"
)

// aggregate makes the document for watchers of the last one that is published, with
// a version and an entity of its own.
func (m *Module) aggregate(p presence.Presentity, documents []presence.Document) string {
	for i := range slices.Backward(documents) {
		if body := presence.Read(&documents[i], func(body string) string { return m.rewrite(p, body) }); body != "" {
			return body
		}
	}
	return ""
}

// rewrite makes the document for watchers of one that is published, "" of one that
// is no XML.
func (m *Module) rewrite(p presence.Presentity, body string) string {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		m.log.Warn("a document that is published is left out", "uri", p.URI, "err", err)
		return ""
	}
	var out strings.Builder
	out.WriteString(prologue + noNumber + `" state="full" entity="` + xmldoc.Escape(p.User+"@"+p.Domain) + "\">\n")
	for _, e := range doc.Root.Children {
		around := "" // all declare their namespace, as in Kamailio's documents
		if e.Space == "" {
			around = space
		}
		out.WriteString("  " + doc.Alone(e, around) + "\n")
	}
	out.WriteString("</conference-info>\n")
	return out.String()
}

// number counts the documents of a subscription (RFC 4575 4.1).
func number(w presence.Watcher, body string) string {
	rest, ok := strings.CutPrefix(body, prologue+noNumber)
	if !ok {
		return body
	}
	return prologue + strconv.Itoa(w.Version) + rest
}
