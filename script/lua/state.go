// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"runtime/debug"

	"github.com/kahea-sip/kahea/core/module"
	glua "github.com/yuin/gopher-lua"
)

// Sizes of a state's stacks: how deep calls may nest, as in Lua 5.1, and how
// many values its functions may have at one time. Both grow when needed.
//
// Hot path: the stack of calls that grows takes 7 of 100 parts of BenchmarkRoute
// (its Push, Last and Pop in a profile). One of a fixed size would be 1.6 MB for
// each state and each coroutine, all of which a garbage collection looks through.
const (
	callDepth    = 20000
	registrySize = 1024
	registryMax  = 1 << 20
	registryStep = 4096
)

// state is one Lua state with what its functions need to know of the message
// that it serves.
type state struct {
	program *Program
	pool    *pool
	lua     *glua.LState
	// call is the message, nil while nobody has the state.
	call *module.Call
	// drop is what KSR.x.drop and KSR.set_drop ask for.
	drop bool
	// entries are the functions that the engine called and that stand within each
	// other, "" for a text.
	entries []string
	// args is the memory for the arguments of functions, in the order of
	// their nesting.
	args module.Args
	// panicked is the panic inside of a function of ours that Lua caught.
	panicked *Panic
	texts    [keptTexts]keptText
	// native are the functions that modf called.
	native map[modfKey]glua.LGFunction
	// protos are the compiled texts of lua_runstring and lua_dostring.
	protos map[string]*glua.FunctionProto
	steps  *stepCounter
	// guard is guarded, below each call of a script; pcalls are pcall and xpcall;
	// overflown is the text of the last overflow.
	guard     *glua.LFunction
	pcalls    [2]*glua.LFunction
	overflown glua.LString
	// nested is how many protected calls and coroutines stand within each
	// other.
	nested int
	memory memory
	place  func() *module.Position
	// dostring is the second state, of lua_dofile and lua_dostring, made
	// when first asked for.
	dostring *state
}

// Panic is a fault of the engine inside of a function that a script called.
type Panic struct {
	Reason any
	// Stack is the stack of the goroutine, Traceback that of the script.
	Stack     []byte
	Traceback string
}

// Error implements error.
func (p *Panic) Error() string { return fmt.Sprintf("%v\n%s\n%s", p.Reason, p.Traceback, p.Stack) }

