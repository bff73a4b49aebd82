// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"github.com/kahea-sip/kahea/core/module"
	glua "github.com/yuin/gopher-lua"
)

// controls are the functions of KSR that no exports table has, since they are
// about the script itself: what the native language writes as statements.
var controls = []Control{
	{module.Form{Name: "route", Args: []module.LuaType{module.LuaStr}}, "Runs a route block of the native configuration; its return code, 0 when it ended with exit or drop, -1 when there is none.", (*state).nativeRoute},
	{module.Form{Name: "set_drop", Result: module.LuaNone}, "Drops the message when the script has ended: a reply is not forwarded, a branch not sent.", (*state).setDrop},
	{module.Form{Table: "x", Name: "exit", Result: module.LuaNone}, "Ends the script.", (*state).exit},
	{module.Form{Table: "x", Name: "drop", Result: module.LuaNone}, "Ends the script and drops the message.", (*state).exitDrop},
	{module.Form{Table: "x", Name: "modf", Args: []module.LuaType{module.LuaStr}}, "Calls a function by its native name with up to six texts, in which variables are replaced.", (*state).modf},
	{module.Form{Table: "x", Name: "probe"}, "Returns 1: to see whether scripts run.", (*state).probe},
}

// Control is a function of KSR that is about the script itself.
type Control struct {
	Form module.Form
	Doc  string
	run  func(s *state, l *glua.LState) int
}

// Controls returns these functions, for the reference.
func Controls() []Control { return controls }

// control adds them to KSR, where nothing has the name yet.
func (s *state) control(ksr, x *glua.LTable) {
	for _, f := range controls {
		t := ksr
		if f.Form.Table == "x" {
			t = x
		}
		t.RawSetString(f.Form.Name, s.lua.NewFunction(func(l *glua.LState) int { return f.run(s, l) }))
	}
}

// nativeRoute is KSR.route.
func (s *state) nativeRoute(l *glua.LState) int {
	name := textOf(l.Get(1))
	r, ok := s.program.native.Lookup(module.RequestRoute, name)
	if !ok || name == "" {
		s.call.Fail("KSR.route", noRoute(name))
		l.Push(integer(-1))
		return 1
	}
	out := s.runNative(r)
	if out.Drop {
		s.drop = true
	}
	result := out.Result
	if out.Exit || out.Drop {
		result = module.Stop // the script goes on: it is told so
	}
	l.Push(integer(int64(result)))
	return 1
}

func (s *state) runNative(r module.RouteRef) module.Outcome {
	defer s.caught()
	return s.program.runNative(s.call, r)
}

type noRoute string

func (e noRoute) Error() string { return "route[" + string(e) + "] is not defined" }

// setDrop drops the message at the end of the script.
func (s *state) setDrop(l *glua.LState) int {
	s.drop = true
	l.Push(glua.LFalse)
	return 1
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
		f := &function{form: module.Form{Table: "x", Name: "modf"}, fn: fn, strict: true, zero: make(module.Args, len(fn.Args))}
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
