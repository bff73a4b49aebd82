// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"github.com/kahea-sip/kahea/core/module"
	glua "github.com/yuin/gopher-lua"
)

// control fills KSR.x: the ways to end a script, and modf.
func (s *state) control(t *glua.LTable) {
	for name, f := range map[string]glua.LGFunction{"exit": s.exit, "drop": s.exitDrop, "modf": s.modf, "probe": s.probe} {
		t.RawSetString(name, s.lua.NewFunction(f))
	}
}

// exit ends the script: it is an error that only the engine catches, unless
// the script calls pcall.
func (s *state) exit(l *glua.LState) int {
	l.Panic = raiseExit
	l.Error(exit.Object, 0)
	return 0
}

func raiseExit(*glua.LState) { panic(exit) }

// exitDrop ends the script and drops the message: a reply is not forwarded, a
// branch not sent.
func (s *state) exitDrop(l *glua.LState) int {
	s.drop = true
	return s.exit(l)
}

// probe is a function to see whether scripts run.
func (s *state) probe(l *glua.LState) int {
	l.Push(glua.LNumber(1))
	return 1
}

// modf calls a function of a module by its native name, its arguments as in a
// native configuration: variables in them are replaced.
func (s *state) modf(l *glua.LState) int {
	name := textOf(l.Get(1))
	n := max(l.GetTop()-1, 0)
	key := modfKey{name, n}
	call, ok := s.native[key]
	if !ok {
		fn := s.program.names.find(name, n)
		if fn == nil {
			s.call.Fail("KSR.x.modf", noFunction{name, n})
			l.Push(integer(-1))
			return 1
		}
		f := &function{form: module.Form{Table: "x", Name: "modf"}, fn: fn, zero: make(module.Args, len(fn.Args))}
		for i := range n {
			want := module.LuaFmt
			if fn.Args[i].Type == module.ArgRoute || fn.Args[i].Type == module.ArgVar || fn.Args[i].Type == module.ArgRegexp {
				want = module.LuaStr
			}
			f.form.Args = append(f.form.Args, want)
		}
		if fn.Prepare != nil {
			f.refused = fn.Prepare(table{s.program}, make(module.Args, len(fn.Args)))
		}
		call = s.bind(f)
		if s.native == nil {
			s.native = map[modfKey]glua.LGFunction{}
		}
		s.native[key] = call
	}
	if n := l.GetTop(); n > 0 {
		l.Remove(1)
	}
	return call(l)
}

type modfKey struct {
	name string
	args int
}

// noFunction says that modf names a function that is not there.
type noFunction struct {
	name string
	args int
}

func (e noFunction) Error() string {
	return "no loaded module has a function " + e.name + " with " + string(rune('0'+min(e.args, 9))) + " arguments"
}
