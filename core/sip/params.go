// SPDX-License-Identifier: Apache-2.0

package sip

import "strings"

// Params is the text of a parameter list as written, without the first separator: "lr;transport=tcp;r2=on".
// Separators inside quoted strings do not count.
type Params string

// Param is one parameter of a list.
type Param struct {
	// Name as written.
	Name string
	// Value as written (quotes kept), without blanks around it; "" when there is none.
	Value string
	// HasValue says whether an equals sign stood there.
	HasValue bool
}

// Next cuts the first parameter off: ok is false when the list is empty. Empty parameters (";;") are passed over.
func (p Params) Next() (first Param, rest Params, ok bool) {
	s := string(p)
	for len(s) > 0 {
		end := listEnd(s, ';')
		item := trim(s[:end])
		if end < len(s) {
			s = s[end+1:]
		} else {
			s = ""
		}
		if item == "" {
			continue
		}
		return splitParam(item), Params(s), true
	}
	return Param{}, "", false
}

func splitParam(item string) Param {
	for i := 0; i < len(item); i++ {
		if item[i] == '=' {
			return Param{trim(item[:i]), trim(item[i+1:]), true}
		}
	}
	return Param{Name: item}
}

// Lookup finds the first parameter with this name, in any case.
func (p Params) Lookup(name string) (value string, ok bool) {
	for {
		var x Param
		if x, p, ok = p.Next(); !ok {
			return "", false
		}
		if equalFold(x.Name, name) {
			return x.Value, true
		}
	}
}

// Has says whether a parameter with this name is there, with or without a value.
func (p Params) Has(name string) bool {
	_, ok := p.Lookup(name)
	return ok
}

// Unquote takes the quotes off a quoted string; other text comes back as it is. Escapes inside are kept.
func Unquote(s string) string {
	if len(s) >= 2 && s[0] == '"' && s[len(s)-1] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// listEnd is the offset of the first sep (a comma or semicolon) outside quotes and angle brackets, or len(s). What is opened and not
// closed reaches to the end.
//
// Hot path: a table lookup for each byte instead of a switch.
func listEnd(s string, sep byte) int {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if classes[c]&classList == 0 {
			continue
		}
		switch c {
		case sep:
			return i
		case '"':
			n := quotedLen(s[i:])
			if n == 0 {
				return len(s)
			}
			i += n - 1
		case '<':
			n := strings.IndexByte(s[i:], '>')
			if n < 0 {
				return len(s) // to look again from each of many brackets would take the square of the time
			}
			i += n
		}
	}
	return len(s)
}

// NextListValue cuts the first value off a comma-separated list, blanks around it removed. Commas inside quotes and angle brackets do
// not count. Empty values are passed over; ok is false at the end.
func NextListValue(list string) (value, rest string, ok bool) {
	if strings.IndexByte(list, ',') < 0 {
		value = trim(list)
		return value, "", value != ""
	}
	for len(list) > 0 {
		end := listEnd(list, ',')
		value = trim(list[:end])
		if end < len(list) {
			list = list[end+1:]
		} else {
			list = ""
		}
		if value != "" {
			return value, list, true
		}
	}
	return "", "", false
}
