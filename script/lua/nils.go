// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// nils gives nil handlers for what cannot be done with it: the library does not
// say what was nil, and to find that out costs nothing before the error is there.
// A script may still ask whether something is nil.
func (s *state) nils() {
	of := s.lua.NewTable()
	for event, f := range map[string]glua.LGFunction{"__call": s.calledNil, "__index": s.indexedNil, "__newindex": s.indexedNil} {
		of.RawSetString(event, s.lua.NewFunction(f))
	}
	s.lua.SetMetatable(glua.LNil, of)
	plain := s.lua.GetGlobal("getmetatable").(*glua.LFunction).GFunction
	s.lua.SetGlobal("getmetatable", s.lua.NewFunction(func(l *glua.LState) int {
		if l.GetTop() > 0 && l.Get(1) == glua.LNil {
			l.Push(glua.LNil)
			return 1
		}
		return plain(l)
	}))
}

func (s *state) calledNil(l *glua.LState) int {
	name := ""
	if own, ok := l.GetStack(0); ok {
		if _, err := l.GetInfo("n", own, glua.LNil); err == nil {
			name = own.Name
		}
	}
	return s.nilError(l, "call", func(p *glua.FunctionProto, line int) []origin { return callsAt(p, line, name) })
}

func (s *state) indexedNil(l *glua.LState) int {
	key := l.Get(2)
	return s.nilError(l, "index", func(p *glua.FunctionProto, line int) []origin { return indexesAt(p, line, key) })
}

// nilError raises the error of Lua 5.1, with what the server knows of a name in KSR.
func (s *state) nilError(l *glua.LState, verb string, find func(p *glua.FunctionProto, line int) []origin) int {
	var found []origin
	if frame, ok := l.GetStack(1); ok {
		fn, err := l.GetInfo("fl", frame, glua.LNil)
		if f, ok := fn.(*glua.LFunction); ok && err == nil && !f.IsG {
			found = find(f.Proto, frame.CurrentLine)
		}
	}
	what, missing := "a nil value", ""
	for _, o := range found {
		if !s.isNil(o.path) {
			continue // another one of the same name in the line
		}
		what = fmt.Sprintf("%s '%s' (a nil value)", o.kind, o.name)
		missing = s.missing(o.path, o.member)
		break
	}
	l.Error(glua.LString(s.levelPlace(l, 1)+"attempt to "+verb+" "+what+missing), 0)
	return 0
}

// isNil tells whether a global path is nil now; one that is not global may be.
func (s *state) isNil(path string) bool {
	if path == "" {
		return true
	}
	names := strings.Split(path, ".")
	t := s.lua.G.Global
	for i, name := range names {
		v := t.RawGetString(name)
		if v == glua.LNil {
			// A field in between is what a metatable gave, or an error before.
			return i == len(names)-1 || t.Metatable != glua.LNil
		}
		var ok bool
		if t, ok = v.(*glua.LTable); !ok {
			return false
		}
	}
	return false
}

// missing says what of KSR is not there, "" for other paths; member is what was
// asked of a table that is nil.
func (s *state) missing(path, member string) string {
	path, ok := strings.CutPrefix(path, "KSR.")
	if !ok {
		return ""
	}
	if member != "" {
		path += "." + member
	}
	k := newKnown(s.program.set.Core, s.program.set.Modules)
	if _, there := k.forms[path]; there {
		return "" // the script took it away
	}
	message, advice, _ := k.missing(path)
	if advice != "" {
		message += ": " + advice
	}
	return ": " + message
}
