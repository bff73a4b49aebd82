// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	glua "github.com/yuin/gopher-lua"
)

// function is a function of KSR: one form of an entry of an exports table.
type function struct {
	form module.Form
	fn   *module.Function
	// refused is why it cannot be called here, from Function.Prepare.
	refused error
	// strict tells that the native language has the function: there an
	// argument that names no variable or route never reaches it.
	strict bool
	// zero are arguments that are not given, as many as the function has.
	zero module.Args
}

// title is how messages name it: KSR.tm.t_relay.
func (f *function) title() string { return "KSR." + f.form.Path() }

// listFunctions makes the functions of the core and of the loaded modules.
// The first of a name counts.
func (p *Program) listFunctions() ([]*function, error) {
	var all []*function
	seen := map[string]bool{}
	add := func(in string, list []module.Function, strict bool) error {
		for i := range list {
			fn := &list[i]
			forms, err := fn.Forms(in)
			if err != nil {
				return err
			}
			var refused error
			if len(forms) > 0 && fn.Prepare != nil {
				refused = fn.Prepare(table{p}, make(module.Args, len(fn.Args)))
			}
			for _, form := range forms {
				f := &function{form: form, fn: fn, refused: refused, strict: strict, zero: make(module.Args, len(fn.Args))}
				if !seen[f.title()] {
					seen[f.title()] = true
					all = append(all, f)
				}
			}
		}
		return nil
	}
	if err := add("", p.set.Core.Lua, false); err != nil {
		return nil, err
	}
	for _, m := range p.set.Modules {
		for i, list := range [][]module.Function{m.Exports.Lua, m.Exports.Functions} {
			if err := add(m.Name, list, i == 1); err != nil {
				return nil, fmt.Errorf("module %s: %w", m.Name, err)
			}
		}
	}
	return all, nil
}

// tables makes the table KSR. There is a table for each loaded module, also
// for one without functions: scripts ask for it.
func (s *state) tables() *glua.LTable {
	ksr := s.lua.NewTable()
	table := func(name string) *glua.LTable {
		if name == "" {
			return ksr
		}
		t, ok := ksr.RawGetString(name).(*glua.LTable)
		if !ok {
			t = s.lua.NewTable()
			ksr.RawSetString(name, t)
		}
		return t
	}
	for _, m := range s.program.set.Modules {
		if len(m.Exports.Lua)+len(m.Exports.Functions) > 0 {
			table(m.Name)
		}
	}
	for _, f := range s.program.functions {
		table(f.form.Table).RawSetString(f.form.Name, s.lua.NewFunction(s.bind(f)))
	}
	s.control(ksr, table("x"))
	return ksr
}

// bind makes the function that Lua calls.
//
// Hot path: everything that does not depend on the arguments is decided here.
// The arguments stand in memory of the state, which is used again; a constant
// text is compiled when it is seen first (see argument).
func (s *state) bind(f *function) glua.LGFunction {
	if f.refused != nil {
		err := f.refused
		return func(l *glua.LState) int {
			if s.call == nil {
				l.RaiseError("%s: %s", f.title(), err)
			}
			s.call.Fail(f.title(), err)
			l.Push(failed(f.form.Result))
			return 1
		}
	}
	converters := s.converters(f)
	title := f.title()
	run, get, result := f.fn.Run, f.fn.Get, f.form.Result
	if s.program.set.SlowAction > 0 && run != nil {
		run = s.timed(f)
	}
	if own := f.fn.LuaResult; own != nil {
		native := run
		run = func(c *module.Call, a module.Args) module.Result { return own(native(c, a)) }
	}
	return func(l *glua.LState) int {
		c := s.call
		if c == nil {
			l.RaiseError("%s: there is no message", f.title())
		}
		if n := l.GetTop(); n != len(converters) && (n < len(converters) || n > 0 && len(converters) == 0) {
			return s.wrongCount(l, f, n)
		}
		if s.program.opt.LogCalls {
			c.Log().Debug("calling a function", "function", f.title())
		}
		base, outer := len(s.args), c.LuaName
		c.LuaName = title
		s.args = append(s.args, f.zero...)
		for i := range converters {
			s.args[base+i].Given = true
			converters[i].convert(s, c, l.Get(i+1), &s.args[base+i])
		}
		args := s.args[base:len(s.args):len(s.args)]
		if f.strict {
			if i := unusable(f.fn, args); i >= 0 {
				c.Fail(f.title(), args[i].Err)
				s.clear(base)
				c.LuaName = outer
				l.Push(failed(result))
				return 1
			}
		}
		if f.fn.Table != nil {
			t := s.getTable(f.fn.Table, c, args)
			s.clear(base)
			c.LuaName = outer
			l.Push(s.tree(t))
			return 1
		}
		if get != nil {
			v := s.get(get, c, args)
			s.clear(base)
			c.LuaName = outer
			l.Push(s.value(v))
			return 1
		}
		r := s.run(run, c, args)
		s.clear(base)
		c.RC, c.LuaName = r, outer
		switch result {
		case module.LuaBool:
			l.Push(glua.LBool(r > 0))
		case module.LuaNone:
			l.Push(glua.LFalse)
		default:
			l.Push(integer(int64(r)))
		}
		return 1
	}
}

