// SPDX-License-Identifier: Apache-2.0

package lua

import glua "github.com/yuin/gopher-lua"

// standard puts our own functions in place of those of the standard library
// that do not do what Lua 5.1 does.
func (s *state) standard() {
	l := s.lua
	openString(l)
	for name, f := range map[string]glua.LGFunction{
		"tonumber": toNumber, "collectgarbage": collectGarbage, "loadstring": loadString,
		"error": raise(l),
	} {
		l.SetGlobal(name, l.NewFunction(f))
	}
	l.SetFuncs(l.GetGlobal("table").(*glua.LTable), map[string]glua.LGFunction{"insert": tableInsert, "concat": tableConcat, "remove": tableRemove})
	standardOS(l)
	standardIO(l)
	standardMath(l)
	standardDebug(l)
}

// raise is error, which needs no value.
func raise(l *glua.LState) glua.LGFunction {
	run := l.GetGlobal("error").(*glua.LFunction).GFunction
	return func(l *glua.LState) int {
		if l.GetTop() == 0 {
			l.Push(glua.LNil)
		}
		return run(l)
	}
}
