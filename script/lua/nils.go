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

func (s *state) calledNil(l *glua.LState) int { return s.nilError(l, "call", called) }

func (s *state) indexedNil(l *glua.LState) int { return s.nilError(l, "index", indexed) }

// nilError raises the error of Lua 5.1, with what the server knows of a name in KSR.
func (s *state) nilError(l *glua.LState, verb string, find func(p *glua.FunctionProto, pc int) (origin, bool)) int {
	what, missing := "a nil value", ""
	if frame, ok := l.GetStack(1); ok {
		fn, err := l.GetInfo("f", frame, glua.LNil)
		if f, ok := fn.(*glua.LFunction); ok && err == nil && !f.IsG {
			if pc := at(frame); 0 <= pc && pc < len(f.Proto.Code) {
				if o, ok := find(f.Proto, pc); ok {
					what = fmt.Sprintf("%s '%s' (a nil value)", o.kind, o.name)
					missing = s.missing(o.path, o.member)
				}
			}
		}
	}
	l.Error(glua.LString(s.levelPlace(l, 1)+"attempt to "+verb+" "+what+missing), 0)
	return 0
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
	k := s.program.known()
	if _, there := k.forms[path]; there {
		return "" // the script took it away
	}
	message, advice, _ := k.missing(path)
	if advice != "" {
		message += ": " + advice
	}
	return ": " + message
}
