// SPDX-License-Identifier: Apache-2.0

// Package lua runs routing scripts written in Lua against the KEMI interface.
//
// A Program has a pool of Lua states. A message takes a state for as long as its
// script runs, and what runs within (a branch route within t_relay) runs in the
// same one, so that never two goroutines have the same state and never more
// states exist than messages were handled at one time. A reload makes a new
// pool; who has a state of the old one finishes with it.
package lua

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
)

// Options say how scripts run.
type Options struct {
	// Files are the scripts, in the order of loading. All share one state.
	Files []string
	// Names of the callbacks of the core; "" is the usual name, "none" none.
	OnSendRoute, ReplyRoute string
	// Sandbox takes the library io, and of os what changes the system, away.
	Sandbox bool
	// StepLimit is how many instructions a message may cost; 0 for any.
	StepLimit int
	// LogCalls logs each call of a KSR function at debug level.
	LogCalls bool
	// OldAPI has the table sr of app_lua_sr, with these modules; nil has none.
	OldAPI []string
}

// Setup is what the engine knows when the modules are loaded.
type Setup struct {
	// Core are the functions and variables of the engine itself.
	Core module.Exports
	// Modules are those that the configuration loads, in the order of start.
	Modules []Loaded
	// Native is the program of the configuration's own routes.
	Native module.Program
	// Main tells that the routes of the server are those of the scripts
	// (cfgengine "lua"); else those of Native.
	Main bool
	// OnSendRoute and ReplyRoute are those of Options, as the core
	// parameters kemi.… name them.
	OnSendRoute, ReplyRoute string
	// ReceivedRoute and PreRouting stand for the event routes of the core with
	// these names; "none" is none.
	ReceivedRoute, PreRouting string
	// SlowAction is the time above which a function is reported, at the level
	// SlowLevel; 0 for never.
	SlowAction time.Duration
	SlowLevel  slog.Level
	Host       module.Host
}

// Runner is a module that runs scripts of this package; the start of the server
// knows it by this.
type Runner interface {
	// Language is the language of the scripts as cfgengine names it.
	Language() string
	// Check tells of mistakes in the scripts that only the loaded modules show.
	Check(core module.Exports, modules []Loaded) []*source.Error
	// Attach gives the module what its scripts may call, before any module
	// is started. The program runs the routes of the server.
	Attach(s Setup) (module.Program, error)
	// Begin runs the scripts for the first time, after all modules were
	// started.
	Begin() error
}

// Loaded is a loaded module.
type Loaded struct {
	Name    string
	Module  module.Module
	Exports module.Exports
}

// Program is a set of scripts that can be run. It is safe for concurrent use,
// each Call by its own goroutine.
type Program struct {
	opt    Options
	set    Setup
	host   module.Host
	native module.Program
	names  *names
	// known is what KSR has, for errors: a script may fail with each message.
	known func() *known
	// kinds are the functions of KSR, by table.
	functions []*function
	routes    routes
	errors    errorLog
	vars      slots
	places    places
	compiling sync.Mutex // see module.Binder

	current atomic.Pointer[pool]
	// reload is held while scripts are read anew.
	reload sync.Mutex
	// chunks are the compiled scripts of the current pool; guarded by reload.
	chunks []*Script
}

var (
	_ module.Program = (*Program)(nil)
	_ module.Scripts = (*Program)(nil)
)

// errNotLoaded is what a Program says of scripts before Start.
var errNotLoaded = errors.New("the scripts are not loaded yet")

// New makes a program of compiled scripts. They are not run before Start.
func New(opt Options, chunks []*Script, set Setup) (*Program, error) {
	if opt.OnSendRoute == "" {
		opt.OnSendRoute = set.OnSendRoute
	}
	if opt.ReplyRoute == "" {
		opt.ReplyRoute = set.ReplyRoute
	}
	p := &Program{opt: opt, set: set, host: set.Host, native: set.Native, chunks: chunks}
	p.names = indexNames(set.Core, set.Modules)
	p.known = sync.OnceValue(func() *known { return newKnown(set.Core, set.Modules) })
	p.vars.init(set.Native)
	p.places.init()
	p.errors.init(set.Host)
	p.routes.init(opt, set)
	list, err := p.listFunctions()
	if err != nil {
		return nil, err
	}
	p.functions = list
	return p, nil
}

// Start runs the scripts for the first time: what stands outside of functions.
// An error has the place in the script.
func (p *Program) Start() error {
	p.reload.Lock()
	defer p.reload.Unlock()
	return p.install(p.chunks)
}

