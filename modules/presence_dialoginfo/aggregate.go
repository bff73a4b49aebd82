// SPDX-License-Identifier: Apache-2.0

package presence_dialoginfo

import (
	"crypto/md5"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

// space is the namespace of dialog-info.
const space = "urn:ietf:params:xml:ns:dialog-info"

// The first lines of a document up to its version, which number writes.
const (
	prologue = `<?xml version="1.0"?>` + "\n" + `<dialog-info xmlns="` + space + `" version="`
	noNumber = "00000000000"
)

// priorities are the states of dialogs (RFC 4235 3.7.1), the least interesting
// first: a phone that rings is one that others may want to pick up.
var priorities = []string{"terminated", "trying", "proceeding", "confirmed", "early"}

// aggregate makes one document of those that are published, with the dialogs of
// the last one first.
func (m *Module) aggregate(p presence.Presentity, documents []presence.Document) string {
	var dialogs []string
	best, most := "", -2
	for i := len(documents) - 1; i >= 0; i-- {
		doc, err := xmldoc.Parse(documents[i].Body, xmldoc.Usual)
		if err != nil {
			m.log.Warn("a document that is published is left out", "uri", p.URI, "err", err)
			continue
		}
		for _, e := range doc.Root.Children {
			if e.Name != "dialog" {
				continue
			}
			state := e.Child("state")
			text, rank := doc.Alone(e, space), slices.Index(priorities, strings.ToLower(state.Trimmed()))
			if documents[i].Gone && rank != 0 {
				text, rank = ended(doc, e, state), 0
			}
			if dialogs = append(dialogs, text); rank > most {
				best, most = text, rank
			}
		}
	}
	if m.forceSingle != 0 && best != "" {
		dialogs = append(dialogs[:0], best)
	}
	if len(dialogs) == 0 {
		if m.forceDummy != 0 {
			return dummy(p)
		}
		return ""
	}
	return document(p, "  "+strings.Join(dialogs, "\n  "))
}

// ended is a dialog whose publication has ended without saying so: it is shown a
// last time, and is over.
func ended(doc *xmldoc.Document, e, state *xmldoc.Element) string {
	if state == nil {
		return doc.Alone(e, space)
	}
	changed, err := xmldoc.Parse(doc.Apply(doc.SetContent(state, "terminated")), xmldoc.Usual)
	if err != nil {
		return doc.Alone(e, space)
	}
	return changed.Alone(changed.Root.Children[slices.Index(e.Parent.Children, e)], space)
}

// document is a document with dialogs.
func document(p presence.Presentity, dialogs string) string {
	return prologue + noNumber + `" state="full" entity="` + xmldoc.Escape(p.URI) + "\">\n" + dialogs + "\n</dialog-info>\n"
}

// dummy is the document where nothing is published.
func dummy(p presence.Presentity) string {
	id := md5.Sum([]byte(p.URI))
	return document(p, `  <dialog id="`+hex.EncodeToString(id[:])+`" direction="recipient">`+"\n    <state>terminated</state>\n  </dialog>")
}

// number counts the documents of a subscription (RFC 4235 4.1.1).
func number(w presence.Watcher, body string) string {
	rest, ok := strings.CutPrefix(body, prologue+noNumber)
	if !ok {
		return body
	}
	return prologue + strconv.Itoa(w.Version) + rest
}
