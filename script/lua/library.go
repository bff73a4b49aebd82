// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"os"

	glua "github.com/yuin/gopher-lua"
)

// packagePath is package.path of Lua 5.1 on Debian, where LUA_PATH does not
// say otherwise.
const packagePath = "./?.lua;/usr/local/share/lua/5.1/?.lua;/usr/local/share/lua/5.1/?/init.lua;/usr/local/lib/lua/5.1/?.lua;" +
	"/usr/local/lib/lua/5.1/?/init.lua;/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua"

// openLibraries gives the state the standard libraries of Lua 5.1.
func (s *state) openLibraries() {
	l := s.lua
	for _, lib := range []struct {
		name string
		open glua.LGFunction
	}{
		{glua.LoadLibName, glua.OpenPackage}, {glua.BaseLibName, glua.OpenBase}, {glua.TabLibName, glua.OpenTable},
		{glua.IoLibName, glua.OpenIo}, {glua.OsLibName, glua.OpenOs},
		{glua.MathLibName, glua.OpenMath}, {glua.DebugLibName, glua.OpenDebug}, {glua.CoroutineLibName, glua.OpenCoroutine},
	} {
		if lib.name == glua.IoLibName && s.program.opt.Sandbox {
			continue
		}
		l.Push(l.NewFunction(lib.open))
		l.Push(glua.LString(lib.name))
		l.Call(1, 0)
	}
	if os.Getenv(glua.LuaPath) == "" {
		l.SetField(l.GetGlobal("package"), "path", glua.LString(packagePath))
	}
	s.modules()
	s.countMemory()
	s.coroutines()
	s.protection()
	l.SetGlobal("tostring", l.NewFunction(toString(l)))
	s.standard()
	lib := l.GetGlobal("os").(*glua.LTable)
	lib.RawSetString("exit", l.NewFunction(s.exit))
	if s.program.opt.Sandbox {
		for _, name := range []string{"execute", "remove", "rename", "setenv", "tmpname"} {
			lib.RawSetString(name, glua.LNil)
		}
	} else {
		lib.RawSetString("execute", l.NewFunction(s.waiting(lib.RawGetString("execute"))))
	}
	if s.program.opt.StepLimit > 0 {
		s.limitSteps(s.program.opt.StepLimit)
	}
}

// waiting makes a function of the library that may take long lend the place
// of the worker meanwhile.
func (s *state) waiting(f glua.LValue) glua.LGFunction {
	run := f.(*glua.LFunction).GFunction
	return func(l *glua.LState) (n int) {
		if s.call == nil {
			return run(l)
		}
		s.call.Block(func() { n = run(l) })
		return n
	}
}

// toString is tostring with numbers as Lua 5.1 prints them.
func toString(l *glua.LState) glua.LGFunction {
	plain := l.GetGlobal("tostring").(*glua.LFunction).GFunction
	return func(l *glua.LState) int {
		if n, ok := l.Get(1).(glua.LNumber); ok {
			l.Push(glua.LString(numberText(float64(n))))
			return 1
		}
		return plain(l)
	}
}
