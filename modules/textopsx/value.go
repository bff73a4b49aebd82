// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// addHeader adds "name: text" at an offset.
func addHeader(c *module.Call, at int, name, text string) {
	line := append(append(c.Mem.Begin(), name...), ": "...)
	line = append(append(line, text...), "\r\n"...)
	c.Msg.Insert(at, sip.After, c.Mem.Keep(line))
}

// addParam puts separator, name and, where it is not empty, "=text" at an
// offset.
func addParam(c *module.Call, at int, separator, name, text string) {
	p := append(append(c.Mem.Begin(), separator...), name...)
	if text != "" {
		p = append(append(p, '='), text...)
	}
	c.Msg.Insert(at, sip.After, c.Mem.Keep(p))
}

// appendValue is append_hf_value(hf, hvalue).
func appendValue(c *module.Call, a module.Args) module.Result {
	p, ok := a[0].Data.(*place)
	if !ok {
		return c.Fail("append_hf_value", a[0].Err)
	}
	if p.indexed {
		for _, v := range p.in(lists.values(c.Msg, p.header)) {
			c.Msg.Insert(v.end, sip.After, c.Mem.Keep(append(append(c.Mem.Begin(), ','), a.Str(1)...)))
			return module.True
		}
	}
	addHeader(c, c.Msg.HeadersEnd(), p.header, a.Str(1))
	return module.True
}

// insertValue is insert_hf_value(hf, hvalue).
func insertValue(c *module.Call, a module.Args) module.Result {
	p, ok := a[0].Data.(*place)
	if !ok {
		return c.Fail("insert_hf_value", a[0].Err)
	}
	first := c.Msg.FirstNamed(p.header)
	switch {
	case first < 0:
		addHeader(c, c.Msg.HeadersEnd(), p.header, a.Str(1))
		return module.True
	case !p.indexed:
		addHeader(c, c.Msg.Header(first).Start, p.header, a.Str(1))
		return module.True
	}
	for _, v := range p.in(lists.values(c.Msg, p.header)) {
		c.Msg.Insert(v.start, sip.After, c.Mem.Keep(append(append(c.Mem.Begin(), a.Str(1)...), ',')))
		return module.True
	}
	return module.False
}

// removeValue makes remove_hf_value and remove_hf_value2(hf_par).
func removeValue(s splitter) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		p, ok := a[0].Data.(*place)
		if !ok {
			return c.Fail("remove_hf_value", a[0].Err)
		}
		found := module.False
		for _, v := range p.in(s.values(c.Msg, p.header)) {
			switch {
			case p.param != "":
				if !s.removeParam(c.Msg, v, p.param) {
					continue
				}
			case p.all || s == wholes:
				c.Msg.DeleteHeader(v.header)
			default:
				remove(c.Msg, v)
			}
			found = module.True
		}
		return found
	}
}

// remove cuts a value with the comma behind it, or the one before it where it
// is the last of its header; the header where it is the only one. Other cuts
// are not looked at, as in Kamailio: two removals may leave an empty header.
func remove(m *sip.Message, v value) {
	raw, whole := m.Raw(), span(m, v.header, m.HeaderValueAt(v.header))
	switch {
	case v.start == whole.start && v.end == whole.end:
		m.DeleteHeader(v.header)
	case v.start == whole.start:
		m.Delete(v.start, v.end+strings.IndexByte(raw[v.end:], ',')+1)
	default:
		m.Delete(strings.LastIndexByte(raw[:v.start], ','), v.end)
	}
}

// assignValue makes assign_hf_value and assign_hf_value2(hf, hvalue).
func assignValue(s splitter) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		p, ok := a[0].Data.(*place)
		if !ok {
			return c.Fail("assign_hf_value", a[0].Err)
		}
		found := module.False
		for _, v := range p.in(s.values(c.Msg, p.header)) {
			if p.param == "" {
				c.Msg.Replace(v.start, v.end, a.Str(1))
			} else {
				s.assignParam(c, v, p.param, a.Str(1))
			}
			found = module.True
		}
		return found
	}
}

// includeValue is include_hf_value(hf, hvalue).
func includeValue(c *module.Call, a module.Args) module.Result {
	name, text := a.Str(0), a.Str(1)
	for _, v := range lists.values(c.Msg, name) {
		if sip.EqualFold(c.Msg.Raw()[v.start:v.end], text) {
			return module.True
		}
	}
	if i := c.Msg.FirstNamed(name); i >= 0 {
		whole := span(c.Msg, i, c.Msg.HeaderValueAt(i))
		c.Msg.Insert(whole.end, sip.After, c.Mem.Keep(append(append(c.Mem.Begin(), ','), text...)))
		return module.True
	}
	addHeader(c, c.Msg.HeadersEnd(), name, text)
	return module.True
}

// excludeValue is exclude_hf_value(hf, hvalue).
func excludeValue(c *module.Call, a module.Args) module.Result {
	for _, v := range lists.values(c.Msg, a.Str(0)) {
		if sip.EqualFold(c.Msg.Raw()[v.start:v.end], a.Str(1)) {
			remove(c.Msg, v)
		}
	}
	return module.True
}

// hasValue is hf_value_exists(hf, hvalue). Underscores in the name stand for
// dashes.
func hasValue(c *module.Call, a module.Args) module.Result {
	for _, v := range lists.values(c.Msg, strings.ReplaceAll(a.Str(0), "_", "-")) {
		if sip.EqualFold(c.Msg.Raw()[v.start:v.end], a.Str(1)) {
			return module.True
		}
	}
	return module.False
}
