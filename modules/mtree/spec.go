// SPDX-License-Identifier: Apache-2.0

package mtree

import (
	"fmt"
	"strings"
)

// kind is the type of the values of a tree.
type kind uint8

const (
	texts kind = iota
	weights
	integers
)

// spec is the definition of a tree.
type spec struct {
	name, table string
	kind        kind
	// columns are those of the prefix and of the values; none means those of
	// the parameters.
	columns []string
	multi   bool
}

// addSpec takes a parameter mtree.
func (m *Mtree) addSpec(text string) error {
	s, err := parseSpec(text)
	if err != nil {
		return err
	}
	for _, other := range m.specs {
		if other.name == s.name {
			return fmt.Errorf("tree %s is defined twice", s.name)
		}
	}
	m.specs = append(m.specs, s)
	return nil
}

// parseSpec reads name=value pairs with semicolons between them; a value may
// stand in single quotes.
func parseSpec(text string) (*spec, error) {
	s := new(spec)
	for rest := strings.TrimSpace(text); rest != ""; {
		name, behind, ok := strings.Cut(rest, "=")
		if !ok {
			return nil, fmt.Errorf("%q is not of the form name=value", rest)
		}
		var value string
		if quoted, ok := strings.CutPrefix(behind, "'"); ok {
			if value, behind, ok = strings.Cut(quoted, "'"); !ok {
				return nil, fmt.Errorf("the quote in %q has no end", text)
			}
			if behind = strings.TrimSpace(behind); behind != "" && behind[0] != ';' {
				return nil, fmt.Errorf("a semicolon is expected before %q", behind)
			}
			rest = strings.TrimPrefix(behind, ";")
		} else {
			value, rest, _ = strings.Cut(behind, ";")
		}
		if err := s.set(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return nil, err
		}
		rest = strings.TrimSpace(rest)
	}
	switch {
	case s.name == "":
		return nil, fmt.Errorf("%q has no name", text)
	case s.table == "":
		return nil, fmt.Errorf("tree %s has no dbtable", s.name)
	case len(s.columns) > 0 && (s.kind != texts || s.multi):
		return nil, fmt.Errorf("tree %s: cols is only for type 0, and without multi", s.name)
	}
	return s, nil
}

func (s *spec) set(name, value string) error {
	switch name {
	case "name":
		s.name = value
	case "dbtable":
		s.table = value
	case "type":
		if len(value) != 1 || value[0] < '0' || value[0] > '2' {
			return fmt.Errorf("%q is no type of a tree: 0, 1 and 2 are", value)
		}
		s.kind = kind(value[0] - '0')
	case "multi":
		if value != "0" && value != "1" {
			return fmt.Errorf("multi is 0 or 1, not %q", value)
		}
		s.multi = value == "1"
	case "cols":
		for _, c := range strings.Split(value, ",") {
			s.columns = append(s.columns, strings.TrimSpace(c))
		}
		if len(s.columns) < 2 {
			return fmt.Errorf("cols %q needs the column of the prefix and one of a value", value)
		}
	default:
		return fmt.Errorf("a tree has no %q: name, dbtable, type, multi and cols are", name)
	}
	return nil
}
