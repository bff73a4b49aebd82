// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// callStackOverflow is what the library says of calls that nest deeper than
// callDepth, without a place; stackOverflow is Lua's own text.
const (
	callStackOverflow = glua.LString("lua callstack overflow")
	stackOverflow     = glua.LString("stack overflow")
)

// traceLevels bounds the levels of a traceback of an overflow.
const traceLevels = 8

// protection puts pcall and xpcall in place that give an overflow of the
// stack the text and the place of Lua 5.1.
func (s *state) protection() {
	s.guard = s.lua.NewFunction(s.guarded)
	s.pcalls = [2]*glua.LFunction{s.lua.NewFunction(s.pcall), s.lua.NewFunction(s.xpcall)}
	s.lua.SetGlobal("pcall", s.pcalls[0])
	s.lua.SetGlobal("xpcall", s.pcalls[1])
}

// guarded calls its first argument with the others. It stands below each
// protected call and makes an error of Lua of an overflow, while the calls are
// still there: the library would list all of them for the traceback, and leave
// the locals that closures share in a stack that is used again.
func (s *state) guarded(l *glua.LState) int {
	ended := false
	defer func() {
		if ended {
			return
		}
		// Other errors are left alone: to raise them again takes time.
		if _, deep := l.GetStack(callDepth - 2*glua.FramesPerSegment); !deep {
			return
		}
		r := recover()
		if r != string(callStackOverflow) {
			panic(r)
		}
		s.overflow(l)
	}()
	l.Call(l.GetTop()-1, glua.MultRet)
	ended = true
	return l.GetTop()
}

// overflow raises the error of an overflow.
func (s *state) overflow(l *glua.LState) {
	text := string(stackOverflow)
	var trace []string
	for i := range traceLevels {
		at := strings.TrimSpace(l.Where(i))
		if at == "" {
			continue // a function that is not of Lua
		}
		if len(trace) == 0 {
			text = at + " " + text
		}
		trace = append(trace, at+" in a call")
	}
	s.overflown = glua.LString(text)
	l.Panic = func(*glua.LState) {
		panic(&glua.ApiError{Type: glua.ApiErrorRun, Object: s.overflown, StackTrace: "stack traceback:\n" + strings.Join(trace, "\n") + "\n..."})
	}
	l.Error(s.overflown, 0)
}

func (s *state) pcall(l *glua.LState) int {
	l.CheckAny(1)
	if s.nested >= maxNested {
		return tooNested(l)
	}
	l.Insert(s.guard, 1)
	if err := s.within(l, l.GetTop()-1, nil); err != nil {
		l.Push(glua.LFalse)
		l.Push(thrown(err))
		return 2
	}
	l.Insert(glua.LTrue, 1)
	return l.GetTop()
}

func (s *state) xpcall(l *glua.LState) int {
	l.CheckAny(1)
	handler := l.CheckFunction(2)
	if s.nested >= maxNested {
		return tooNested(l) // a handler that calls itself this way would never end
	}
	l.SetTop(1)
	l.Insert(s.guard, 1)
	err := s.within(l, 1, handler)
	if err == nil {
		l.Insert(glua.LTrue, 1)
		return l.GetTop()
	}
	result := thrown(err)
	if result == stackOverflow && s.overflown != "" {
		// There was no room for the handler: it is called where there is.
		l.Push(handler)
		l.Push(s.overflown)
		if err := l.PCall(1, 1, nil); err != nil {
			result = thrown(err)
		} else {
			result = l.Get(-1)
			l.Pop(1)
		}
	}
	l.Push(glua.LFalse)
	l.Push(result)
	return 2
}

// within is a protected call that counts among those within each other.
func (s *state) within(l *glua.LState, args int, handler *glua.LFunction) error {
	outer := s.nested
	s.nested++
	err := l.PCall(args, glua.MultRet, handler)
	s.nested = outer
	return err
}

// tooNested is the answer to a protected call that there is no room for.
func tooNested(l *glua.LState) int {
	l.Push(glua.LFalse)
	l.Push(glua.LString(errNested))
	return 2
}

// thrown is the value of an error.
func thrown(err error) glua.LValue {
	e, ok := err.(*glua.ApiError)
	switch {
	case !ok:
		return glua.LString(err.Error())
	case e.Object == callStackOverflow:
		return stackOverflow
	case e.Object == nil:
		return glua.LNil
	}
	return e.Object
}