// timed makes a function that tells when it took long.
func (s *state) timed(f *function) func(c *module.Call, a module.Args) module.Result {
	set := &s.program.set
	return func(c *module.Call, a module.Args) module.Result {
		clock := c.Host.Clock()
		start := clock.Now()
		r := f.fn.Run(c, a)
		if took := clock.Now().Sub(start); took >= set.SlowAction {
			c.Log().Log(c.Context(), set.SlowLevel, "an action took too long", "action", f.title(), "us", took.Microseconds(), "at", s.position())
		}
		return r
	}
}

// unusable finds an argument that names what is not there, or returns -1.
func unusable(fn *module.Function, args module.Args) int {
	for i := range args {
		if args[i].Err != nil && (fn.Args[i].Type == module.ArgVar || fn.Args[i].Type == module.ArgTemplate || fn.Args[i].Type == module.ArgRoute) {
			return i
		}
	}
	return -1
}

// failed is what a function returns that was not called.
func failed(result module.LuaType) glua.LValue {
	switch result {
	case module.LuaValue:
		return glua.LNil
	case module.LuaBool, module.LuaNone:
		return glua.LFalse
	}
	return integer(-1)
}

// clear gives the memory of arguments back.
func (s *state) clear(base int) {
	clear(s.args[base:])
	s.args = s.args[:base]
}

func (s *state) run(run func(*module.Call, module.Args) module.Result, c *module.Call, a module.Args) module.Result {
	defer s.caught()
	return run(c, a)
}

func (s *state) get(get func(*module.Call, module.Args) module.Value, c *module.Call, a module.Args) module.Value {
	defer s.caught()
	return get(c, a)
}

func (s *state) getTable(get func(*module.Call, module.Args) *module.Table, c *module.Call, a module.Args) *module.Table {
	defer s.caught()
	return get(c, a)
}

// tree makes a table of Lua.
func (s *state) tree(t *module.Table) glua.LValue {
	if t == nil {
		return glua.LNil
	}
	out := s.lua.CreateTable(len(t.Items), len(t.Names))
	for i, item := range t.Items {
		var v glua.LValue = glua.LNil
		switch item := item.(type) {
		case module.Value:
			v = s.value(item)
		case *module.Table:
			v = s.tree(item)
		}
		if t.Names != nil {
			out.RawSetString(string(s.text(t.Names[i]).(glua.LString)), v)
		} else {
			out.Append(v)
		}
	}
	return out
}

// wrongCount answers a call with a wrong number of arguments as Kamailio does:
// with false, and a line in the log.
func (s *state) wrongCount(l *glua.LState, f *function, n int) int {
	s.call.Fail(f.title(), fmt.Errorf("it takes %d arguments, found %d", len(f.form.Args), n))
	l.Push(glua.LFalse)
	return 1
}

// value makes a value of Lua of one of ours: its text is copied, since a
// script may keep it for longer than the message lives.
func (s *state) value(v module.Value) glua.LValue {
	switch v.Kind {
	case avp.Int, avp.Both:
		return integer(v.Int)
	case avp.Str:
		return s.text(v.Str)
	}
	return glua.LNil
}

// integers are numbers that scripts see often; to box another one costs an
// allocation.
var integers = func() (list [1024 + 32]glua.LValue) {
	for i := range list {
		list[i] = glua.LNumber(i - 32)
	}
	return list
}()

func integer(n int64) glua.LValue {
	if -32 <= n && n < 1024 {
		return integers[n+32]
	}
	return glua.LNumber(n)
}
