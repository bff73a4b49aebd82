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

// dialog is one that is published: its text, as it can stand in another document,
// and how interesting its state is.
type dialog struct {
	text string
	rank int
}

// aggregate makes one document of those that are published, with the dialogs of
// the last one first.
func (m *Module) aggregate(p presence.Presentity, documents []presence.Document) string {
	var dialogs []dialog
	for i := range slices.Backward(documents) {
		d := &documents[i]
		read := presence.Read(d, func(body string) []dialog { return m.read(p, body) })
		if d.Gone && slices.ContainsFunc(read, func(x dialog) bool { return x.rank != 0 }) {
			read = over(d.Body)
		}
		dialogs = append(dialogs, read...)
	}
	if m.forceSingle != 0 && len(dialogs) > 0 {
		dialogs = []dialog{slices.MaxFunc(dialogs, func(a, b dialog) int { return a.rank - b.rank })}
	}
	if len(dialogs) == 0 {
		if m.forceDummy != 0 {
			return dummy(p)
		}
		return ""
	}
	return document(p, dialogs...)
}

// read takes the dialogs out of what is published.
func (m *Module) read(p presence.Presentity, body string) (list []dialog) {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		m.log.Warn("a document that is published is left out", "uri", p.URI, "err", err)
		return nil
	}
	for _, e := range doc.Root.Children {
		if e.Name == "dialog" {
			rank := slices.Index(priorities, strings.ToLower(e.Child("state").Trimmed()))
			list = append(list, dialog{doc.Alone(e, space), rank})
		}
	}
	return list
}

// over are the dialogs of a publication that has ended without saying so: they are
// shown a last time, as terminated.
func over(body string) (list []dialog) {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		return nil
	}
	for _, e := range doc.Root.Children {
		if e.Name == "dialog" {
			list = append(list, dialog{ended(doc, e, e.Child("state")), 0})
		}
	}
	return list
}

// ended is a dialog with another state: terminated.
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
func document(p presence.Presentity, dialogs ...dialog) string {
	var b strings.Builder
	entity := xmldoc.Escape(p.URI)
	size := len(prologue) + len(noNumber) + len(entity) + 64
	for i := range dialogs {
		size += len(dialogs[i].text) + 3
	}
	b.Grow(size)
	b.WriteString(prologue + noNumber + `" state="full" entity="`)
	b.WriteString(entity)
	b.WriteString("\">\n")
	for i := range dialogs {
		b.WriteString("  ")
		b.WriteString(dialogs[i].text)
		b.WriteByte('\n')
	}
	b.WriteString("</dialog-info>\n")
	return b.String()
}

// dummy is the document where nothing is published.
func dummy(p presence.Presentity) string {
	id := md5.Sum([]byte(p.URI))
	return document(p, dialog{text: `<dialog id="` + hex.EncodeToString(id[:]) + `" direction="recipient">` + "\n    <state>terminated</state>\n  </dialog>"})
}

// number counts the documents of a subscription (RFC 4235 4.1.1).
func number(w presence.Watcher, body string) string {
	rest, ok := strings.CutPrefix(body, prologue+noNumber)
	if !ok {
		return body
	}
	return prologue + strconv.Itoa(w.Version) + rest
}
