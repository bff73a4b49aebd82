// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"strings"
	"time"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

// onText makes a step that works on the text of a value.
func onText(class, name, doc string, args []module.Arg, f func(c *module.Call, s string, a module.Args) module.Value) module.Transformation {
	return module.Transformation{Class: class, Name: name, Doc: doc, Args: args,
		Run: func(c *module.Call, v module.Value, a module.Args) module.Value {
			return f(c, text(c, v), a)
		}}
}

func integer(name string) module.Arg { return module.Arg{Name: name, Type: module.ArgInt} }

// notNegative is an integer argument of at least 0.
func notNegative(name string) module.Arg {
	return module.Arg{Name: name, Type: module.ArgInt, Compile: func(text string) (any, error) {
		if n, ok := avp.ParseInt(text); ok && n < 0 {
			return nil, errNegative
		}
		return nil, nil
	}}
}

var errNegative = errors.New("the number must not be negative")

func optional(a module.Arg) module.Arg {
	a.Optional = true
	return a
}

func stringSteps() []module.Transformation {
	one := func(name string) []module.Arg { return []module.Arg{{Name: name}} }
	count := []module.Arg{integer("count")}
	plain := func(name, doc string, f func(s string) string) module.Transformation {
		return onText("s", name, doc, nil, func(_ *module.Call, s string, _ module.Args) module.Value { return avp.String(f(s)) })
	}
	strip := func(name, doc string, pairs ...string) module.Transformation {
		return module.Transformation{Class: "s", Name: name, Doc: doc, Run: func(_ *module.Call, v module.Value, _ module.Args) module.Value {
			if v.Kind == avp.Int {
				return v
			}
			return avp.String(unwrap(v.Str, pairs...))
		}}
	}
	cut := func(name, doc string, f func(s, sep string) string) module.Transformation {
		return onText("s", name, doc, one("text"), func(_ *module.Call, s string, a module.Args) module.Value { return avp.String(f(s, a.Str(0))) })
	}
	return []module.Transformation{
		onText("s", "len", "length in bytes", nil, func(_ *module.Call, s string, _ module.Args) module.Value { return number(len(s)) }),
		onText("s", "int", "the number that the text is", nil, func(_ *module.Call, s string, _ module.Args) module.Value {
			n, ok := avp.ParseInt(s)
			if !ok {
				return null
			}
			return avp.Text(n, s)
		}),
		onText("s", "substr", "a part: offset (negative from the end), length (0 to the end)", []module.Arg{integer("offset"), notNegative("length")}, substr),
		{Class: "s", Name: "select", Accept: selectStep, Doc: "one field: index (negative from the end), separator"},
		onText("s", "tolower", "small letters", nil, func(c *module.Call, s string, _ module.Args) module.Value { return mapBytes(c, s, 'A', 'Z') }),
		onText("s", "toupper", "capital letters", nil, func(c *module.Call, s string, _ module.Args) module.Value { return mapBytes(c, s, 'a', 'z') }),
		plain("trim", "without white space at both ends", func(s string) string { return strings.Trim(s, " \t\r\n") }),
		plain("ltrim", "without white space at the begin", func(s string) string { return strings.TrimLeft(s, " \t\r\n") }),
		plain("rtrim", "without white space at the end", func(s string) string { return strings.TrimRight(s, " \t\r\n") }),
		strip("unquote", "without quotes around it", `"`, `"`, `'`, `'`),
		strip("unbracket", "without brackets around it", "<", ">", "(", ")", "[", "]", "{", "}"),
		onText("s", "rmws", "without any white space", nil, func(c *module.Call, s string, _ module.Args) module.Value {
			return filter(c, s, func(b byte) bool { return b != ' ' && b != '\t' && b != '\r' && b != '\n' })
		}),
		onText("s", "numeric", "its digits only", nil, func(c *module.Call, s string, _ module.Args) module.Value {
			return filter(c, s, func(b byte) bool { return '0' <= b && b <= '9' })
		}),
		onText("s", "strip", "without characters at the begin", count, func(_ *module.Call, s string, a module.Args) module.Value {
			return avp.String(s[min(max(a.Int(0, 0), 0), len(s)):])
		}),
		onText("s", "striptail", "without characters at the end", count, func(_ *module.Call, s string, a module.Args) module.Value {
			return avp.String(s[:len(s)-min(max(a.Int(0, 0), 0), len(s))])
		}),
		onText("s", "prefixes", "all prefixes, up to a length, with commas between", []module.Arg{optional(integer("length"))}, prefixes("")),
		onText("s", "prefixes.quoted", "all prefixes in single quotes", []module.Arg{optional(integer("length"))}, prefixes("'")),
		onText("s", "replace", "each match replaced", []module.Arg{{Name: "match"}, {Name: "replacement"}}, func(c *module.Call, s string, a module.Args) module.Value {
			return replace(c, s, a.Str(0), a.Str(1))
		}),
		onText("s", "rm", "without each match", one("match"), func(c *module.Call, s string, a module.Args) module.Value { return replace(c, s, a.Str(0), "") }),
		onText("s", "count", "how often a character comes", one("char"), func(_ *module.Call, s string, a module.Args) module.Value {
			if a.Str(0) == "" {
				return number(0)
			}
			return number(strings.Count(s, a.Str(0)[:1]))
		}),
		cut("after", "what follows the first match", func(s, sep string) string { _, after, _ := strings.Cut(s, sep); return after }),
		cut("rafter", "what follows the last match", func(s, sep string) string {
			i := strings.LastIndex(s, sep)
			if i < 0 {
				return ""
			}
			return s[i+len(sep):]
		}),
		cut("before", "what stands before the first match", func(s, sep string) string { before, _, _ := strings.Cut(s, sep); return before }),
		cut("rbefore", "what stands before the last match", func(s, sep string) string {
			i := strings.LastIndex(s, sep)
			if i < 0 {
				return s
			}
			return s[:i]
		}),
		onText("s", "ftime", "a time in seconds since 1970, in a format of strftime", one("format"), func(c *module.Call, s string, a module.Args) module.Value {
			n, ok := avp.ParseInt(s)
			if !ok {
				return null
			}
			return build(c, func(b []byte) []byte { return strftime(b, time.Unix(n, 0), a.Str(0)) })
		}),
		{Class: "re", Name: "subst", Accept: substStep, Doc: "substitution as in sed: /expression/replacement/flags, flags i and g"},
	}
}

