// SPDX-License-Identifier: Apache-2.0

package presence_xml

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/xmldoc"
	"github.com/kahea-sip/kahea/modules/presence"
)

// nsPIDF is the namespace of presence documents (RFC 3863).
const nsPIDF = "urn:ietf:params:xml:ns:pidf"

// checkXML refuses a PUBLISH whose body is no XML, or more than is read.
func checkXML(m *sip.Message) error {
	_, err := xmldoc.Parse(m.Body(), xmldoc.Usual)
	return err
}

// aggregate makes one document of all: the last one, which has the greatest
// priority, with the tuples, persons and devices of the others behind its own,
// but for those whose id is there already.
// One document alone stays as it is. Of what has gone the tuples are told a last
// time, as closed.
func (x *XML) aggregate(p presence.Presentity, docs []presence.Document) string {
	docs = slices.Clone(docs)
	slices.Reverse(docs)
	if x.singleBody != 0 {
		return x.best(p, docs)
	}
	if len(docs) == 1 && !docs[0].Gone {
		return docs[0].Body
	}
	return merge(p, docs)
}

// merge puts the others behind the first one.
func merge(p presence.Presentity, docs []presence.Document) string {
	var first *xmldoc.Document
	var more strings.Builder
	seen := map[string]bool{}
	for _, d := range docs {
		doc, err := xmldoc.Parse(d.Body, xmldoc.Usual)
		if err != nil {
			continue // it was read when it came; the database may have another one now
		}
		if d.Gone {
			if doc = closed(p, doc); doc == nil {
				continue
			}
		}
		for _, e := range doc.Root.Children {
			id, ok := e.Attr("id")
			known := ok && seen[e.Name+" "+id]
			seen[e.Name+" "+id] = true
			if first != nil && !known {
				more.WriteString("  " + detached(doc, e) + "\n")
			}
		}
		if first == nil {
			first = doc
		}
	}
	if first == nil {
		return ""
	}
	if more.Len() == 0 {
		return first.Text
	}
	if first.Root.IsEmptyTag() {
		return first.Apply(first.SetContent(first.Root, "\n"+more.String()))
	}
	return first.Apply(xmldoc.Edit{Start: first.Root.ContentEnd, End: first.Root.ContentEnd, Text: more.String()})
}

// detached is the text of an element with the declarations of the namespaces that
// it had from elements around it.
func detached(doc *xmldoc.Document, e *xmldoc.Element) string {
	var declared strings.Builder
	for _, prefix := range prefixes(e) {
		name := "xmlns"
		if prefix != "" {
			name += ":" + prefix
		}
		if space, ok := inherited(e, prefix); ok {
			declared.WriteString(" " + name + `="` + xmldoc.Escape(space) + `"`)
		}
	}
	at := 1 + len(e.Name)
	if e.Prefix != "" {
		at += 1 + len(e.Prefix)
	}
	text := doc.Source(e)
	return text[:at] + declared.String() + text[at:]
}

// prefixes are those that an element and what stands in it use.
func prefixes(e *xmldoc.Element) []string {
	var list []string
	use := func(prefix string) {
		if prefix != "xml" && prefix != "xmlns" && !slices.Contains(list, prefix) {
			list = append(list, prefix)
		}
	}
	e.Walk(func(x *xmldoc.Element) bool {
		use(x.Prefix)
		for _, a := range x.Attrs {
			if a.Prefix != "" {
				use(a.Prefix)
			}
		}
		return true
	})
	return list
}

// inherited finds the declaration of a prefix that e has from an element around
// it, and not itself.
func inherited(e *xmldoc.Element, prefix string) (string, bool) {
	for x := e; x != nil; x = x.Parent {
		for _, a := range x.Attrs {
			if prefix == "" && a.Prefix == "" && a.Name == "xmlns" || prefix != "" && a.Prefix == "xmlns" && a.Name == prefix {
				return a.Value, x != e
			}
		}
	}
	return "", false
}

// closed is a document that says of the tuples of another one that they are
// closed; nil where it had none.
func closed(p presence.Presentity, doc *xmldoc.Document) *xmldoc.Document {
	var b strings.Builder
	entity, ok := doc.Root.Attr("entity")
	if !ok {
		entity = p.URI
	}
	b.WriteString("<?xml version=\"1.0\"?>\n<presence xmlns=\"" + nsPIDF + "\" entity=\"" + xmldoc.Escape(entity) + "\">\n")
	some := false
	for _, e := range doc.Root.Children {
		if e.Name != "tuple" {
			continue
		}
		some = true
		id, _ := e.Attr("id")
		b.WriteString("  <tuple xmlns=\"" + nsPIDF + "\" id=\"" + xmldoc.Escape(id) + "\">\n    <status xmlns=\"" + nsPIDF +
			"\">\n      <basic>closed</basic>\n    </status>\n  </tuple>\n")
	}
	if !some {
		return nil
	}
	b.WriteString("</presence>\n")
	out, err := xmldoc.Parse(b.String(), xmldoc.Usual)
	if err != nil {
		return nil
	}
	return out
}

// dummy is the document of a presentity that has published nothing
// (force_dummy_presence).
func dummy(p presence.Presentity) string {
	return "<?xml version=\"1.0\"?>\n<presence xmlns=\"" + nsPIDF + "\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" xmlns:rpid=\"urn:ietf:params:xml:ns:pidf:rpid\" xmlns:c=\"urn:ietf:params:xml:ns:pidf:cipid\" entity=\"" +
		xmldoc.Escape(p.URI) + "\">\n<tuple xmlns=\"" + nsPIDF + "\" id=\"615293b33c62dec073e05d9421e9f48b\">\n<status>\n<basic>open</basic>\n</status>\n</tuple>\n<note xmlns=\"" + nsPIDF +
		"\">Available</note>\n<dm:person id=\"1\">\n<rpid:activities/>\n<dm:note>Available</dm:note>\n</dm:person>\n</presence>\n"
}

// best is the document whose lookup element has the text of the greatest
// priority, the first of several; the last in the list of priorities counts most.
func (x *XML) best(p presence.Presentity, docs []presence.Document) string {
	order := strings.Split(x.priorities, "|")
	var chosen *xmldoc.Document
	rank := -1
	for _, d := range docs {
		doc, err := xmldoc.Parse(d.Body, xmldoc.Usual)
		if err != nil {
			continue
		}
		if d.Gone {
			if doc = closed(p, doc); doc == nil {
				continue
			}
		}
		if r := max(slices.Index(order, doc.Root.Find(x.lookupElement).Trimmed()), 0); r > rank {
			chosen, rank = doc, r
		}
	}
	if chosen == nil {
		return ""
	}
	return chosen.Text
}
