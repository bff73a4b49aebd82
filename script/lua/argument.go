// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
	glua "github.com/yuin/gopher-lua"
)

// converter turns an argument of Lua into one of a function.
type converter struct {
	arg  *module.Arg
	fn   *module.Function
	want module.LuaType
	// compile turns a text into Data; nil where there is none.
	compile func(s *state, text string) (any, error)
	memo    memo
}

// memo keeps what texts were compiled to: first the one that was seen last,
// then some others. A script names most things by constants.
type memo struct {
	last string
	data any
	err  error
	any  bool // last is valid
	all  map[string]memoEntry
}

type memoEntry struct {
	data any
	err  error
}

// memoSize bounds the texts that are remembered for one argument of one
// function: names that are made for each message do not fill the memory.
const memoSize = 256

var errNotNumber = errors.New("argument is not a number")

// regexpFlags are those of functions that take a regular expression.
const regexpFlags = ere.IgnoreCase | ere.Newline

// converters makes the converters of a function's arguments for one state.
func (s *state) converters(f *function) []converter {
	list := make([]converter, len(f.form.Args))
	for i, want := range f.form.Args {
		a := &f.fn.Args[i]
		list[i] = converter{arg: a, fn: f.fn, want: want, compile: compiler(f.fn, a, i, want)}
	}
	return list
}

// compiler says how the text of an argument becomes Data.
func compiler(fn *module.Function, a *module.Arg, i int, want module.LuaType) func(s *state, text string) (any, error) {
	switch {
	case a.Type == module.ArgVar:
		return func(s *state, text string) (any, error) {
			if a.Class != "" {
				text = "$" + a.Class + "(" + text + ")"
			}
			r, err := variable.Parse(table{s.program}, text)
			if err != nil {
				return nil, err
			}
			return r.Accessor(), nil
		}
	case a.Type == module.ArgTemplate && want == module.LuaFmt:
		return func(s *state, text string) (any, error) { return table{s.program}.Template(text) }
	case a.Type == module.ArgTemplate:
		return func(_ *state, text string) (any, error) { return module.Template(variable.Literal(text)), nil }
	case a.Type == module.ArgRoute:
		return func(s *state, text string) (any, error) {
			if text == "" || text == "0" {
				return module.NoRoute, nil
			}
			return s.program.routeOf(a.Route, text)
		}
	case a.Type == module.ArgInt:
		return nil // checks of constants at start; the function looks itself
	case a.Type == module.ArgRegexp && a.Compile == nil:
		return func(_ *state, text string) (any, error) {
			re, err := ere.Compile(text, regexpFlags)
			return re, err
		}
	case a.Compile != nil:
		return func(s *state, text string) (any, error) {
			data, err := a.Compile(text)
			if err != nil || fn.Prepare == nil {
				return data, err
			}
			args := make(module.Args, len(fn.Args))
			args[i] = module.ArgValue{Value: avp.String(text), Data: data, Given: true}
			return data, fn.Prepare(table{s.program}, args)
		}
	case want == module.LuaFmt:
		return func(s *state, text string) (any, error) { return table{s.program}.Template(text) }
	}
	return nil
}

// routeOf finds the route that a function names: one of the native program
// where the configuration is native and has it, else a function of the script.
func (p *Program) routeOf(kind module.RouteKind, name string) (any, error) {
	if !p.set.Main {
		if r, ok := p.native.Lookup(kind, name); ok {
			return r, nil
		}
	}
	r, err := p.routes.intern(name, "")
	if err != nil {
		return nil, err
	}
	return r, nil
}

// convert fills an argument. What a script hands over is converted as Lua
// does it: a text where an integer is wanted counts as its digits, or as 0.
func (v *converter) convert(s *state, c *module.Call, in glua.LValue, out *module.ArgValue) {
	if v.arg.Type == module.ArgInt {
		out.Value = avp.Number(number(in))
		return
	}
	if v.arg.Type == module.ArgAny && v.want == module.LuaInt {
		out.Value = avp.Number(number(in))
		return
	}
	text := textOf(in)
	if v.want == module.LuaInt {
		text = strconv.FormatInt(number(in), 10)
	}
	out.Value = avp.Value{Kind: avp.Str, Str: text}
	if v.compile == nil {
		return
	}
	if !v.memo.any || v.memo.last != text {
		v.recall(s, c, text)
	}
	out.Data, out.Err = v.memo.data, v.memo.err
	if v.want == module.LuaFmt && v.arg.Type != module.ArgTemplate {
		if t, ok := out.Data.(module.Template); ok {
			out.Value, out.Data = avp.String(t.Eval(c)), nil
		}
	}
}

// recall makes text the last one of the memo.
func (v *converter) recall(s *state, c *module.Call, text string) {
	m := &v.memo
	e, ok := m.all[text]
	if !ok {
		if e.data, e.err = v.compile(s, text); e.err != nil {
			e.data = nil // not a nil pointer in an interface
		}
		if v.arg.Type == module.ArgVar || v.want == module.LuaFmt {
			s.program.vars.fit(c) // it may be a variable that is new
		}
		if len(m.all) >= memoSize || m.all == nil {
			m.all = make(map[string]memoEntry)
		}
		m.all[text] = e
	}
	m.last, m.data, m.err, m.any = text, e.data, e.err, true
}

// number is what Lua 5.1 makes of a value where an integer is wanted.
func number(v glua.LValue) int64 {
	switch v := v.(type) {
	case glua.LNumber:
		return truncate(float64(v))
	case glua.LString:
		f, err := strconv.ParseFloat(strings.TrimSpace(string(v)), 64)
		if err != nil {
			n, err := strconv.ParseInt(strings.TrimSpace(string(v)), 0, 64)
			if err != nil {
				return 0
			}
			return n
		}
		return truncate(f)
	}
	return 0
}

func truncate(f float64) int64 {
	if math.IsNaN(f) || f >= math.MaxInt64 || f <= math.MinInt64 {
		return 0
	}
	return int64(f)
}

// textOf is what Lua 5.1 makes of a value where a string is wanted. What has
// no text is empty.
func textOf(v glua.LValue) string {
	switch v := v.(type) {
	case glua.LString:
		return string(v)
	case glua.LNumber:
		return numberText(float64(v))
	}
	return ""
}

// numberText prints a number as Lua 5.1 does (%.14g): 1 for 1.0, 1e+15.
func numberText(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e14 {
		return strconv.FormatInt(int64(f), 10)
	}
	switch {
	case math.IsInf(f, 1):
		return "inf"
	case math.IsInf(f, -1):
		return "-inf"
	case math.IsNaN(f):
		return "nan"
	}
	text := strconv.FormatFloat(f, 'g', 14, 64)
	mantissa, exp, ok := strings.Cut(text, "e")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".")
	}
	if !ok {
		return mantissa
	}
	return mantissa + "e" + exp
}
