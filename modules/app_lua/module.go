// SPDX-License-Identifier: Apache-2.0

// Package app_lua runs scripts in Lua: as the routes of the server, or called by native ones.
package app_lua

import (
	"context"
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/lua"
)

func init() { module.Register("app_lua", func() module.Module { return New() }) }

// AppLua is the module.
type AppLua struct {
	load      []string
	register  []string
	reload    int
	logMode   int
	sandbox   bool
	stepLimit int

	scripts []*lua.Script
	program *lua.Program
}

// New returns the module with its defaults.
func New() *AppLua { return &AppLua{reload: 1} }

var (
	_ module.Preparer = (*AppLua)(nil)
	_ module.Stopper  = (*AppLua)(nil)
	_ lua.Runner      = (*AppLua)(nil)
)

// Exports implements module.Module.
func (m *AppLua) Exports() module.Exports {
	text := func(name, doc string) module.Arg { return module.Arg{Name: name, Doc: doc} }
	param := module.Arg{Name: "param", Optional: true, Doc: "text that the function gets"}
	run := []module.Arg{text("function", "name of a global function of the scripts"), param, param, param}
	return module.Exports{
		Doc: "Runs scripts in Lua: as the routes of the server, or called by native ones.",
		Params: []module.Param{
			{Name: "load", Set: &m.load, Doc: "path of a script to load at start; all scripts share their global names"},
			{Name: "register", Set: &m.register, Doc: "module whose functions scripts have in the table sr too, as with app_lua_sr"},
			{Name: "reload", Set: &m.reload, Min: 0, Max: 1, Doc: "0 refuses the command app_lua.reload"},
			{Name: "log_mode", Set: &m.logMode, Doc: "1 logs each call of a function of KSR at level debug"},
			{Name: "sandbox", Set: &m.sandbox, Doc: "1 takes from scripts the library io, and os.execute, os.remove, os.rename, os.setenv and os.tmpname"},
			{Name: "step_limit", Set: &m.stepLimit, Min: 0, Max: 1 << 40, Unit: "instructions", Doc: "what a script may take for one message; beyond it the script is ended, and a request that has no answer gets a 500. 0 sets no limit and costs nothing"},
		},
		Functions: []module.Function{
			{Name: "lua_dofile", Args: []module.Arg{text("path", "path of a script")}, Routes: module.AnyRoute, Lua: "dofile",
				Run: func(c *module.Call, a module.Args) module.Result { return m.program.DoFile(c, a.Str(0)) },
				Doc: "Reads a script and runs it, each time anew. It does not see what the loaded scripts define. False when it fails."},
			{Name: "lua_dostring", Args: []module.Arg{text("script", "text in Lua")}, Routes: module.AnyRoute, Lua: "dostring",
				Run: func(c *module.Call, a module.Args) module.Result { return m.program.DoText(c, a.Str(0)) },
				Doc: "Runs a text, in the state of lua_dofile. False when it fails."},
			{Name: "lua_run", Args: run, Routes: module.AnyRoute, Lua: "run; run_p1(str,str); run_p2(str,str,str); run_p3(str,str,str,str)", Run: m.run,
				Doc: "Calls a function of the loaded scripts. What it returns does not count: false means that it failed. KSR.x.exit ends the function, not the route."},
			{Name: "lua_runstring", Args: []module.Arg{text("script", "text in Lua")}, Routes: module.AnyRoute, Lua: "runstring",
				Run: func(c *module.Call, a module.Args) module.Result { return m.program.RunText(c, a.Str(0)) },
				Doc: "Runs a text that sees what the loaded scripts define. False when it fails."},
		},
		RPC: []module.Command{
			{Name: "app_lua.list", Run: m.rpcList, Doc: "list the Lua scripts that are loaded"},
			{Name: "app_lua.reload", Run: m.rpcReload, Doc: "reload the Lua scripts, or one of them by its number"},
			{Name: "app_lua.api_list", Run: m.rpcFunctions, Doc: "list the functions that Lua scripts can call"},
		},
	}
}

// Prepare implements module.Preparer: scripts that cannot be compiled stop the
// start.
func (m *AppLua) Prepare(module.Binder) error {
	var errs []error
	m.scripts = nil
	for _, file := range m.load {
		s, err := lua.Compile(file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		m.scripts = append(m.scripts, s)
	}
	return errors.Join(errs...)
}

// Language implements lua.Runner.
func (m *AppLua) Language() string { return "lua" }

// Check implements lua.Runner.
func (m *AppLua) Check(core module.Exports, modules []lua.Loaded) []*lua.Finding {
	return lua.Check(m.scripts, core, modules)
}

// Attach implements lua.Runner.
func (m *AppLua) Attach(s lua.Setup) (module.Program, error) {
	old := m.register
	for _, other := range s.Modules {
		if r, ok := other.Module.(interface{ OldAPI() []string }); ok {
			old = append(append([]string{}, old...), r.OldAPI()...)
		}
	}
	p, err := lua.New(lua.Options{Files: m.load, Sandbox: m.sandbox, StepLimit: m.stepLimit, LogCalls: m.logMode&1 != 0, OldAPI: old}, m.scripts, s)
	if err != nil {
		return nil, err
	}
	m.program = p
	return p, nil
}

// Begin implements lua.Runner.
func (m *AppLua) Begin() error { return m.program.Start() }

// Stop implements module.Stopper.
func (m *AppLua) Stop(context.Context) error {
	m.program.Stop()
	return nil
}

// run is lua_run.
func (m *AppLua) run(c *module.Call, a module.Args) module.Result {
	var texts [3]string
	n := 0
	for n < len(texts) && a[n+1].Given {
		texts[n] = a.Str(n + 1)
		n++
	}
	return m.program.RunFunction(c, a.Str(0), texts[:n]...)
}