// newState makes a state and runs the scripts in it.
func (l *pool) newState() (*state, error) {
	s := l.bareState()
	c := l.program.host.NewCall()
	defer l.program.host.FreeCall(c)
	s.enter(c)
	defer func() { s.call, c.Lua, c.Place = nil, nil, nil }()
	for _, script := range l.chunks {
		s.lua.Push(s.guard)
		s.lua.Push(s.lua.NewFunctionFromProto(script.proto))
		if err := s.protect(0, ""); err != nil {
			err = s.loadError(err)
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// bareState makes a state that no script ran in.
func (l *pool) bareState() *state {
	p := l.program
	s := &state{program: p, pool: l}
	s.lua = glua.NewState(glua.Options{CallStackSize: callDepth, RegistrySize: registrySize, RegistryMaxSize: registryMax,
		RegistryGrowStep: registryStep, SkipOpenLibs: true, MinimizeStackMemory: true})
	s.place = s.position
	s.openLibraries()
	ksr := s.tables()
	s.lua.SetGlobal("KSR", ksr)
	if p.opt.OldAPI != nil {
		s.lua.SetGlobal("sr", s.oldTables(ksr))
	}
	return s
}

func (s *state) close() {
	if s.dostring != nil {
		s.dostring.close()
	}
	s.lua.Close()
}

// enter gives the state to a message.
func (s *state) enter(c *module.Call) {
	s.call, c.Lua, c.Place = c, s, s.place
	s.program.vars.fit(c)
	s.nested, s.memory = -1, memory{} // the outermost script does not count
	s.steps.begin(c)
}

// leave takes it back when the outermost script has ended. A fault of the
// engine that Lua caught is one of the message, which ends here.
func (s *state) leave(c *module.Call) {
	c.Lua, c.Place, c.LuaName, s.call = nil, nil, "", nil
	s.steps.end(c)
	if r := recover(); r != nil {
		s.close() // its stacks may be in disorder
		panic(r)
	}
	if fault := s.panicked; fault != nil {
		s.close()
		panic(fault)
	}
	s.pool.release(s)
}

// route runs a function of the scripts in place of a route.
func (s *state) route(c *module.Call, t *target) module.Outcome {
	outer, line := s.drop, c.Line
	s.drop, c.Line = false, t.at
	fn := s.lua.G.Global.RawGetString(t.function)
	if _, ok := fn.(*glua.LFunction); !ok {
		s.program.errors.report(c, fmt.Sprintf("there is no function %s in the scripts", t.function), "")
		s.drop, c.Line = outer, line
		return module.Outcome{Result: module.False}
	}
	n := 0
	s.lua.Push(s.guard)
	s.lua.Push(fn)
	if t.event != "" {
		s.lua.Push(glua.LString(t.event))
		n = 1
	}
	out := module.Outcome{Result: module.True}
	if err := s.protect(n, t.function); err != nil {
		if out.Exit = isExit(err); !out.Exit {
			out.Result, out.Exit = module.False, s.steps.exceeded()
			s.failed(c, err)
		}
	}
	// As in Kamailio what leaves cannot be held back here.
	out.Drop = s.drop && c.Route != module.OnSendRoute
	s.drop, c.Line = outer, line
	return out
}

// protect calls the function below n arguments on the stack, below which stands
// the guard; it leaves nothing there. entry is the name of the function. A script that runs itself through lua_run or
// a native route nests no deeper than with pcall.
func (s *state) protect(n int, entry string) error {
	if s.nested >= maxNested {
		s.lua.Pop(n + 2)
		return &glua.ApiError{Type: glua.ApiErrorRun, Object: glua.LString(errNested), StackTrace: " "}
	}
	outer, name := s.nested, s.call.LuaName
	s.nested, s.call.LuaName = outer+1, ""
	s.entries = append(s.entries, entry)
	err := s.lua.PCall(n+1, 0, nil)
	if e, ok := err.(*glua.ApiError); ok && !isExit(err) {
		e.StackTrace = s.traceText(e.StackTrace)
	}
	s.entries = s.entries[:len(s.entries)-1]
	s.nested, s.call.LuaName = outer, name
	return err
}

// failed tells of an error of the script.
func (s *state) failed(c *module.Call, err error) {
	e, ok := err.(*glua.ApiError)
	if !ok {
		s.program.errors.report(c, err.Error(), "")
		return
	}
	if e.Type == glua.ApiErrorPanic && s.panicked != nil {
		s.panicked.Traceback = e.StackTrace
		return
	}
	if !s.steps.exceeded() {
		s.program.errors.report(c, s.message(e), e.StackTrace)
		return
	}
	if s.steps.told {
		return
	}
	s.steps.told = true
	s.program.errors.report(c, s.message(e), e.StackTrace)
	if c.Route == module.RequestRoute {
		s.program.answerRunaway(c)
	}
}

// caught notes a panic on its way through a function of ours: Lua would make
// an error of it that a script may catch.
func (s *state) caught() {
	if r := recover(); r != nil {
		if _, ok := r.(*glua.ApiError); !ok && s.panicked == nil {
			s.panicked = &Panic{Reason: r, Stack: debug.Stack()}
		}
		panic(r)
	}
}

// hasFunction tells whether the scripts define a global function.
func (s *state) hasFunction(name string) bool {
	_, ok := s.lua.G.Global.RawGetString(name).(*glua.LFunction)
	return ok
}

// position is where in the scripts the message is.
func (s *state) position() *module.Position {
	for level := 0; ; level++ {
		frame, ok := s.lua.GetStack(level)
		if !ok {
			break
		}
		if _, err := s.lua.GetInfo("Sl", frame, glua.LNil); err == nil && frame.CurrentLine > 0 {
			return s.program.places.at(frame.Source, frame.CurrentLine, s.call.Line.Route)
		}
	}
	return s.call.Line
}
