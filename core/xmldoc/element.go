// SPDX-License-Identifier: Apache-2.0

package xmldoc

import (
	"strings"
	"unicode/utf8"
)

// Child returns the first child of that local name, or nil. It may be asked of
// a nil Element.
func (e *Element) Child(name string) *Element {
	if e != nil {
		for _, c := range e.Children {
			if c.Name == name {
				return c
			}
		}
	}
	return nil
}

// Path returns the first element at the end of a path of local names, or nil.
func (e *Element) Path(names ...string) *Element {
	if len(names) == 0 || e == nil {
		return e
	}
	for _, c := range e.Children {
		if c.Name == names[0] {
			if found := c.Path(names[1:]...); found != nil {
				return found
			}
		}
	}
	return nil
}

// Find returns the first element of that local name: e itself or one that
// stands in it, however deep; nil where there is none.
func (e *Element) Find(name string) *Element {
	var found *Element
	e.Walk(func(x *Element) bool {
		if found == nil && x.Name == name {
			found = x
		}
		return found == nil
	})
	return found
}

// Walk calls f for e and what stands in it, in the order of the text; f says
// whether to go on into the element.
func (e *Element) Walk(f func(*Element) bool) {
	if e == nil || !f(e) {
		return
	}
	for _, c := range e.Children {
		c.Walk(f)
	}
}

// Attr returns the value of the attribute of that local name without a prefix,
// or else with one.
func (e *Element) Attr(name string) (value string, ok bool) {
	if e == nil {
		return "", false
	}
	for _, a := range e.Attrs {
		if a.Name == name {
			if a.Prefix == "" {
				return a.Value, true
			}
			if a.Prefix != "xmlns" && !ok {
				value, ok = a.Value, true
			}
		}
	}
	return value, ok
}

// Trimmed is Text without the white space around it.
func (e *Element) Trimmed() string {
	if e == nil {
		return ""
	}
	return strings.TrimSpace(e.Text)
}

// IsEmptyTag tells that the element is written as one empty-element tag.
func (e *Element) IsEmptyTag() bool { return e.ContentStart == e.End }

// Source is the text of the element, its tags included.
func (d *Document) Source(e *Element) string { return d.Text[e.Start:e.End] }

// Content is the text between the tags of the element.
func (d *Document) Content(e *Element) string { return d.Text[e.ContentStart:e.ContentEnd] }

// Tag is the start tag of the element, as it is written.
func (d *Document) Tag(e *Element) string { return d.Text[e.Start:e.ContentStart] }

// Value returns the place in the text of the value of an attribute, without the
// quotes. The name is as it is written, with its prefix.
func (d *Document) Value(e *Element, name string) (start, end int, ok bool) {
	tag := d.Tag(e)
	at := 1 + len(e.Name)
	if e.Prefix != "" {
		at += len(e.Prefix) + 1
	}
	for at < len(tag) {
		eq := strings.IndexByte(tag[at:], '=')
		if eq < 0 {
			return 0, 0, false
		}
		key := strings.TrimSpace(tag[at : at+eq])
		open := at + eq + 1 + strings.IndexAny(tag[at+eq+1:], `"'`)
		if open <= at+eq {
			return 0, 0, false
		}
		n := strings.IndexByte(tag[open+1:], tag[open])
		if n < 0 {
			return 0, 0, false
		}
		if key == name {
			return e.Start + open + 1, e.Start + open + 1 + n, true
		}
		at = open + n + 2
	}
	return 0, 0, false
}

// Printable is a text without what no document can hold: control characters, and
// bytes that are not UTF-8.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
}

// Escape writes a text as character data or the value of an attribute.
func Escape(s string) string {
	if !strings.ContainsAny(s, `<>&"'`) {
		return s
	}
	return escaper.Replace(s)
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&apos;")
