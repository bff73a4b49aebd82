// SPDX-License-Identifier: Apache-2.0

// Package xmldoc reads XML documents that peers send, within limits, and knows
// where in their text each element stands.
//
// A document is read once, from front to back. There is no DTD, and no entity
// but the five of XML itself, so that a document is never longer than its text:
// one that brings either is refused, and so is one that is too large, too deep
// or has too many elements. What is taken from a document, or left of it when
// something is cut out, is its text byte for byte.
package xmldoc

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits bound what is read.
type Limits struct {
	// Size is the greatest length of a document in bytes.
	Size int
	// Depth is how deep elements may stand in each other.
	Depth int
	// Elements is how many there may be, attributes counted like elements.
	Elements int
}

// Usual are limits that no document of presence comes near to.
var Usual = Limits{Size: 256 << 10, Depth: 64, Elements: 20000}

// The errors of a document that is refused.
var (
	ErrSize     = errors.New("the XML document is too large")
	ErrDepth    = errors.New("the elements of the XML document stand too deep in each other")
	ErrElements = errors.New("the XML document has too many elements and attributes")
	ErrDTD      = errors.New("the XML document has a document type definition or entities, which are not read")
	ErrEmpty    = errors.New("there is no XML document")
)

// Document is a document that was read. It does not change.
type Document struct {
	// Text is what was read.
	Text string
	Root *Element
}

// Element is an element of a document.
type Element struct {
	// Space is the namespace, Prefix what stands for it in the text, Name the
	// local name.
	Space, Prefix, Name string
	Attrs               []Attr
	Children            []*Element
	// Parent is nil for the root.
	Parent *Element
	// Start and End are the place of the element in the text, its tags
	// included; ContentStart and ContentEnd that of what stands between the
	// tags, both at End for an empty-element tag.
	Start, End               int
	ContentStart, ContentEnd int
	// Text is the character data that stands right in the element, entities
	// resolved, without that of its children.
	Text string
}

// Attr is an attribute.
type Attr struct {
	// Space is the namespace of an attribute with a prefix.
	Space, Prefix, Name string
	Value               string
}

// Parse reads a document. Names of namespaces are resolved; the error says
// where the text is no XML.
func Parse(text string, limits Limits) (*Document, error) {
	if len(text) > limits.Size {
		return nil, ErrSize
	}
	r := reader{limits: limits, doc: &Document{Text: text}, spaces: map[string]string{"xml": "http://www.w3.org/XML/1998/namespace"}}
	return r.read()
}

// reader is a document that is being read.
type reader struct {
	limits Limits
	doc    *Document
	dec    *xml.Decoder
	open   []*frame
	spaces map[string]string // prefix -> namespace, as it is here
	count  int
}

// frame is an element whose end has not come.
type frame struct {
	*Element
	text    []string
	shadows []shadow // what its declarations of namespaces hide
}

type shadow struct {
	prefix, space string
	had           bool
}

func (r *reader) read() (*Document, error) {
	r.dec = xml.NewDecoder(strings.NewReader(r.doc.Text))
	// Names and marks of XML are ASCII in all encodings that are met; other
	// bytes are passed through as they are.
	r.dec.CharsetReader = func(charset string, in io.Reader) (io.Reader, error) {
		if strings.HasPrefix(strings.ToLower(charset), "utf-16") || strings.HasPrefix(strings.ToLower(charset), "ucs-") {
			return nil, fmt.Errorf("the encoding %q is not read", charset)
		}
		return in, nil
	}
	for {
		start := int(r.dec.InputOffset())
		tok, err := r.dec.RawToken()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, plain(err)
		}
		if err := r.token(tok, start); err != nil {
			return nil, err
		}
	}
	switch {
	case len(r.open) > 0:
		return nil, fmt.Errorf("the element %s has no end", r.open[len(r.open)-1].Name)
	case r.doc.Root == nil:
		return nil, ErrEmpty
	}
	return r.doc, nil
}