func substr(_ *module.Call, s string, a module.Args) module.Value {
	from, n := a.Int(0, 0), a.Int(1, 0)
	if from < 0 {
		from += len(s)
	}
	if from < 0 || from >= len(s) {
		return null
	}
	if n <= 0 || n > len(s)-from {
		n = len(s) - from
	}
	return avp.String(s[from : from+n])
}

// mapBytes turns the letters from low to high into the other case. Only those
// of ASCII have one, as in Kamailio.
func mapBytes(c *module.Call, s string, low, high byte) module.Value {
	return build(c, func(b []byte) []byte {
		for i := range len(s) {
			ch := s[i]
			if low <= ch && ch <= high {
				ch ^= 0x20
			}
			b = append(b, ch)
		}
		return b
	})
}

func filter(c *module.Call, s string, keep func(b byte) bool) module.Value {
	return build(c, func(b []byte) []byte {
		for i := range len(s) {
			if keep(s[i]) {
				b = append(b, s[i])
			}
		}
		return b
	})
}

// unwrap takes one pair of marks off.
func unwrap(s string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if len(s) >= 2 && strings.HasPrefix(s, pairs[i]) && strings.HasSuffix(s, pairs[i+1]) {
			return s[1 : len(s)-1]
		}
	}
	return s
}

func replace(c *module.Call, s, match, with string) module.Value {
	if match == "" || !strings.Contains(s, match) {
		return avp.String(s)
	}
	return build(c, func(b []byte) []byte {
		for {
			i := strings.Index(s, match)
			if i < 0 {
				return append(b, s...)
			}
			b = append(append(b, s[:i]...), with...)
			s = s[i+len(match):]
		}
	})
}

func prefixes(quote string) func(c *module.Call, s string, a module.Args) module.Value {
	return func(c *module.Call, s string, a module.Args) module.Value {
		n := len(s)
		if limit := a.Int(0, 0); limit > 0 {
			n = min(n, limit)
		}
		return build(c, func(b []byte) []byte {
			for i := 1; i <= n; i++ {
				if i > 1 {
					b = append(b, ',')
				}
				b = append(append(append(b, quote...), s[:i]...), quote...)
			}
			return b
		})
	}
}

// selectStep is s.select,index,separator: the separator may be a comma, and
// the index a variable.
func selectStep(b module.Binder, args string) (func(c *module.Call, v module.Value) module.Value, error) {
	i := strings.LastIndexByte(args[:max(len(args)-1, 0)], ',')
	if i < 0 {
		return nil, errors.New("expected index,separator")
	}
	index, err := b.Template(strings.TrimSpace(args[:i]))
	if err != nil {
		return nil, err
	}
	sep, err := b.Template(args[i+1:])
	if err != nil {
		return nil, err
	}
	if index.Const() {
		if _, ok := avp.ParseInt(index.Eval(nil)); !ok {
			return nil, errors.New("the index of s.select must be a number")
		}
	}
	return func(c *module.Call, v module.Value) module.Value {
		n, ok := index.Value(c).Number()
		s := sep.Eval(c)
		if !ok || s == "" {
			return avp.String("")
		}
		return avp.String(field(text(c, v), s[0], int(n)))
	}, nil
}

