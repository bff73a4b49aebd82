// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// headerFunctions are those of KSR.hdr.
func headerFunctions() []module.Function {
	line := str("text", `complete header with its line end (\r\n)`)
	name := str("name", "name of a header")
	index := num("index", "0 is the first, -1 the last one")
	list := []module.Function{
		{Name: "hdr.append", Args: []module.Arg{line}, Run: appendHeader, Doc: "Adds a header behind all others."},
		{Name: "hdr.append_after", Args: []module.Arg{line, name}, Run: appendHeaderAfter, Doc: "Adds a header behind the last one of a name."},
		{Name: "hdr.insert", Args: []module.Arg{line}, Run: insertHeader, Doc: "Adds a header in front of all others."},
		{Name: "hdr.insert_before", Args: []module.Arg{line, name}, Run: insertHeaderBefore, Doc: "Adds a header in front of the first one of a name."},
		{Name: "hdr.remove", Args: []module.Arg{name}, Run: removeHeader, Doc: "Removes all headers of a name; true also when there is none."},
		{Name: "hdr.rmappend", Args: []module.Arg{name, line}, Run: func(c *module.Call, a module.Args) module.Result { removeHeader(c, a); return appendHeader(c, a[1:]) }, Doc: "Removes all headers of a name and adds one behind all others."},
		{Name: "hdr.rminsert", Args: []module.Arg{name, line}, Run: func(c *module.Call, a module.Args) module.Result { removeHeader(c, a); return insertHeader(c, a[1:]) }, Doc: "Removes all headers of a name and adds one in front of all others."},
		{Name: "hdr.is_present", Args: []module.Arg{name}, Run: func(c *module.Call, a module.Args) module.Result { return module.Bool(c.Msg.FirstNamed(a.Str(0)) >= 0) }, Doc: "True when the message arrived with such a header."},
		{Name: "hdr.append_to_reply", Args: []module.Arg{line}, Run: appendToReply, Doc: "Adds a header to replies of our own."},
		{Name: "hdr.match_content", Lua: "hdr.match_content bool", Args: []module.Arg{name, str("op", "eq equal, ne not equal, sw starts with, in contains"), str("text", "what to compare with"),
			str("which", "f the first, l the last, a all of the name, o one of them")}, Run: matchHeader, Doc: "Compares the contents of headers."},
	}
	for _, f := range onNull {
		list = append(list,
			module.Function{Name: "hdr.get" + f.suffix, Args: []module.Arg{name}, Doc: "The content of the first header of a name, " + f.doc + " without one.",
				Get: func(c *module.Call, a module.Args) module.Value {
					return orNull(headerContent(c, a.Str(0), 0), f.value)
				}},
			module.Function{Name: "hdr.get" + f.suffix + "_idx", Args: []module.Arg{name, index}, Doc: "The content of one header of a name, " + f.doc + " without one.",
				Get: func(c *module.Call, a module.Args) module.Value {
					return orNull(headerContent(c, a.Str(0), a.Int(1, 0)), f.value)
				}})
	}
	return list
}

// onNull are the ways in which the get functions of KSR say that there is
// nothing.
var onNull = []struct {
	suffix, doc string
	value       module.Value
}{
	{"", "nil", module.Value{}}, {"e", "the empty string", avp.String("")}, {"w", "<null>", avp.String("<null>")},
}

func orNull(v, null module.Value) module.Value {
	if v.IsNull() {
		return null
	}
	return v
}

func headerContent(c *module.Call, name string, index int) module.Value {
	m := c.Msg
	if index < 0 {
		n := 0
		for i := m.FirstNamed(name); i >= 0; i = m.NextNamed(name, i) {
			n++
		}
		if index += n; index < 0 {
			return module.Value{}
		}
	}
	for i := m.FirstNamed(name); i >= 0; i = m.NextNamed(name, i) {
		if index == 0 {
			return avp.String(m.HeaderValueAt(i))
		}
		index--
	}
	return module.Value{}
}

var errNoHeader = errors.New("the header is empty")

func appendHeader(c *module.Call, a module.Args) module.Result {
	if a.Str(0) == "" {
		return c.Fail("KSR.hdr.append", errNoHeader)
	}
	c.Msg.AppendHeader(a.Str(0))
	return module.True
}

func appendHeaderAfter(c *module.Call, a module.Args) module.Result {
	if a.Str(0) == "" {
		return c.Fail("KSR.hdr.append_after", errNoHeader)
	}
	at := c.Msg.HeadersEnd()
	for i := c.Msg.FirstNamed(a.Str(1)); i >= 0; i = c.Msg.NextNamed(a.Str(1), i) {
		at = c.Msg.Header(i).End
	}
	c.Msg.Insert(at, sip.After, a.Str(0))
	return module.True
}

func insertHeader(c *module.Call, a module.Args) module.Result {
	if a.Str(0) == "" {
		return c.Fail("KSR.hdr.insert", errNoHeader)
	}
	c.Msg.PrependHeader(a.Str(0))
	return module.True
}

func insertHeaderBefore(c *module.Call, a module.Args) module.Result {
	if a.Str(0) == "" {
		return c.Fail("KSR.hdr.insert_before", errNoHeader)
	}
	at := c.Msg.FirstLineEnd()
	if i := c.Msg.FirstNamed(a.Str(1)); i >= 0 {
		at = c.Msg.Header(i).Start
	}
	c.Msg.Insert(at, sip.After, a.Str(0))
	return module.True
}

func removeHeader(c *module.Call, a module.Args) module.Result {
	name := a.Str(0)
	if name == "" {
		return c.Fail("KSR.hdr.remove", errNoHeader)
	}
	for i := c.Msg.FirstNamed(name); i >= 0; i = c.Msg.NextNamed(name, i) {
		c.Msg.DeleteHeader(i)
	}
	return module.True
}

func appendToReply(c *module.Call, a module.Args) module.Result {
	if a.Str(0) == "" {
		return c.Fail("KSR.hdr.append_to_reply", errNoHeader)
	}
	all := append(append(c.Mem.Begin(), c.ReplyHeaders...), a.Str(0)...)
	c.ReplyHeaders = c.Keep(c.Mem.Keep(all))
	return module.True
}

var (
	errCompare = errors.New("expected eq, ne, sw or in")
	errWhich   = errors.New("expected f, l, a or o")
)

// comparisons are the operators of match_content.
var comparisons = map[string]func(content, text string) bool{
	"eq": func(content, text string) bool { return content == text },
	"ne": func(content, text string) bool { return content != text },
	"sw": strings.HasPrefix,
	"in": strings.Contains,
}

func matchHeader(c *module.Call, a module.Args) module.Result {
	compare := comparisons[a.Str(1)]
	if compare == nil {
		return c.Fail("KSR.hdr.match_content", errCompare)
	}
	which := a.Str(3)
	if len(which) != 1 || !strings.Contains("flao", which) {
		return c.Fail("KSR.hdr.match_content", errWhich)
	}
	m, name, last := c.Msg, a.Str(0), module.False
	for i := m.FirstNamed(name); i >= 0; i = m.NextNamed(name, i) {
		last = module.Bool(compare(m.HeaderValueAt(i), a.Str(2)))
		if which == "f" || which == "a" && last != module.True || which == "o" && last == module.True {
			return last
		}
	}
	return last
}
