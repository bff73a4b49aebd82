// SPDX-License-Identifier: Apache-2.0

package check

import (
	"path"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
)

// moduleName makes "tm" of "tm.so", "tm" and "/usr/lib/…/tm.so".
func moduleName(text string) string { return strings.TrimSuffix(path.Base(text), ".so") }

// loadModules makes an instance of each module that the file loads.
func (c *checker) loadModules() {
	for _, l := range c.file.LoadModules() {
		c.loadModule(l)
	}
}

func (c *checker) loadModule(l *syntax.LoadModule) {
	name := moduleName(l.Name.Value)
	if c.loaded(name) != nil {
		c.errs.Warn(&source.Error{Pos: l.Name.Pos, End: l.Name.Fin, Message: "module " + name + " is loaded twice"})
		return
	}
	create := c.opt.Lookup(name)
	if create == nil {
		c.missing[name] = true
		if knownNames().hasModule(name) {
			c.errs.AddSpan(l.Name.Span, "", "module %s is not in kahea yet", name)
			return
		}
		c.errs.AddSpan(l.Name.Span, source.DidYouMean(name, slices.Concat(knownNames().modules, module.Names())),
			"unknown module %s", name)
		return
	}
	m := create()
	e := m.Exports()
	for _, need := range e.Requires {
		if c.loaded(need) == nil && !c.missing[need] {
			c.errs.AddSpan(l.Name.Span, "add loadmodule \""+need+".so\" above this line", "module %s needs module %s", name, need)
		}
	}
	c.modules = append(c.modules, &Module{name, m, e})
}