// install makes a pool of compiled scripts the current one when they run.
func (p *Program) install(chunks []*Script) error {
	next := &pool{program: p, chunks: chunks}
	s, err := next.newState()
	if err != nil {
		return err
	}
	next.free = append(next.free, s)
	p.chunks = chunks
	p.routes.defined(s)
	if _, native := p.native.Lookup(module.RequestRoute, ""); p.set.Main && !native && !s.hasFunction(p.routes.request) {
		p.host.Log().Warn("cfgengine is lua, and the scripts have no function for requests: none will be answered", "function", p.routes.request)
	}
	if old := p.current.Swap(next); old != nil {
		old.close()
	}
	return nil
}

// Stop tells what is not told yet of errors in the scripts.
func (p *Program) Stop() { p.errors.end() }

// Reload reads the scripts again, or one of them, and puts them in place of
// those that run. When they cannot be compiled or fail, these go on.
func (p *Program) Reload(index int) error {
	p.reload.Lock()
	defer p.reload.Unlock()
	if index >= len(p.chunks) || index < -1 {
		return fmt.Errorf("there is no script %d", index)
	}
	next := make([]*Script, len(p.chunks))
	for i, c := range p.chunks {
		if next[i] = c; index == -1 || index == i {
			var err error
			if next[i], err = Compile(c.File); err != nil {
				return err
			}
		}
	}
	return p.install(next)
}

// Files returns the paths of the scripts.
func (p *Program) Files() []string { return p.opt.Files }

// Forms returns the functions of KSR that the scripts can call: those of the
// core, then those of the modules in their order.
func (p *Program) Forms() []module.Form {
	forms := make([]module.Form, 0, len(controls)+len(p.functions))
	for _, f := range controls {
		forms = append(forms, f.Form)
	}
	for _, f := range p.functions {
		forms = append(forms, f.form)
	}
	return forms
}

// Lookup implements module.Program.
func (p *Program) Lookup(kind module.RouteKind, name string) (module.RouteRef, bool) {
	event := kind == module.EventRoute || kind == module.LocalRoute
	if event && p.set.Main {
		// As in Kamailio a callback of the scripts goes before an event route of the
		// configuration, which runs where there is none.
		if r, ok := p.routes.lookup(kind, name); ok {
			return r, true
		}
		return p.native.Lookup(kind, name)
	}
	// As in Kamailio request_route and the routes that have names are those of the
	// configuration also with cfgengine "lua"; all others are functions of the scripts.
	if !p.set.Main || kind == module.RequestRoute {
		if r, ok := p.native.Lookup(kind, name); ok {
			return r, true
		}
		if !p.set.Main && !event {
			return module.NoRoute, false
		}
	}
	return p.routes.lookup(kind, name)
}

// Functions implements module.Scripts.
func (p *Program) Functions() bool { return p.set.Main }

// Function implements module.Scripts.
func (p *Program) Function(name, argument string) (module.RouteRef, bool) {
	if name == "" {
		return module.NoRoute, false
	}
	r, err := p.routes.intern(name, argument)
	return r, err == nil
}

// RouteName implements module.Program.
func (p *Program) RouteName(r module.RouteRef) string {
	if r < luaRoutes {
		return p.native.RouteName(r)
	}
	if t := p.routes.at(r); t != nil {
		return t.function
	}
	return ""
}

// Run implements module.Program.
func (p *Program) Run(c *module.Call, r module.RouteRef) module.Outcome {
	if r < luaRoutes {
		return p.runNative(c, r)
	}
	t := p.routes.at(r)
	if t == nil {
		return module.Outcome{Result: module.True}
	}
	s, nested := c.Lua.(*state)
	if !nested {
		var err error
		if s, err = p.acquire(); err != nil {
			p.errors.report(c, err.Error(), "")
			return module.Outcome{Result: module.False}
		}
		s.enter(c)
		defer s.leave(c)
	}
	return s.route(c, t)
}

// runNative runs a route of the configuration, maybe within a script.
func (p *Program) runNative(c *module.Call, r module.RouteRef) module.Outcome {
	if c.Place == nil {
		return p.native.Run(c, r)
	}
	line, place := c.Line, c.Place
	c.Place = nil // a native route knows its line
	out := p.native.Run(c, r)
	c.Line, c.Place = line, place
	p.vars.fit(c)
	return out
}
