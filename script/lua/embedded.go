// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	glua "github.com/yuin/gopher-lua"
)

// What a native configuration runs in Lua. As in Kamailio there are two
// states: lua_run and lua_runstring use that of the loaded scripts,
// lua_dofile and lua_dostring another one that no script was loaded into.

// maxTexts bounds the compiled texts that a Program remembers.
const maxTexts = 256

// RunFunction is lua_run: it calls a function of the scripts with texts. What
// the function returns does not matter; False is an error.
func (p *Program) RunFunction(c *module.Call, name string, args ...string) module.Result {
	return p.embedded(c, func(s *state) error {
		fn := s.lua.G.Global.RawGetString(name)
		if _, ok := fn.(*glua.LFunction); !ok {
			return fmt.Errorf("there is no function %s in the scripts", name)
		}
		s.lua.Push(s.guard)
		s.lua.Push(fn)
		for _, a := range args {
			s.lua.Push(s.text(a))
		}
		return s.protect(len(args), name)
	}, true)
}

// RunText is lua_runstring: it runs a text in the state of the scripts.
func (p *Program) RunText(c *module.Call, text string) module.Result {
	return p.embedded(c, func(s *state) error { return p.text(s, text) }, true)
}

// DoText is lua_dostring: it runs a text in the state without scripts.
func (p *Program) DoText(c *module.Call, text string) module.Result {
	return p.embedded(c, func(s *state) error { return p.text(s.other(), text) }, false)
}

// DoFile is lua_dofile: it reads a script and runs it, in the state without
// scripts, for each call.
func (p *Program) DoFile(c *module.Call, file string) module.Result {
	var script *Script
	var err error
	c.Block(func() { script, err = Compile(file) })
	return p.embedded(c, func(s *state) error {
		if err != nil {
			return err
		}
		s = s.other()
		s.lua.Push(s.guard)
		s.lua.Push(s.lua.NewFunctionFromProto(script.proto))
		return s.protect(0, "")
	}, false)
}

// embedded runs f with a state. exits tells that KSR.x.exit is no error.
func (p *Program) embedded(c *module.Call, f func(s *state) error, exits bool) module.Result {
	s, nested := c.Lua.(*state)
	if !nested {
		var err error
		if s, err = p.acquire(); err != nil {
			p.errors.report(c, err.Error(), "")
			return module.False
		}
		s.enter(c)
		defer s.leave(c)
	}
	drop := s.drop
	err := f(s)
	defer func() { s.drop = drop }()
	if o := s.dostring; o != nil && o.panicked != nil {
		s.panicked, o.panicked = o.panicked, nil
	}
	switch {
	case err == nil:
		return module.True
	case isExit(err) && exits:
		return module.True
	}
	s.failed(c, err)
	if s.steps.exceeded() {
		return module.Stop // the message has its answer
	}
	return module.False
}

// text runs a text, compiled once.
func (p *Program) text(s *state, text string) error {
	proto := s.protos[text]
	if proto == nil {
		var err error
		if proto, err = compileProto(chunkName(text), text); err != nil {
			return err
		}
		if len(s.protos) >= maxTexts || s.protos == nil {
			s.protos = map[string]*glua.FunctionProto{}
		}
		s.protos[strings.Clone(text)] = proto
	}
	s.lua.Push(s.guard)
	s.lua.Push(s.lua.NewFunctionFromProto(proto))
	return s.protect(0, "")
}

// chunkName is how Lua names a text: [string "the beginning..."].
func chunkName(text string) string {
	line, _, more := strings.Cut(text, "\n")
	if len(line) > 40 {
		line, more = line[:40], true
	}
	if more {
		line += "..."
	}
	return `[string "` + strings.Clone(line) + `"]`
}

// other is the state of lua_dofile and lua_dostring, for the same message.
func (s *state) other() *state {
	if s.dostring == nil {
		s.dostring = s.pool.bareState()
		s.dostring.shareSteps(s.steps)
	}
	s.dostring.call, s.dostring.nested = s.call, s.nested
	return s.dostring
}
