// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/lua"
)

// nativeEngine is the cfgengine of routes in the configuration itself.
const nativeEngine = "native"

// scriptEngines are the engines of Kamailio and the modules that bring them.
var scriptEngines = map[string]string{"lua": "app_lua", "python": "app_python3", "jsdt": "app_jsdt", "ruby": "app_ruby", "sqlang": "app_sqlang"}

// runners are the loaded modules that run scripts.
func (c *config) runners() []lua.Runner {
	var list []lua.Runner
	for _, m := range c.script.Modules {
		if r, ok := m.Module.(lua.Runner); ok {
			list = append(list, r)
		}
	}
	return list
}

// checkEngine looks whether a loaded module runs what cfgengine names.
func (c *config) checkEngine() {
	name := c.settings.Engine
	if name == nativeEngine || slices.ContainsFunc(c.runners(), func(r lua.Runner) bool { return r.Language() == name }) {
		return
	}
	at := c.settings.Place("cfgengine")
	e := &source.Error{Pos: at.Pos, End: at.Fin, Message: fmt.Sprintf("routes in %s are not there yet", name), Advice: `native and lua are`}
	if module.Lookup(scriptEngines[name]) != nil {
		e.Message, e.Advice = fmt.Sprintf("no loaded module runs routes in %s", name), fmt.Sprintf(`add loadmodule "%s.so"`, scriptEngines[name])
	}
	c.errs.Add(e)
}

// checkScripts warns of calls in scripts that can only fail.
func (c *config) checkScripts() {
	for _, r := range c.runners() {
		for _, e := range r.Check(c.core, c.loaded()) {
			c.errs.Warn(e)
		}
	}
}

// loaded are the loaded modules, for those that run scripts.
func (c *config) loaded() []lua.Loaded {
	list := make([]lua.Loaded, 0, len(c.script.Modules))
	for _, m := range c.script.Modules {
		list = append(list, lua.Loaded{Name: m.Name, Module: m.Module, Exports: m.Exports})
	}
	return list
}

// attachScripts gives the modules that run scripts what these may call. The
// program that it returns runs the routes.
func (s *server) attachScripts(native module.Program) (module.Program, error) {
	set := s.cfg.settings
	setup := lua.Setup{Core: s.cfg.core, Native: native, OnSendRoute: set.KEMI.OnSendRoute, ReplyRoute: set.KEMI.ReplyRoute,
		ReceivedRoute: set.KEMI.ReceivedRoute, PreRouting: set.KEMI.PreRouting, Host: s.engine,
		SlowAction: set.Script.SlowAction, SlowLevel: module.LevelOf(set.Script.SlowLevel)}
	setup.Modules = s.cfg.loaded()
	for _, r := range s.cfg.runners() {
		setup.Main = r.Language() == set.Engine
		program, err := r.Attach(setup)
		if err != nil {
			return nil, err
		}
		setup.Native = program
	}
	return setup.Native, nil
}

// beginScripts runs the scripts for the first time. Which callbacks they have
// is known only then.
func (s *server) beginScripts() error {
	list := s.cfg.runners()
	for _, r := range list {
		if err := r.Begin(); err != nil {
			return err
		}
	}
	if len(list) > 0 {
		s.install()
	}
	return nil
}
