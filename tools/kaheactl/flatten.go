// SPDX-License-Identifier: Apache-2.0

package main

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/kahea-sip/kahea/core/module"
)

// Structures within structures become one table where that can be read:
//
//	{set: 1, targets: [{uri: a, attrs: {weight: 5}}, {uri: b, attrs: {weight: 6}}]}
//
// is
//
//	SET  URI  WEIGHT
//	1    a    5
//	1    b    6
//
// What encloses a list stands in each of its rows, as programs that look for lines
// want it. A structure with two lists has no such form.

// maxWidth is the width of a table that is no pleasure any more: then columns
// that say the same in all rows stand above it once, those that say nothing
// nowhere, and if that is no help it is printed as it is nested.
const maxWidth = 160

// cell is one value with the names that lead to it.
type cell struct {
	path []string
	text string
}

// flatten returns the rows of a value; false where it has no form as a table.
func flatten(path []string, v any) (rows [][]cell, ok bool) {
	switch v := v.(type) {
	case module.Rows:
		return flatten(path, v.List())
	case module.List:
		return flattenList(path, v)
	case *module.Struct:
		return flattenStruct(path, v)
	}
	return [][]cell{{{path, scalar(v)}}}, true
}

func flattenList(path []string, l module.List) (rows [][]cell, ok bool) {
	var plain []string
	for _, e := range l {
		if flat(e) {
			plain = append(plain, scalar(e))
			continue
		}
		r, ok := flatten(path, e)
		if !ok {
			return nil, false
		}
		rows = append(rows, r...)
	}
	switch {
	case len(plain) == 0:
		return rows, true
	case len(rows) == 0:
		return [][]cell{{{path, strings.Join(plain, ", ")}}}, true
	}
	return nil, false
}

func flattenStruct(path []string, s *module.Struct) (rows [][]cell, ok bool) {
	rows = [][]cell{nil}
	for _, f := range s.Fields {
		r, ok := flatten(append(slices.Clip(path), f.Name), f.Value)
		switch {
		case !ok || len(r) > 1 && len(rows) > 1:
			return nil, false
		case len(r) == 0:
			continue // an empty list
		case len(r) == 1:
			for i := range rows {
				rows[i] = append(rows[i], r[0]...)
			}
		default:
			before := rows[0]
			rows = rows[:0]
			for _, more := range r {
				rows = append(rows, append(slices.Clip(before), more...))
			}
		}
	}
	return rows, true
}

// paired makes one structure of a member that is a list of structures with a name
// each, as dlg.list has for profiles and variables: [{a: 1}, {b: 2}] is {a: 1, b: 2}.
// Values of a name that comes again stand beside one another. What is no such list,
// [{a: 1}, {a: 2}], stays a list.
func paired(v any) any {
	switch v := v.(type) {
	case module.Rows:
		return paired(v.List())
	case module.List:
		l := make(module.List, len(v))
		for i, e := range v {
			l[i] = paired(e)
		}
		return l
	case *module.Struct:
		s := &module.Struct{}
		for _, f := range v.Fields {
			value := paired(f.Value)
			if l, ok := value.(module.List); ok {
				if one := pairs(l); one != nil {
					value = one
				}
			}
			s.Add(f.Name, value)
		}
		return s
	}
	return v
}

// pairs is the structure of a list of pairs; nil where it is none.
func pairs(l module.List) *module.Struct {
	one, at := &module.Struct{}, map[string]int{}
	for _, e := range l {
		s, ok := e.(*module.Struct)
		if !ok || len(s.Fields) != 1 || !flat(s.Fields[0].Value) {
			return nil
		}
		f := s.Fields[0]
		if i, again := at[f.Name]; again {
			one.Fields[i].Value = scalar(one.Fields[i].Value) + ", " + scalar(f.Value)
			continue
		}
		at[f.Name] = len(one.Fields)
		one.Add(f.Name, f.Value)
	}
	if len(one.Fields) < 2 {
		return nil
	}
	return one
}

// sheet is a table with its names.
type sheet struct {
	names []string
	cells [][]string
}

// newSheet lines cells up by the names that lead to them. Of these the last one
// is shown, and as many before it as tell it from others.
func newSheet(rows [][]cell) *sheet {
	var paths [][]string
	at := map[string]int{}
	for _, r := range rows {
		for _, c := range r {
			if key := strings.Join(c.path, "\x00"); at[key] == 0 {
				paths = append(paths, c.path)
				at[key] = len(paths)
			}
		}
	}
	s := &sheet{names: shortNames(paths)}
	for _, r := range rows {
		line := make([]string, len(paths))
		for _, c := range r {
			line[at[strings.Join(c.path, "\x00")]-1] = c.text
		}
		s.cells = append(s.cells, line)
	}
	return s
}

func shortNames(paths [][]string) []string {
	names := make([]string, len(paths))
	for i, p := range paths {
		for n := 1; n <= len(p); n++ {
			names[i] = strings.Join(p[len(p)-n:], ".")
			alone := true
			for j, q := range paths {
				if j != i && strings.HasSuffix("."+strings.Join(q, "."), "."+names[i]) {
					alone = false
				}
			}
			if alone {
				break
			}
		}
	}
	return names
}

func (s *sheet) width() (all int) {
	for i := range s.names {
		w := utf8.RuneCountInString(s.names[i])
		for _, line := range s.cells {
			w = max(w, utf8.RuneCountInString(line[i]))
		}
		all += w + 2
	}
	return all
}

// narrow takes out the columns that are the same in all rows, and returns those
// that say something.
func (s *sheet) narrow() (same *module.Struct) {
	same = &module.Struct{}
	narrow := &sheet{cells: make([][]string, len(s.cells))}
	for i, name := range s.names {
		first := s.cells[0][i]
		if !slices.ContainsFunc(s.cells, func(line []string) bool { return line[i] != first }) {
			if !saysNothing(first) {
				same.Add(name, first)
			}
			continue
		}
		narrow.names = append(narrow.names, name)
		for n, line := range s.cells {
			narrow.cells[n] = append(narrow.cells[n], line[i])
		}
	}
	*s = *narrow
	return same
}

// saysNothing tells whether a text is how a command says that there is none.
func saysNothing(text string) bool {
	switch text {
	case "", "<null string>", "<null>", "[not set]", "n/a":
		return true
	}
	return false
}

// flattened prints a list of structures within structures as a table; false
// where that is no help.
func (p *table) flattened(indent int, v any) bool {
	rows, ok := flatten(nil, v)
	if !ok || len(rows) < 2 {
		return false
	}
	s := newSheet(rows)
	if len(s.names) < 2 {
		return false
	}
	if s.width()+indent > maxWidth {
		same := s.narrow()
		if len(s.names) == 0 || s.width()+indent > maxWidth {
			return false
		}
		p.structure(indent, same)
		p.b.WriteByte('\n')
	}
	p.grid(indent, append([][]string{s.names}, s.cells...))
	return true
}
