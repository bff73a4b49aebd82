// SPDX-License-Identifier: Apache-2.0

package presence_xml

import (
	"cmp"
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
	if x.singleBody == 0 && len(docs) == 1 && !docs[0].Gone {
		return docs[0].Body
	}
	list := make([]*parts, 0, len(docs))
	for i := range slices.Backward(docs) {
		d := &docs[i]
		var read *parts
		if d.Gone {
			read = x.parts(closed(p, d.Body))
		} else {
			read = presence.Read(d, x.parts)
		}
		if read != nil {
			list = append(list, read)
		}
	}
	switch {
	case len(list) == 0:
		return ""
	case x.singleBody != 0:
		return x.best(list)
	}
	return merge(list)
}

// parts are what of a document goes into one that is made of several.
type parts struct {
	text string
	// front and back are the document up to where others are put in, and what
	// is behind it.
	front, back string
	children    []part
	// word says what the document counts with force_presence_single_body.
	word string
}

// part is a child of the root: a tuple, person, device or note.
type part struct {
	id   string // with the name of the element; "" without one
	text string // as it can stand in another document
}

// parts reads a document; nil is none. What is no XML was refused when it came, but
// the database may have something else now.
func (x *XML) parts(body string) *parts {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		return nil
	}
	root := doc.Root
	p := &parts{text: body, word: root.Find(x.lookupElement).Trimmed()}
	for _, e := range root.Children {
		c := part{text: "  " + detached(doc, e) + "\n"}
		if id, ok := e.Attr("id"); ok {
			c.id = e.Name + " " + id
		}
		p.children = append(p.children, c)
	}
	p.front, p.back = body[:root.ContentEnd], body[root.ContentEnd:]
	if root.IsEmptyTag() {
		open := doc.SetContent(root, "\n").Text
		end := strings.LastIndex(open, "</")
		p.front, p.back = body[:root.Start]+open[:end], open[end:]+body[root.End:]
	}
	return p
}

// merge puts the others behind what stands in the first one.
func merge(list []*parts) string {
	first := list[0]
	var more []string
	seen := map[string]bool{}
	for i, p := range list {
		for _, c := range p.children {
			if i > 0 && (c.id == "" || !seen[c.id]) {
				more = append(more, c.text)
			}
			seen[c.id] = true
		}
	}
	if len(more) == 0 {
		return first.text
	}
	return first.front + strings.Join(more, "") + first.back
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
// closed; "" where it had none.
func closed(p presence.Presentity, body string) string {
	doc, err := xmldoc.Parse(body, xmldoc.Usual)
	if err != nil {
		return ""
	}
	entity, ok := doc.Root.Attr("entity")
	if !ok {
		entity = p.URI
	}
	var b strings.Builder
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
		return ""
	}
	return b.String() + "</presence>\n"
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
func (x *XML) best(list []*parts) string {
	order := strings.Split(x.priorities, "|")
	return slices.MaxFunc(list, func(a, b *parts) int {
		return cmp.Compare(max(slices.Index(order, a.word), 0), max(slices.Index(order, b.word), 0))
	}).text
}
