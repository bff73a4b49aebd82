// SPDX-License-Identifier: Apache-2.0

package lua

import (
	glua "github.com/yuin/gopher-lua"
)

// maxNested is how many coroutines and protected calls (pcall, xpcall) may stand
// within each other: the limit of Lua 5.1, which counts them as calls of C. Each
// takes memory of the process's stack, and an error takes time for all that stand
// within each other, so that without a limit a script could hold up the server.
const maxNested = 198

// errNested is what Lua says of more.
const errNested = "C stack overflow"

// Sizes of a coroutine's stack of values when it is made. It grows as that of
// the state does.
const coroutineRegistry = 256

// coroutines puts limits and Lua 5.1's answers around the library's functions.
func (s *state) coroutines() {
	l := s.lua
	l.Options.RegistrySize = coroutineRegistry // those of NewThread
	lib := l.GetGlobal("coroutine").(*glua.LTable)
	resume := lib.RawGetString("resume").(*glua.LFunction).GFunction
	lib.RawSetString("resume", l.NewFunction(func(l *glua.LState) int {
		th := l.CheckThread(1)
		if why := s.refuse(l, th); why != "" {
			l.Push(glua.LFalse)
			l.Push(glua.LString(why))
			return 2
		}
		n := s.resume(l, th, resume)
		if n == 2 && l.Get(-1) == callStackOverflow && l.Get(-2) == glua.LFalse {
			l.Pop(1)
			l.Push(stackOverflow)
		}
		return n
	}))
	wrap := lib.RawGetString("wrap").(*glua.LFunction).GFunction
	lib.RawSetString("wrap", l.NewFunction(func(l *glua.LState) int {
		wrap(l)
		f := l.Get(-1).(*glua.LFunction)
		l.Pop(1)
		th := f.Upvalues[0].Value().(*glua.LState)
		l.Push(l.NewClosure(func(l *glua.LState) int {
			if why := s.refuse(l, th); why != "" {
				l.RaiseError("%s", why)
			}
			return s.resume(l, th, f.GFunction)
		}, th))
		return 1
	}))
	lib.RawSetString("status", l.NewFunction(func(l *glua.LState) int {
		status := "suspended"
		switch th := l.CheckThread(1); {
		case th.Dead:
			status = "dead"
		case th == l:
			status = "running"
		case th.Parent != nil:
			status = "normal"
		}
		l.Push(glua.LString(status))
		return 1
	}))
}

// refuse says why a coroutine cannot be resumed, or nothing.
func (s *state) refuse(l, th *glua.LState) string {
	switch {
	case th.Dead:
		return "cannot resume dead coroutine"
	case th == l || th.Parent != nil || th == l.G.MainThread:
		return "cannot resume non-suspended coroutine"
	case s.nested >= maxNested:
		return errNested
	}
	return ""
}

// resume runs a coroutine until it yields or ends. One that an error ended is
// dead, also where the error goes on to the one who called it.
func (s *state) resume(l, th *glua.LState, run glua.LGFunction) int {
	outer, ended := s.nested, false
	s.nested++
	defer func() {
		s.nested = outer
		if !ended {
			l.G.CurrentThread, th.Parent, th.Dead = l, nil, true
		}
	}()
	n := run(l)
	ended = true
	return n
}