// field is the n-th of the fields of s, from the end where n is negative.
func field(s string, sep byte, n int) string {
	if n < 0 {
		for n++; ; n++ {
			i := strings.LastIndexByte(s, sep)
			if n == 0 {
				return s[i+1:]
			}
			if i < 0 {
				return ""
			}
			s = s[:i]
		}
	}
	for ; ; n-- {
		i := strings.IndexByte(s, sep)
		if n == 0 {
			if i < 0 {
				return s
			}
			return s[:i]
		}
		if i < 0 {
			return ""
		}
		s = s[i+1:]
	}
}

// substitution is a compiled /expression/replacement/flags.
type substitution struct {
	re     *ere.Regexp
	with   []piece
	global bool
}

// piece is a part of a replacement: a text, a group, or a variable.
type piece struct {
	text  string
	group int // -1 for none
	tpl   module.Template
}

func substStep(b module.Binder, args string) (func(c *module.Call, v module.Value) module.Value, error) {
	s, err := parseSubstitution(b, args)
	if err != nil {
		return nil, err
	}
	return func(c *module.Call, v module.Value) module.Value {
		in := text(c, v)
		if in == "" {
			return null
		}
		if out, found := s.apply(c, in); found {
			return out
		}
		return v
	}, nil
}

func parseSubstitution(b module.Binder, args string) (*substitution, error) {
	if len(args) < 3 {
		return nil, errors.New("expected /expression/replacement/flags")
	}
	delim := args[0]
	expression, rest, ok := cutUnescaped(args[1:], delim)
	with, flags, closed := cutUnescaped(rest, delim)
	if !ok || !closed {
		return nil, errors.New("expected /expression/replacement/flags")
	}
	s := &substitution{}
	mode := ere.Newline
	for _, f := range flags {
		switch f {
		case 'i':
			mode |= ere.IgnoreCase
		case 'g':
			s.global = true
		case 's':
			mode &^= ere.Newline
		default:
			return nil, errors.New("unknown flag " + string(f) + " of a substitution")
		}
	}
	re, err := ere.Compile(expression, mode)
	if err != nil {
		return nil, err
	}
	s.re = re
	return s, s.parseReplacement(b, with)
}

// cutUnescaped cuts at the first delimiter without a backslash; an escaped
// delimiter loses its backslash.
func cutUnescaped(s string, delim byte) (before, after string, ok bool) {
	var out []byte
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == delim:
			return string(out), s[i+1:], true
		case s[i] == '\\' && i+1 < len(s):
			if s[i+1] != delim {
				out = append(out, '\\')
			}
			i++
			out = append(out, s[i])
		default:
			out = append(out, s[i])
		}
	}
	return string(out), "", false
}

func (s *substitution) parseReplacement(b module.Binder, with string) error {
	var lit []byte
	flush := func() error {
		if len(lit) == 0 {
			return nil
		}
		p := piece{text: string(lit), group: -1}
		if strings.IndexByte(p.text, '$') >= 0 {
			t, err := b.Template(p.text)
			if err != nil {
				return err
			}
			p.tpl = t
		}
		s.with = append(s.with, p)
		lit = lit[:0]
		return nil
	}
	for i := 0; i < len(with); i++ {
		if with[i] != '\\' || i+1 == len(with) {
			lit = append(lit, with[i])
			continue
		}
		i++
		switch c := with[i]; {
		case '0' <= c && c <= '9':
			if err := flush(); err != nil {
				return err
			}
			if int(c-'0') > s.re.NumSubexp() {
				return errors.New("the replacement names group \\" + string(c) + ", which the expression does not have")
			}
			s.with = append(s.with, piece{group: int(c - '0')})
		case c == 'n':
			lit = append(lit, '\n')
		case c == 'r':
			lit = append(lit, '\r')
		case c == 't':
			lit = append(lit, '\t')
		default:
			lit = append(lit, c)
		}
	}
	return flush()
}

// apply returns the text with the matches replaced; false when there are none.
func (s *substitution) apply(c *module.Call, in string) (module.Value, bool) {
	var texts [8]string
	for i, p := range s.with {
		if p.tpl != nil && i < len(texts) {
			texts[i] = p.tpl.Eval(c)
		}
	}
	var out []byte
	at, found := 0, false
	s.re.FindAll(in, func(loc []int) bool {
		if !found {
			found = true
			out = make([]byte, 0, 2*len(in))
		}
		out = append(out, in[at:loc[0]]...)
		for i, p := range s.with {
			switch {
			case p.group >= 0:
				if g := loc[2*p.group : 2*p.group+2]; g[0] >= 0 {
					out = append(out, in[g[0]:g[1]]...)
				}
			case p.tpl != nil && i < len(texts):
				out = append(out, texts[i]...)
			default:
				out = append(out, p.text...)
			}
		}
		at = loc[1]
		return s.global
	})
	if !found {
		return null, false
	}
	return build(c, func(b []byte) []byte { return append(append(b, out...), in[at:]...) }), true
}
