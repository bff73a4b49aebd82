// SPDX-License-Identifier: Apache-2.0

package json

import (
	"errors"
	"strconv"
	"strings"
)

// Path leads to a part of a document: foo.bar[0][1].baz.
type Path []Step

// Step is a member's name, or an index.
type Step struct {
	Name  string
	Index int // -1 for a name
}

// ErrPath is the error of a text that is no path.
var ErrPath = errors.New("a path is written foo.bar[0].baz")

// ParsePath reads a path; an empty one leads to the whole.
func ParsePath(text string) (Path, error) {
	var p Path
	for text != "" {
		if text[0] == '[' {
			inner, rest, ok := strings.Cut(text[1:], "]")
			n, err := strconv.ParseUint(inner, 10, 31)
			if !ok || err != nil || rest != "" && rest[0] != '[' && rest[0] != '.' {
				return nil, ErrPath
			}
			p = append(p, Step{Index: int(n)})
			text = rest
			continue
		}
		if len(p) > 0 {
			text = text[1:] // the dot
		}
		end := strings.IndexAny(text, ".[")
		if end < 0 {
			end = len(text)
		}
		if end == 0 {
			return nil, ErrPath
		}
		p = append(p, Step{Name: text[:end], Index: -1})
		text = text[end:]
	}
	return p, nil
}

// step returns the part that a step leads to, nil where there is none.
func (v *Value) step(s Step) *Value {
	switch {
	case s.Index >= 0 && v.Kind == Array && s.Index < len(v.Items):
		return v.Items[s.Index]
	case s.Index < 0 && v.Kind == Object:
		return v.Member(s.Name)
	}
	return nil
}

// At returns the part that a path leads to, nil where there is none.
func (v *Value) At(p Path) *Value {
	for _, s := range p {
		if v = v.step(s); v == nil {
			return nil
		}
	}
	return v
}

// SetAt puts a value where a path leads: objects on the way are made where they are
// missing, an index has to be there. False where that cannot be.
func (v *Value) SetAt(p Path, to *Value) bool {
	if len(p) == 0 {
		return false
	}
	s, rest := p[0], p[1:]
	switch {
	case s.Index >= 0:
		if v.Kind != Array || s.Index >= len(v.Items) {
			return false
		}
		if len(rest) == 0 {
			v.Items[s.Index] = to
			return true
		}
		return v.Items[s.Index].SetAt(rest, to)
	case v.Kind != Object:
		return false
	case len(rest) == 0:
		v.Set(s.Name, to)
		return true
	}
	next := v.Member(s.Name)
	if next != nil {
		return next.SetAt(rest, to)
	}
	next = &Value{Kind: Object}
	if !next.SetAt(rest, to) {
		return false
	}
	v.Set(s.Name, next)
	return true
}

// Add appends a value to an array, or the members of an object to an object. False
// for others.
func (v *Value) Add(more *Value) bool {
	switch {
	case v.Kind == Array:
		v.Items = append(v.Items, more)
	case v.Kind == Object && more.Kind == Object:
		for _, m := range more.Members {
			v.Set(m.Name, m.Value)
		}
	default:
		return false
	}
	return true
}
