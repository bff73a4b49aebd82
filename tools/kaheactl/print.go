// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc/jsonrpc"
)

// printJSON prints the values as one document: the value where there is one,
// else a list.
func printJSON(w io.Writer, values []any) error {
	var v any = module.List(values)
	if len(values) == 1 {
		v = values[0]
	}
	var out bytes.Buffer
	if err := json.Indent(&out, jsonrpc.Append(nil, lists(v), false), "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err := w.Write(out.Bytes())
	return err
}

// printTable prints the values for people.
func printTable(w io.Writer, values []any) error {
	var p table
	l := make(module.List, len(values))
	for i, v := range values {
		l[i] = paired(lists(v))
	}
	if len(l) == 1 {
		p.value(0, l[0])
	} else {
		p.list(0, l)
	}
	_, err := w.Write(p.b.Bytes())
	return err
}

type table struct{ b bytes.Buffer }

func (p *table) line(indent int, text string) {
	p.b.WriteString(strings.Repeat(" ", indent))
	p.b.WriteString(strings.TrimRight(text, " "))
	p.b.WriteByte('\n')
}

func (p *table) value(indent int, v any) {
	switch v := v.(type) {
	case *module.Struct:
		p.structure(indent, v)
	case module.List:
		p.list(indent, v)
	case module.Rows:
		p.list(indent, v.List())
	default:
		p.line(indent, scalar(v))
	}
}

// structure prints members line by line, the values of one another's names
// aligned.
func (p *table) structure(indent int, s *module.Struct) {
	width := 0
	for _, f := range s.Fields {
		if flat(f.Value) {
			width = max(width, utf8.RuneCountInString(f.Name))
		}
	}
	for _, f := range s.Fields {
		if flat(f.Value) {
			p.line(indent, pad(f.Name, width)+"  "+scalar(f.Value))
			continue
		}
		p.line(indent, f.Name+":"+empty(f.Value))
		if !p.flattened(indent+2, f.Value) {
			p.value(indent+2, f.Value)
		}
	}
}

func empty(v any) string {
	switch v := v.(type) {
	case *module.Struct:
		if len(v.Fields) == 0 {
			return " none"
		}
	case module.Rows:
		if len(v) == 0 {
			return " none"
		}
	case module.List:
		if len(v) == 0 {
			return " none"
		}
	}
	return ""
}

// list prints structures of plain members as a table, anything else one below
// the other.
func (p *table) list(indent int, l module.List) {
	if rows, name, ok := unwrap(l); ok {
		if p.rows(indent, rows) || p.flattened(indent, l) {
			return
		}
		for _, r := range rows {
			p.line(indent, name+":"+empty(r))
			p.structure(indent+2, r)
		}
		return
	}
	rows := make([]*module.Struct, 0, len(l))
	for _, e := range l {
		if s, ok := e.(*module.Struct); ok {
			rows = append(rows, s)
		}
	}
	if len(rows) == len(l) && (p.rows(indent, rows) || p.flattened(indent, l)) {
		return
	}
	for i, e := range l {
		if !flat(e) && i > 0 {
			p.b.WriteByte('\n')
		}
		p.value(indent, e)
	}
}

// rows prints a table; false when a member is not plain.
func (p *table) rows(indent int, rows []*module.Struct) bool {
	var names []string
	for _, r := range rows {
		for _, f := range r.Fields {
			if !flat(f.Value) {
				return false
			}
			if !slices.Contains(names, f.Name) {
				names = append(names, f.Name)
			}
		}
	}
	if len(names) == 0 {
		return len(rows) == 0
	}
	cells := [][]string{names}
	for _, r := range rows {
		line := make([]string, len(names))
		for _, f := range r.Fields {
			line[slices.Index(names, f.Name)] = scalar(f.Value)
		}
		cells = append(cells, line)
	}
	p.grid(indent, cells)
	return true
}

func (p *table) grid(indent int, cells [][]string) {
	width := make([]int, len(cells[0]))
	for _, line := range cells {
		for i, c := range line {
			width[i] = max(width[i], utf8.RuneCountInString(c))
		}
	}
	for n, line := range cells {
		var b strings.Builder
		for i, c := range line {
			if n == 0 {
				c = strings.ToUpper(c)
			}
			b.WriteString(pad(c, width[i]) + "  ")
		}
		p.line(indent, b.String())
	}
}

func flat(v any) bool {
	switch v.(type) {
	case *module.Struct, module.List, module.Rows:
		return false
	}
	return true
}

func pad(s string, width int) string {
	return s + strings.Repeat(" ", max(width-utf8.RuneCountInString(s), 0))
}

// scalar returns a plain value without what would disturb the terminal.
func scalar(v any) string {
	switch v := v.(type) {
	case nil:
		return "<null string>"
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return '?'
		}
		return r
	}, fmt.Sprint(v))
}
