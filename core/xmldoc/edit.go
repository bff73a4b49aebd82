// SPDX-License-Identifier: Apache-2.0

package xmldoc

import (
	"cmp"
	"slices"
	"strings"
)

// Edit puts a text in the place of a part of a document's text.
type Edit struct {
	Start, End int
	Text       string
}

// Cut is the Edit that takes an element away.
func Cut(e *Element) Edit { return Edit{Start: e.Start, End: e.End} }

// SetContent is the Edit that changes what stands between the tags of an
// element; text is written as it is.
func (d *Document) SetContent(e *Element, text string) Edit {
	if !e.IsEmptyTag() {
		return Edit{e.ContentStart, e.ContentEnd, text}
	}
	tag := strings.TrimRight(strings.TrimSuffix(d.Tag(e), "/>"), " \t\r\n")
	name := e.Name
	if e.Prefix != "" {
		name = e.Prefix + ":" + name
	}
	return Edit{e.Start, e.End, tag + ">" + text + "</" + name + ">"}
}

// SetAttr is the Edit that gives an attribute of an element, named as it is
// written, a value; one that it does not have is added.
func (d *Document) SetAttr(e *Element, name, value string) Edit {
	if start, end, ok := d.Value(e, name); ok {
		return Edit{start, end, Escape(value)}
	}
	at := e.Start + 1 + len(e.Name)
	if e.Prefix != "" {
		at += len(e.Prefix) + 1
	}
	return Edit{at, at, " " + name + `="` + Escape(value) + `"`}
}

// Apply returns the text with the edits done. One that stands inside of another
// is left out; edits at one place come in the order given.
func (d *Document) Apply(edits ...Edit) string {
	list := slices.Clone(edits)
	slices.SortStableFunc(list, func(a, b Edit) int {
		if c := cmp.Compare(a.Start, b.Start); c != 0 {
			return c
		}
		if a.Start == a.End || b.Start == b.End {
			return cmp.Compare(a.End, b.End) // what is put in comes before what is replaced
		}
		return cmp.Compare(b.End, a.End)
	})
	var out strings.Builder
	at := 0
	for _, e := range list {
		if e.Start < at {
			continue
		}
		out.WriteString(d.Text[at:e.Start])
		out.WriteString(e.Text)
		at = e.End
	}
	out.WriteString(d.Text[at:])
	return out.String()
}
