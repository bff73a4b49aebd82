// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"slices"

	"github.com/kahea-sip/kahea/core/module"
	glua "github.com/yuin/gopher-lua"
)

// oldTables makes the table sr of app_lua_sr: the functions of the core, hdr
// and pv as KSR has them, and those of each registered module by their native
// names, where arguments may be left out as in the native language.
func (s *state) oldTables(ksr *glua.LTable) *glua.LTable {
	sr := s.lua.NewTable()
	ksr.ForEach(func(name, v glua.LValue) {
		if _, ok := v.(*glua.LFunction); ok {
			sr.RawSet(name, v)
		}
	})
	for _, name := range []string{"hdr", "pv"} {
		sr.RawSetString(name, ksr.RawGetString(name))
	}
	x := ksr.RawGetString("x").(*glua.LTable)
	for _, name := range []string{"modf", "probe"} {
		sr.RawSetString(name, x.RawGetString(name))
	}
	for _, m := range s.program.set.Modules {
		if !slices.Contains(s.program.opt.OldAPI, m.Name) {
			continue
		}
		t := s.lua.NewTable()
		for i := range m.Exports.Functions {
			name := m.Exports.Functions[i].Name
			t.RawSetString(name, s.lua.NewFunction(s.byNumber(name)))
		}
		sr.RawSetString(m.Name, t)
	}
	return sr
}

// byNumber makes a function that finds the native one by how many arguments it
// is given.
func (s *state) byNumber(name string) glua.LGFunction {
	bound := map[int]glua.LGFunction{}
	return func(l *glua.LState) int {
		n := l.GetTop()
		call := bound[n]
		if call == nil {
			fn := s.program.names.find(name, n)
			if fn == nil {
				s.call.Fail("sr", noFunction{name, n})
				l.Push(integer(-1))
				return 1
			}
			f := &function{form: module.Form{Table: "sr", Name: name}, fn: fn, strict: true, zero: make(module.Args, len(fn.Args))}
			for range n {
				f.form.Args = append(f.form.Args, module.LuaStr)
			}
			if fn.Prepare != nil {
				f.refused = fn.Prepare(table{s.program}, make(module.Args, len(fn.Args)))
			}
			call = s.bind(f)
			bound[n] = call
		}
		return call(l)
	}
}
