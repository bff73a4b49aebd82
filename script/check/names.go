// SPDX-License-Identifier: Apache-2.0

package check

import (
	"slices"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// names is what the core and the loaded modules export, by name.
type names struct {
	functions       map[string][]*module.Function
	owner           map[*module.Function]string
	variables       map[string]*module.Variable
	variableOwner   map[string]string
	transformations map[string]*module.Transformation
}

func indexNames(core module.Exports, modules []*Module) *names {
	n := &names{map[string][]*module.Function{}, map[*module.Function]string{}, map[string]*module.Variable{},
		map[string]string{}, map[string]*module.Transformation{}}
	n.add("core", &core)
	for _, m := range modules {
		n.add(m.Name, &m.Exports)
	}
	return n
}

// add enters exports; what was there first stays.
func (n *names) add(owner string, e *module.Exports) {
	for i := range e.Functions {
		f := &e.Functions[i]
		n.functions[f.Name] = append(n.functions[f.Name], f)
		n.owner[f] = owner
	}
	for i := range e.Variables {
		if v := &e.Variables[i]; n.variables[v.Name] == nil {
			n.variables[v.Name], n.variableOwner[v.Name] = v, owner
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

// Variable implements variable.Table.
func (c *checker) Variable(name string) (*module.Variable, error) {
	if v := c.names.variables[name]; v != nil {
		return v, nil
	}
	e := &variable.Error{Length: len(name) + 1, Message: "unknown variable $" + name}
	if mods := knownNames().variables[name]; len(mods) > 0 {
		a := c.absence("variable $"+name, mods)
		if a.told {
			return unserved(name), nil
		}
		e.Message, e.Advice, e.Rule = a.message, a.advice, a.rule
		c.nameError = true
		return nil, e
	}
	c.nameError = true
	all := make([]string, 0, len(c.names.variables))
	for v := range c.names.variables {
		all = append(all, v)
	}
	slices.Sort(all)
	if near := source.Nearest(name, all); near != "" {
		e.Advice = "did you mean $" + near
	}
	return nil, e
}

// Transformation implements variable.Table.
func (c *checker) Transformation(class, op string) (*module.Transformation, error) {
	key := class
	if op != "" {
		key += "." + op
	}
	if t := c.names.transformations[key]; t != nil {
		return t, nil
	}
	var all []string
	for k := range c.names.transformations {
		all = append(all, k)
	}
	slices.Sort(all)
	c.nameError = true
	e := &variable.Error{Length: len(key), Message: "unknown transformation {" + key + "}"}
	if owner := knownTransformations[class]; owner != "" && c.loaded(owner) == nil {
		a := c.absence("transformation {"+key+"}", []string{owner})
		if a.told {
			return unservedStep(class, op), nil
		}
		e.Message, e.Advice, e.Rule = a.message, a.advice, a.rule
		return nil, e
	}
	if near := source.Nearest(key, all); near != "" {
		e.Advice = "did you mean {" + near + "}"
	}
	return nil, e
}

// Binder implements variable.Table.
func (c *checker) Binder() module.Binder { return c.binder() }

// loaded returns a loaded module, or nil.
func (c *checker) loaded(name string) *Module {
	for _, m := range c.modules {
		if m.Name == name {
			return m
		}
	}
	return nil
}
