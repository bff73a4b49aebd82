// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// listed is onText for what takes a list apart: the empty text has none, and
// gives null.
func listed(class, name, doc string, args []module.Arg, f func(c *module.Call, s string, a module.Args) module.Value) module.Transformation {
	return onText(class, name, doc, args, func(c *module.Call, s string, a module.Args) module.Value {
		if s == "" {
			return null
		}
		return f(c, s, a)
	})
}

// paramSteps work on name=value lists with semicolons, or another delimiter,
// between.
func paramSteps() []module.Transformation {
	name := module.Arg{Name: "name"}
	index := integer("index")
	delim := optional(module.Arg{Name: "delimiter"})
	return []module.Transformation{
		listed("param", "value", "value of a parameter", []module.Arg{name, delim}, func(_ *module.Call, s string, a module.Args) module.Value {
			v, _ := findParam(s, separator(a, 1), func(n string, _ int) bool { return sip.EqualFold(n, strings.TrimSpace(a.Str(0))) })
			return avp.String(v.Value)
		}),
		listed("param", "in", "1 where the parameter is there, else 0", []module.Arg{name, delim}, func(_ *module.Call, s string, a module.Args) module.Value {
			_, ok := findParam(s, separator(a, 1), func(n string, _ int) bool { return sip.EqualFold(n, strings.TrimSpace(a.Str(0))) })
			if ok {
				return number(1)
			}
			return number(0)
		}),
		listed("param", "valueat", "value of the parameter at an index", []module.Arg{index, delim}, func(_ *module.Call, s string, a module.Args) module.Value {
			return avp.String(paramAt(s, a).Value)
		}),
		listed("param", "name", "name of the parameter at an index", []module.Arg{index, delim}, func(_ *module.Call, s string, a module.Args) module.Value {
			return avp.String(paramAt(s, a).Name)
		}),
		listed("param", "count", "number of parameters", []module.Arg{delim}, func(_ *module.Call, s string, a module.Args) module.Value {
			return number(countParams(s, separator(a, 0)))
		}),
	}
}

func separator(a module.Args, i int) byte {
	if a[i].Given && a.Str(i) != "" {
		return a.Str(i)[0]
	}
	return ';'
}

func paramAt(s string, a module.Args) sip.Param {
	sep, want := separator(a, 1), a.Int(0, 0)
	if want < 0 {
		want += countParams(s, sep)
	}
	p, _ := findParam(s, sep, func(_ string, i int) bool { return i == want })
	return p
}

func countParams(s string, sep byte) int {
	n := 0
	findParam(s, sep, func(string, int) bool { n++; return false })
	return n
}

// findParam returns the first parameter that match accepts; quotes around its
// value are taken off.
func findParam(s string, sep byte, match func(name string, i int) bool) (sip.Param, bool) {
	for i := 0; s != ""; {
		end := unquotedIndex(s, sep)
		item := strings.TrimSpace(s[:end])
		s = s[min(end+1, len(s)):]
		if comma := unquotedIndex(item, ','); sep == ';' && comma < len(item) {
			item, s = item[:comma], "" // the next value of a list of headers
		}
		if item == "" {
			continue
		}
		n, v, has := strings.Cut(item, "=")
		n = strings.TrimSpace(n)
		if match(n, i) {
			return sip.Param{Name: n, Value: unwrap(strings.TrimSpace(v), `"`, `"`, `'`, `'`), HasValue: has}, true
		}
		i++
	}
	return sip.Param{}, false
}

// unquotedIndex is the place of the first sep outside of quotes, or len(s).
func unquotedIndex(s string, sep byte) int {
	quoted := false
	for i := range len(s) {
		switch {
		case s[i] == '"' && (i == 0 || s[i-1] != '\\'):
			quoted = !quoted
		case s[i] == sep && !quoted:
			return i
		}
	}
	return len(s)
}

