// SPDX-License-Identifier: Apache-2.0

package check

import (
	"log/slog"
	"sync"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// binder is what modules may ask of the checker.
type binder struct{ c *checker }

var _ module.Binder = binder{}

func (c *checker) binder() module.Binder { return binder{c} }

// Template implements module.Binder.
func (b binder) Template(text string) (module.Template, error) {
	b.c.uses.at = source.Span{} // a text that the module made
	t, err := variable.ParseTemplate(b.c, text)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// Var implements module.Binder.
func (b binder) Var(text string) (module.Accessor, error) {
	var r *variable.Ref
	var err error
	b.c.uses.as(maySet, func() { r, err = variable.Parse(b.c, text) })
	if err != nil {
		return nil, err
	}
	return r.Accessor(), nil
}

// Route implements module.Binder.
func (b binder) Route(kind module.RouteKind, name string) (module.RouteRef, bool) {
	return b.c.route(kind, name)
}

// VarSlot implements module.Binder.
func (b binder) VarSlot(name string) int {
	b.c.uses.note("var", name)
	if i, ok := b.c.varSlots[name]; ok {
		return i
	}
	i := len(b.c.vars)
	b.c.varSlots[name] = i
	b.c.vars = append(b.c.vars, name)
	return i
}

// Compiling implements module.Binder.
func (b binder) Compiling() sync.Locker { return &b.c.compiling }

// Flag implements module.Binder.
func (b binder) Flag(name string) (int, bool) {
	n, ok := b.c.flags[name]
	return int(n), ok
}

// Setting implements module.Binder.
func (b binder) Setting(group, name string) bool {
	for _, m := range b.c.modules {
		for i := range m.Exports.Settings {
			if e := &m.Exports.Settings[i]; e.Group == group && e.Name == name {
				return true
			}
		}
	}
	return b.c.opt.Setting == nil || b.c.opt.Setting(group, name)
}

// Module implements module.Binder.
func (b binder) Module(name string) module.Module {
	if m := b.c.loaded(name); m != nil {
		return m.Module
	}
	b.c.askedMissing = b.c.askedMissing || b.c.missing[name]
	return nil
}

// Log implements module.Binder.
// What a module warns of while a call or a variable is looked at is a warning of
// the checker, with that place.
func (b binder) Log() *slog.Logger {
	at := b.c.place
	if at.Pos.Line == 0 {
		at = b.c.uses.at
	}
	if at.Pos.Line == 0 {
		return b.c.opt.Log
	}
	return slog.New(warner{b.c.opt.Log.Handler(), b.c, at})
}
