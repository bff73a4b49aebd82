// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"

	glua "github.com/yuin/gopher-lua"
)

// standard puts our own functions in place of those of the standard library
// that do not do what Lua 5.1 does.
func (s *state) standard() {
	l := s.lua
	openString(l)
	for name, f := range map[string]glua.LGFunction{
		"tonumber": toNumber, "collectgarbage": collectGarbage, "loadstring": loadString,
		"error": s.raise, "setmetatable": setMetatable(l.GetGlobal("setmetatable").(*glua.LFunction).GFunction),
	} {
		l.SetGlobal(name, l.NewFunction(f))
	}
	l.SetFuncs(l.GetGlobal("table").(*glua.LTable), map[string]glua.LGFunction{"insert": tableInsert, "concat": tableConcat, "remove": tableRemove})
	s.nils()
	standardOS(l)
	standardIO(l)
	standardMath(l)
	standardDebug(l)
}

// setMetatable is setmetatable, which is for tables: what is no table has one
// for all of its type, and a script that changed that would change them all.
func setMetatable(plain glua.LGFunction) glua.LGFunction {
	return func(l *glua.LState) int {
		argTable(l, 1, "setmetatable")
		if t := l.Get(2).Type(); l.GetTop() < 2 || t != glua.LTNil && t != glua.LTTable {
			badArgument(l, 2, "setmetatable", "nil or table expected")
		}
		return plain(l)
	}
}

// raise is error(value, level). A text gets the place of the function at the
// level, and as in Lua 5.1 none where that is not one of Lua: pcall(error, "x").
func (s *state) raise(l *glua.LState) int {
	value, level := l.Get(1), l.OptInt(2, 1)
	switch value.(type) {
	case glua.LString, glua.LNumber:
		if at := s.levelPlace(l, level); at != "" {
			value = glua.LString(at + value.String())
		}
	}
	l.Error(value, 0)
	return 0
}

// levelPlace is where the function at a level is, "" for one that is not of
// Lua. The guard of protected calls is no level.
func (s *state) levelPlace(l *glua.LState, level int) string {
	if level <= 0 {
		return ""
	}
	for at := 1; ; at++ {
		frame, ok := l.GetStack(at)
		if !ok {
			return ""
		}
		fn, err := l.GetInfo("fSl", frame, glua.LNil)
		if err != nil {
			return ""
		}
		if fn == s.guard {
			continue
		}
		if level--; level > 0 {
			continue
		}
		if f, ok := fn.(*glua.LFunction); !ok || f.IsG || frame.CurrentLine <= 0 {
			return ""
		}
		return fmt.Sprintf("%s:%d: ", frame.Source, frame.CurrentLine)
	}
}
