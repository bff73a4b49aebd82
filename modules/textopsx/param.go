// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// param is a parameter of a value, as offsets: start is its name's, nameEnd
// behind that, end behind its value.
type param struct{ start, nameEnd, end int }

// find looks for a parameter of a value.
func (s splitter) find(m *sip.Message, v value, name string) (param, bool) {
	text := m.Raw()[v.start:v.end]
	if s == wholes {
		return findCredential(m, text, name)
	}
	for rest := sip.Params(text[paramsAt(text):]); ; {
		one, more, ok := rest.Next()
		if !ok {
			return param{}, false
		}
		if sip.EqualFold(one.Name, name) {
			at := m.Offset(one.Name)
			p := param{at, at + len(one.Name), at + len(one.Name)}
			if one.HasValue {
				p.end = m.Offset(one.Value) + len(one.Value)
			}
			return p, true
		}
		rest = more
	}
}

// paramsAt is where the parameters of a value begin, behind the semicolon:
// those outside of angle brackets.
func paramsAt(text string) int {
	quoted, bracketed := false, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted:
			if c == '\\' {
				i++
			}
			quoted = c != '"'
		case c == '"':
			quoted = true
		case c == '<':
			bracketed = true
		case c == '>':
			bracketed = false
		case c == ';' && !bracketed:
			return i + 1
		}
	}
	return len(text)
}

// findCredential looks for a parameter of a header such as Authorization: a
// scheme, then a comma list.
func findCredential(m *sip.Message, text, name string) (param, bool) {
	_, list, _ := strings.Cut(text, " ")
	for one, rest, ok := sip.NextListValue(list); ok; one, rest, ok = sip.NextListValue(rest) {
		key, _, _ := strings.Cut(one, "=")
		if key = strings.TrimRight(key, " \t"); sip.EqualFold(key, name) {
			at := m.Offset(one)
			return param{at, at + len(key), at + len(one)}, true
		}
	}
	return param{}, false
}

// removeParam cuts a parameter with its separator.
func (s splitter) removeParam(m *sip.Message, v value, name string) bool {
	p, ok := s.find(m, v, name)
	if !ok {
		return false
	}
	raw := m.Raw()
	if s == lists {
		m.Delete(strings.LastIndexByte(raw[:p.start], ';'), p.end)
		return true
	}
	before := strings.TrimRight(raw[v.start:p.start], " \t")
	switch comma := strings.IndexByte(raw[p.end:v.end], ','); {
	case strings.HasSuffix(before, ","):
		m.Delete(v.start+len(before)-1, p.end)
	case comma >= 0:
		m.Delete(p.start, p.end+comma+1)
	default:
		m.Delete(p.start, p.end)
	}
	return true
}

// assignParam sets a parameter; an empty text leaves its name alone.
func (s splitter) assignParam(c *module.Call, v value, name, text string) {
	p, ok := s.find(c.Msg, v, name)
	switch {
	case ok && text == "":
		c.Msg.Delete(p.nameEnd, p.end)
	case ok:
		c.Msg.Delete(p.nameEnd, p.end)
		addParam(c, p.nameEnd, "", "", text)
	case s == lists:
		addParam(c, v.end, ";", name, text)
	case strings.Contains(c.Msg.Raw()[v.start:v.end], "="):
		addParam(c, v.end, ",", name, text)
	default:
		addParam(c, v.end, " ", name, text)
	}
}
