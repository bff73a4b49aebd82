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

// aggregate makes one document of those that are published.
func (m *Module) aggregate(p presence.Presentity, documents []presence.Document) string {
	var published []*publication // the last one first
	for i := range slices.Backward(documents) {
		d := &documents[i]
		x := presence.Read(d, func(body string) *publication { return m.read(p, body) })
		if d.Gone {
			x = x.over(d.Body)
		}
		if x != nil {
			published = append(published, x)
		}
	}
	dialogs := m.arrange(published)
	switch {
	case len(published) == 0 && m.forceDummy == 0:
		return ""
	case len(dialogs) == 0 && m.forceDummy != 0:
		return dummy(p)
	}
	return document(p, dialogs...)
}

// publication is what one document says.
type publication struct{ dialogs []dialog }

// dialog is one that is published: its text, as it can stand in another document,
// and how interesting its state is.
type dialog struct {
	text string
	rank int
}

// arrange puts the dialogs of publications in the order in which Kamailio has them,
// which depends on where publications are kept; of equals the last one is that of
// most interest.
func (m *Module) arrange(published []*publication) (list []dialog) {
	if m.oldestFirst && m.forceSingle == 0 {
		slices.Reverse(published)
	}
	for _, x := range published {
		list = append(list, x.dialogs...)
	}
	if m.forceSingle != 0 && len(list) > 0 {
		return []dialog{slices.MaxFunc(list, func(a, b dialog) int { return a.rank - b.rank })}
	}
	return list
}

// read takes the dialogs out of what is published; nil is no XML.
func (m *Module) read(p presence.Presentity, body string) *publication {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		m.log.Warn("a document that is published is left out", "uri", p.URI, "err", err)
		return nil
	}
	x := new(publication)
	for _, e := range doc.Root.Children {
		if e.Name == "dialog" {
			rank := slices.Index(priorities, strings.ToLower(e.Child("state").Trimmed()))
			x.dialogs = append(x.dialogs, dialog{doc.Alone(e, space), rank})
		}
	}
	return x
}

// over is the publication once more when it has ended without saying so: its
// dialogs are shown a last time, as terminated.
func (x *publication) over(body string) *publication {
	if x == nil || !slices.ContainsFunc(x.dialogs, func(d dialog) bool { return d.rank != 0 }) {
		return x
	}
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		return nil
	}
	last := new(publication)
	for _, e := range doc.Root.Children {
		if e.Name == "dialog" {
			last.dialogs = append(last.dialogs, dialog{ended(doc, e, e.Child("state")), 0})
		}
	}
	return last
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
	if len(dialogs) == 0 {
		b.WriteString("\"/>\n")
		return b.String()
	}
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
