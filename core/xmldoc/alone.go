// SPDX-License-Identifier: Apache-2.0

package xmldoc

import (
	"slices"
	"strings"
)

// Alone is the text of an element as it can stand in another document, where space
// is the default namespace: with the declarations of namespaces that stand around
// it in this one. All else is its text byte for byte.
func (d *Document) Alone(e *Element, space string) string {
	var missing strings.Builder
	var seen []string
	declared := func(x *Element) {
		for _, a := range x.Attrs {
			name := declares(a)
			if name == "" || slices.Contains(seen, name) {
				continue
			}
			seen = append(seen, name)
			if x != e && (name != "xmlns" || a.Value != space) {
				missing.WriteString(" " + name + `="` + Escape(a.Value) + `"`)
			}
		}
	}
	for x := e; x != nil; x = x.Parent {
		declared(x)
	}
	if space != "" && !slices.Contains(seen, "xmlns") {
		missing.WriteString(` xmlns=""`)
	}
	at := 1 + len(e.Name)
	if e.Prefix != "" {
		at += len(e.Prefix) + 1
	}
	text := d.Source(e)
	return text[:at] + missing.String() + text[at:]
}

// declares is the name of an attribute that declares a namespace, "" for another
// one.
func declares(a Attr) string {
	switch {
	case a.Prefix == "xmlns":
		return "xmlns:" + a.Name
	case a.Prefix == "" && a.Name == "xmlns":
		return "xmlns"
	}
	return ""
}
