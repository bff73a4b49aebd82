// SPDX-License-Identifier: Apache-2.0

// Package xmlrpc reads and writes XML-RPC as Kamailio's xmlrpc module does.
package xmlrpc

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// ErrDocument is the error for what is no document of XML-RPC.
var ErrDocument = errors.New("Invalid XML-RPC Document")

// Limits of a document: how deep values stand in each other, and how many there are.
const (
	maxDepth  = 32
	maxValues = 10000
)

// Call is a call of a method.
type Call struct {
	Method string
	Args   []any
}

// element is an element of the document: its text, or what stands in it.
type element struct {
	name     string
	text     strings.Builder
	children []*element
}

// child returns the first element of that name, or nil.
func (e *element) child(name string) *element {
	if e != nil {
		for _, c := range e.children {
			if c.name == name {
				return c
			}
		}
	}
	return nil
}

// Parse reads a call. Of entities only those of XML itself are known, so that a document is never longer than its text.
func Parse(doc []byte) (Call, error) {
	root, err := tree(doc)
	if err != nil || root == nil || root.name != "methodCall" {
		return Call{}, ErrDocument
	}
	name := root.child("methodName")
	if name == nil {
		return Call{}, ErrDocument
	}
	call := Call{Method: strings.TrimSpace(name.text.String())}
	params := root.child("params")
	if params == nil {
		return call, nil
	}
	for _, p := range params.children {
		v, err := value(p.child("value"))
		if p.name != "param" || err != nil {
			return Call{}, ErrDocument
		}
		call.Args = append(call.Args, v)
	}
	return call, nil
}

// tree reads the elements of a document.
func tree(doc []byte) (root *element, err error) {
	d := xml.NewDecoder(bytes.NewReader(doc))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // texts are taken as bytes
	var open []*element
	count := 0
	for {
		tok, err := d.RawToken()
		if err == io.EOF && len(open) == 0 {
			return root, nil
		}
		if err != nil {
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			e := &element{name: t.Name.Local}
			count++
			switch {
			case len(open) > 3*maxDepth || count > 4*maxValues || len(open) == 0 && root != nil:
				return nil, ErrDocument
			case len(open) == 0:
				root = e
			default:
				up := open[len(open)-1]
				up.children = append(up.children, e)
			}
			open = append(open, e)
		case xml.EndElement:
			if len(open) == 0 || open[len(open)-1].name != t.Name.Local {
				return nil, ErrDocument
			}
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 {
				open[len(open)-1].text.Write(t)
			}
		}
	}
}

// value reads what stands in a value: a type, or a text without one.
func value(e *element) (any, error) {
	switch {
	case e == nil:
		return nil, ErrDocument
	case len(e.children) == 0:
		return e.text.String(), nil
	}
	t := e.children[0]
	text := strings.TrimSpace(t.text.String())
	switch t.name {
	case "string":
		return t.text.String(), nil
	case "int", "i4", "i8", "boolean":
		return parsed(strconv.ParseInt(text, 10, 64))
	case "double":
		return parsed(strconv.ParseFloat(text, 64))
	case "array":
		return array(t.child("data"))
	case "struct":
		return structure(t)
	case "base64", "dateTime.iso8601":
		return text, nil
	}
	return nil, ErrDocument
}

func parsed[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, ErrDocument
	}
	return v, nil
}

func array(data *element) (any, error) {
	if data == nil {
		return nil, ErrDocument
	}
	list := module.List{}
	for _, c := range data.children {
		v, err := value(c)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func structure(t *element) (any, error) {
	s := &module.Struct{}
	for _, m := range t.children {
		name := m.child("name")
		v, err := value(m.child("value"))
		if name == nil || err != nil {
			return nil, ErrDocument
		}
		s.Add(name.text.String(), v)
	}
	return s, nil
}