// addressSteps work on the value of an address header.
func addressSteps() []module.Transformation {
	step := func(class, name, doc string, f func(c *module.Call, a *sip.NameAddr) module.Value) module.Transformation {
		return onText(class, name, doc, nil, func(c *module.Call, s string, _ module.Args) module.Value {
			first, _, ok := sip.NextListValue(s)
			if !ok || class == "tobody" && first != strings.TrimSpace(s) {
				return null // the header is no list
			}
			a, err := sip.ParseNameAddr(first)
			if err != nil {
				return null
			}
			if _, bad := c.ParseURI(a.URI); bad != nil && class == "tobody" {
				return null
			}
			return f(c, &a)
		})
	}
	uri := func(f func(u *sip.URI) string) func(c *module.Call, a *sip.NameAddr) module.Value {
		return func(c *module.Call, a *sip.NameAddr) module.Value {
			return ofURI(c, a.URI, func(_ *module.Call, u *sip.URI) module.Value { return avp.String(f(u)) })
		}
	}
	return []module.Transformation{
		// As in Kamailio: a URI without brackets keeps its parameters, a name
		// the blank behind it.
		step("nameaddr", "uri", "URI of the address", func(_ *module.Call, a *sip.NameAddr) module.Value {
			if !a.Bracketed {
				return avp.String(a.Raw)
			}
			return avp.String(a.URI)
		}),
		step("nameaddr", "name", "display name of the address", func(_ *module.Call, a *sip.NameAddr) module.Value {
			if i := strings.Index(a.Raw, "<"+a.URI); i > 0 {
				return avp.String(a.Raw[:i])
			}
			return avp.String("")
		}),
		step("nameaddr", "len", "length of the address without its parameters", func(_ *module.Call, a *sip.NameAddr) module.Value {
			if i := strings.Index(a.Raw, "<"+a.URI); i >= 0 {
				return number(i + len(a.URI) + 2)
			}
			return number(len(a.Raw))
		}),
		step("tobody", "uri", "URI of the address", func(_ *module.Call, a *sip.NameAddr) module.Value { return avp.String(a.URI) }),
		step("tobody", "display", "display name of the address", func(_ *module.Call, a *sip.NameAddr) module.Value { return avp.String(a.Display) }),
		step("tobody", "tag", "tag of the address", func(_ *module.Call, a *sip.NameAddr) module.Value { return avp.String(a.Tag()) }),
		step("tobody", "params", "parameters of the address", func(_ *module.Call, a *sip.NameAddr) module.Value { return avp.String(string(a.Params)) }),
		step("tobody", "user", "user of the URI", uri(func(u *sip.URI) string { return u.User })),
		step("tobody", "host", "host of the URI", uri(func(u *sip.URI) string { return u.Host })),
	}
}

// lineSteps work on the lines of a text.
func lineSteps() []module.Transformation {
	return []module.Transformation{
		listed("line", "count", "number of lines", nil, func(c *module.Call, s string, _ module.Args) module.Value {
			return avp.String(text(c, number(countLines(s)))) // a text, as in Kamailio
		}),
		listed("line", "at", "the line at an index, negative from the end", []module.Arg{integer("index")}, func(_ *module.Call, s string, a module.Args) module.Value {
			n := a.Int(0, 0)
			if n < 0 {
				n += countLines(s)
			}
			line, _ := findLine(s, func(_ string, i int) bool { return i == n })
			return avp.String(line)
		}),
		listed("line", "sw", "the first line that starts with a text", []module.Arg{{Name: "text"}}, func(_ *module.Call, s string, a module.Args) module.Value {
			line, _ := findLine(s, func(l string, _ int) bool { return strings.HasPrefix(l, a.Str(0)) })
			return avp.String(line)
		}),
	}
}

func countLines(s string) int {
	n := strings.Count(s, "\n")
	if s != "" && s[len(s)-1] != '\n' {
		n++
	}
	return n
}

// findLine returns the first line that match accepts, without its end.
func findLine(s string, match func(line string, i int) bool) (string, bool) {
	for i := 0; s != ""; i++ {
		line, rest, _ := strings.Cut(s, "\n")
		line = strings.TrimSuffix(line, "\r")
		if match(line, i) {
			return line, true
		}
		s = rest
	}
	return "", false
}
