// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// search is search(re): in the whole message, first line included.
func search(c *module.Call, a module.Args) module.Result {
	re, ok := a[0].Data.(*ere.Regexp)
	if !ok {
		return c.Fail("search", a[0].Err)
	}
	return module.Bool(re.MatchString(c.Msg.Raw()))
}

// searchBody is search_body(re).
func searchBody(c *module.Call, a module.Args) module.Result {
	re, ok := a[0].Data.(*ere.Regexp)
	if !ok {
		return c.Fail("search_body", a[0].Err)
	}
	body := c.Msg.Body()
	return module.Bool(body != "" && re.MatchString(body))
}

// searchText is search_str(text, re).
func searchText(c *module.Call, a module.Args) module.Result {
	re, ok := a[1].Data.(*ere.Regexp)
	if !ok {
		return c.Fail("search_str", a[1].Err)
	}
	return module.Bool(re.MatchString(a.Str(0)))
}

// searchHeader is search_hf(hf, re, flags): in values.
func searchHeader(c *module.Call, a module.Args) module.Result {
	re, ok := a[1].Data.(*ere.Regexp)
	if !ok {
		return c.Fail("search_hf", a[1].Err)
	}
	which, ok := a[2].Data.(selection)
	if !ok {
		return c.Fail("search_hf", a[2].Err)
	}
	found := module.False
	selected(c.Msg, a.Str(0), which, func(i int) bool {
		if re.MatchString(c.Msg.HeaderValueAt(i)) {
			found = module.True
		}
		return found == module.False
	})
	return found
}

// selected calls f for the headers that a selection means until f returns
// false.
func selected(m *sip.Message, name string, which selection, f func(i int) bool) {
	last := -1
	for i := m.FirstNamed(name); i >= 0; i = m.NextNamed(name, i) {
		if which == lastHeader {
			last = i
			continue
		}
		if !f(i) || which == firstHeader {
			return
		}
	}
	if last >= 0 {
		f(last)
	}
}

// searchAppend makes search_append(re, txt) and search_append_body(re, txt):
// txt goes behind the first match.
func searchAppend(part part) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		re, ok := a[0].Data.(*ere.Regexp)
		if !ok {
			return c.Fail("search_append", a[0].Err)
		}
		text, base := part.of(c.Msg)
		loc := re.Find(text)
		if loc == nil {
			return module.False
		}
		c.Msg.Insert(base+loc[1], sip.After, a.Str(1))
		return module.True
	}
}
