// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// Values of headers are named by
//
//	place = header [ "[" ( index / "*" ) "]" ] [ "." parameter ]
//
// The index counts the values of all headers of the name, comma lists taken
// apart, from 1; -1 is the last one. Where a header is a list of parameters
// itself, as Authorization is, it counts headers.

var (
	errPlace = errors.New(`a value is written "header[index].parameter"`)
	errIndex = errors.New("an index is a number or *")
	errParam = errors.New("a parameter makes no sense here")
	errAll   = errors.New("all values at once need a parameter")
)

// place is a compiled name of a value.
type place struct {
	header  string
	index   int
	indexed bool
	all     bool
	param   string
}

func parsePlace(text string) (*place, error) {
	name, param, dotted := strings.Cut(text, ".")
	if dotted && param == "" {
		return nil, errPlace
	}
	p := &place{header: name, index: 1, param: param}
	if header, rest, ok := strings.Cut(name, "["); ok {
		index, closed := strings.CutSuffix(rest, "]")
		if !closed {
			return nil, errPlace
		}
		p.header, p.indexed = header, true
		if p.all = index == "*"; !p.all {
			n, err := strconv.Atoi(index)
			switch {
			case err != nil:
				return nil, errIndex
			case n == 0: // as without index
				p.indexed = false
			default:
				p.index = n
			}
		}
	}
	if p.header = strings.TrimSpace(p.header); !sip.IsToken(p.header) {
		return nil, fmt.Errorf("%w, %q is no header name", errPlace, p.header)
	}
	return p, nil
}

// anyPlace, valuePlace and assignedPlace are Compile functions for what the
// functions take of a place.
func anyPlace(text string) (any, error) { return parsePlace(text) }

func valuePlace(text string) (any, error) {
	p, err := parsePlace(text)
	switch {
	case err != nil:
		return nil, err
	case p.param != "":
		return nil, errParam
	case p.all:
		return nil, errAll
	}
	return p, nil
}

func assignedPlace(text string) (any, error) {
	p, err := parsePlace(text)
	switch {
	case err != nil:
		return nil, err
	case p.all && p.param == "":
		return nil, errAll
	}
	return p, nil
}

// value is one value of a message, as offsets.
type value struct {
	header     int
	start, end int
}

// splitter tells how a header is taken apart.
type splitter uint8

const (
	// lists takes comma lists apart.
	lists splitter = iota
	// wholes takes a header as one value.
	wholes
)

// values returns the values of all headers of a name.
func (s splitter) values(m *sip.Message, name string) []value {
	var all []value
	for i := m.FirstNamed(name); i >= 0; i = m.NextNamed(name, i) {
		text := m.HeaderValueAt(i)
		if s == wholes {
			all = append(all, span(m, i, text))
			continue
		}
		for v, rest, ok := sip.NextListValue(text); ok; v, rest, ok = sip.NextListValue(rest) {
			all = append(all, span(m, i, v))
		}
	}
	return all
}

func span(m *sip.Message, header int, text string) value {
	at := m.Offset(text)
	return value{header, at, at + len(text)}
}

// in returns the values that the place names, none when there is no such one.
func (p *place) in(all []value) []value {
	if p.all {
		return all
	}
	i := p.index - 1
	if p.index < 0 {
		i = len(all) + p.index
	}
	if i < 0 || i >= len(all) {
		return nil
	}
	return all[i : i+1]
}
