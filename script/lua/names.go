// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// names is what core and modules export, by name.
type names struct {
	functions       map[string][]*module.Function
	variables       map[string]*module.Variable
	transformations map[string]*module.Transformation
}

func indexNames(core module.Exports, modules []Loaded) *names {
	n := &names{map[string][]*module.Function{}, map[string]*module.Variable{}, map[string]*module.Transformation{}}
	n.add(core)
	for _, m := range modules {
		n.add(m.Exports)
	}
	return n
}

// add enters exports; what was there first stays.
func (n *names) add(e module.Exports) {
	for i := range e.Functions {
		f := &e.Functions[i]
		n.functions[f.Name] = append(n.functions[f.Name], f)
	}
	for i := range e.Variables {
		if v := &e.Variables[i]; n.variables[v.Name] == nil {
			n.variables[v.Name] = v
		}
	}
	for i := range e.Transformations {
		t := &e.Transformations[i]
		key := t.Class
		if t.Name != "" {
			key += "." + t.Name
		}
		if n.transformations[key] == nil {
			n.transformations[key] = t
		}
	}
}

// find returns the function that takes so many arguments, or nil.
func (n *names) find(name string, args int) *module.Function {
	for _, f := range n.functions[name] {
		if f.Takes(args) {
			return f
		}
	}
	return nil
}

// table is a Program as variables are compiled with it while messages are
// handled: a script in Lua names them by strings that may be computed.
type table struct{ p *Program }

var (
	_ variable.Table = table{}
	_ module.Binder  = table{}
)

// Variable implements variable.Table.
func (t table) Variable(name string) (*module.Variable, error) {
	if v := t.p.names.variables[name]; v != nil {
		return v, nil
	}
	return nil, &variable.Error{Length: len(name) + 1, Message: "unknown variable $" + strings.Clone(name)}
}

// Transformation implements variable.Table.
func (t table) Transformation(class, op string) (*module.Transformation, error) {
	key := class
	if op != "" {
		key += "." + op
	}
	if f := t.p.names.transformations[key]; f != nil {
		return f, nil
	}
	return nil, &variable.Error{Length: len(key), Message: "unknown transformation {" + key + "}"}
}

// Binder implements variable.Table.
func (t table) Binder() module.Binder { return t }

// Template implements module.Binder.
func (t table) Template(text string) (module.Template, error) {
	tpl, err := variable.ParseTemplate(t, text)
	if err != nil {
		return nil, err
	}
	return tpl, nil
}

// Var implements module.Binder.
func (t table) Var(text string) (module.Accessor, error) {
	r, err := variable.Parse(t, text)
	if err != nil {
		return nil, err
	}
	return r.Accessor(), nil
}

// Route implements module.Binder.
func (t table) Route(kind module.RouteKind, name string) (module.RouteRef, bool) {
	return t.p.Lookup(kind, name)
}

// Compiling implements module.Binder.
func (t table) Compiling() sync.Locker { return &t.p.compiling }

// VarSlot implements module.Binder.
func (t table) VarSlot(name string) int { return t.p.vars.slot(name) }

// Flag implements module.Binder.
func (t table) Flag(name string) (int, bool) {
	if f, ok := t.p.native.(interface{ Flag(name string) (int, bool) }); ok {
		return f.Flag(name)
	}
	return 0, false
}

// Setting implements module.Binder.
func (t table) Setting(group, name string) bool {
	return t.p.host.Settings().Lookup(group, name) != nil
}

// Module implements module.Binder.
func (t table) Module(name string) module.Module {
	for _, m := range t.p.set.Modules {
		if m.Name == name {
			return m.Module
		}
	}
	return nil
}

// Log implements module.Binder.
func (t table) Log() *slog.Logger { return t.p.host.Log() }

// slots are the places of $var(name) in Call.Vars: first those of the native
// program, whose variables are the same ones.
type slots struct {
	names atomic.Pointer[[]string]
	mu    sync.Mutex // held to replace names
}

func (s *slots) init(native module.Program) {
	var names []string
	if n, ok := native.(interface{ VarNames() []string }); ok {
		names = slices.Clone(n.VarNames())
	}
	s.names.Store(&names)
}

func (s *slots) slot(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := *s.names.Load()
	if i := slices.Index(names, name); i >= 0 {
		return i
	}
	more := append(slices.Clip(names), strings.Clone(name))
	s.names.Store(&more)
	return len(names)
}

// fit makes room for all variables in a Call.
func (s *slots) fit(c *module.Call) {
	if n := len(*s.names.Load()); len(c.Vars) < n {
		c.Vars = append(c.Vars, make([]module.Value, n-len(c.Vars))...)
	}
}

// VarNames returns the names of the $var slots, in the order of Call.Vars.
func (p *Program) VarNames() []string { return *p.vars.names.Load() }

// VarSlot returns the place of $var(name) in Call.Vars, which is made longer
// where the name is new.
func (p *Program) VarSlot(c *module.Call, name string) int {
	i := p.vars.slot(name)
	p.vars.fit(c)
	return i
}