// plain is an error of the decoder; what it says of entities in its own words.
func plain(err error) error {
	if s, ok := err.(*xml.SyntaxError); ok {
		if strings.Contains(s.Msg, "invalid character entity") {
			return ErrDTD
		}
		return fmt.Errorf("no XML, line %d: %s", s.Line, s.Msg)
	}
	return fmt.Errorf("no XML: %w", err)
}

func (r *reader) token(tok xml.Token, start int) error {
	switch t := tok.(type) {
	case xml.StartElement:
		return r.begin(t, start)
	case xml.EndElement:
		return r.end(t, start)
	case xml.CharData:
		if n := len(r.open); n > 0 {
			r.open[n-1].text = append(r.open[n-1].text, string(t))
		} else if strings.TrimSpace(strings.TrimPrefix(string(t), "\ufeff")) != "" {
			return errors.New("text stands outside of the root element")
		}
	case xml.Directive:
		return ErrDTD
	}
	return nil
}

// begin takes a start tag.
func (r *reader) begin(t xml.StartElement, start int) error {
	r.count += 1 + len(t.Attr)
	switch {
	case r.count > r.limits.Elements:
		return ErrElements
	case len(r.open) >= r.limits.Depth:
		return ErrDepth
	case len(r.open) == 0 && r.doc.Root != nil:
		return errors.New("the document has two root elements")
	}
	f := &frame{Element: &Element{Prefix: t.Name.Space, Name: t.Name.Local, Start: start, ContentStart: int(r.dec.InputOffset())}}
	for _, a := range t.Attr {
		switch {
		case a.Name.Space == "xmlns":
			r.declare(f, a.Name.Local, a.Value)
		case a.Name.Space == "" && a.Name.Local == "xmlns":
			r.declare(f, "", a.Value)
		}
	}
	var ok bool
	if f.Space, ok = r.spaces[f.Prefix]; !ok && f.Prefix != "" {
		return fmt.Errorf("the prefix %s is not declared", f.Prefix)
	}
	if err := r.attributes(f, t.Attr); err != nil {
		return err
	}
	if n := len(r.open); n > 0 {
		f.Parent = r.open[n-1].Element
		f.Parent.Children = append(f.Parent.Children, f.Element)
	} else {
		r.doc.Root = f.Element
	}
	r.open = append(r.open, f)
	return nil
}

func (r *reader) attributes(f *frame, list []xml.Attr) error {
	for _, a := range list {
		x := Attr{Prefix: a.Name.Space, Name: a.Name.Local, Value: a.Value}
		if x.Prefix != "" && x.Prefix != "xmlns" {
			var ok bool
			if x.Space, ok = r.spaces[x.Prefix]; !ok {
				return fmt.Errorf("the prefix %s is not declared", x.Prefix)
			}
		}
		for i := range f.Attrs {
			if f.Attrs[i].Prefix == x.Prefix && f.Attrs[i].Name == x.Name {
				return fmt.Errorf("the element %s has the attribute %s twice", f.Name, x.Name)
			}
		}
		f.Attrs = append(f.Attrs, x)
	}
	return nil
}

// declare makes a prefix stand for a namespace until the element of f ends.
func (r *reader) declare(f *frame, prefix, space string) {
	was, had := r.spaces[prefix]
	f.shadows = append(f.shadows, shadow{prefix, was, had})
	r.spaces[prefix] = space
}

// end takes an end tag; the decoder makes one of an empty-element tag, too.
func (r *reader) end(t xml.EndElement, start int) error {
	n := len(r.open)
	if n == 0 {
		return fmt.Errorf("the end of %s has no beginning", t.Name.Local)
	}
	f := r.open[n-1]
	if f.Name != t.Name.Local || f.Prefix != t.Name.Space {
		return fmt.Errorf("the element %s ends as %s", f.Name, t.Name.Local)
	}
	r.open = r.open[:n-1]
	f.ContentEnd, f.End = start, int(r.dec.InputOffset())
	f.Text = strings.Join(f.text, "")
	for i := len(f.shadows) - 1; i >= 0; i-- {
		if s := f.shadows[i]; s.had {
			r.spaces[s.prefix] = s.space
		} else {
			delete(r.spaces, s.prefix)
		}
	}
	return nil
}
