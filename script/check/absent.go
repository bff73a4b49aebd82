// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

// What stands here is about things of the reference that the configuration
// cannot use: of a module that kahea does not have, or that is not loaded. One
// mistake is told for each module, and what belongs to it is still looked at
// by the reference's list: so the rest of the file is checked as well.

// absence says why something of the reference cannot be used.
type absence struct {
	message, advice string
	rule            source.Rule
	// told is that this was said already: of the module, or of the same thing.
	told bool
}

// absence looks for what is in the way of using something that modules of the
// reference have. What it returns counts as told afterwards.
func (c *checker) absence(what string, mods []string) absence {
	for _, m := range mods {
		if c.missing[m] {
			return absence{told: true}
		}
	}
	if slices.Contains(mods, "core") {
		return c.once(what, absence{message: what + " of the core is not in kahea yet", rule: source.NotYet})
	}
	for _, m := range mods {
		if c.loaded(m) != nil {
			return c.once(what, absence{message: fmt.Sprintf("%s of module %s is not in kahea yet", what, m),
				advice: "docs/compatibility.md lists what is left out", rule: source.NotYet})
		}
	}
	var have []string
	for _, m := range mods {
		if c.opt.Lookup(m) != nil {
			have = append(have, m)
		}
	}
	if len(have) == 0 {
		list := strings.Join(mods, " or ")
		return c.once(list, absence{message: fmt.Sprintf("%s is of module %s, which is not in kahea yet", what, list), rule: source.NotYet})
	}
	list := strings.Join(have, " or ")
	return c.once(list, absence{message: fmt.Sprintf("%s is of module %s, which is not loaded", what, list),
		advice: fmt.Sprintf("add loadmodule \"%s.so\"", have[0]), rule: source.NotLoaded})
}

// once marks an absence as told when it is asked for again.
func (c *checker) once(key string, a absence) absence {
	a.told = c.told[key]
	c.told[key] = true
	return a
}

// absentFunction tells of a call of a function that is none of ours; false
// when the reference does not have it either.
func (c *checker) absentFunction(x *syntax.Call) bool {
	name := x.Name.Name
	all := knownNames().functions[name]
	if len(all) == 0 {
		return false
	}
	if a := c.absence("function "+name, knownNames().owners(name)); !a.told {
		c.report(a.rule, x.Name.Span, a.advice, "%s", a.message)
	}
	c.absentCall(x, all)
	return true
}

// absentCall looks at a call of a function of the reference: number of
// arguments, route, and the names in the arguments.
func (c *checker) absentCall(x *syntax.Call, all []knownFunction) {
	var routes module.RouteKind
	var counts []int
	any := false
	for _, f := range all {
		routes |= f.routes
		counts = append(counts, f.arity...)
		any = any || f.arity == nil
	}
	slices.Sort(counts)
	counts = slices.Compact(counts)
	name := x.Name.Name
	switch {
	case !any && !slices.Contains(counts, len(x.Args)):
		c.report(source.Function, x.Name.Span, "", "%s takes %s, found %d", name, countList(counts), len(x.Args))
	case routes != 0 && !allowed(routes, c.kind):
		c.report(source.Function, x.Name.Span, "it may stand in "+routeList(routes), "%s may not stand in %s", name, routeWord(c.kind))
	}
	for _, a := range x.Args {
		c.looseArgument(a)
	}
}

func countList(counts []int) string {
	var words []string
	for _, n := range counts {
		words = append(words, fmt.Sprint(n))
	}
	text := strings.Join(words, " or ")
	if text == "1" {
		return "1 argument"
	}
	return text + " arguments"
}

// looseArgument looks at an argument whose type is not known: only names that
// do not exist are mistakes in a string, since it may be an expression or a
// text in which $ means nothing.
func (c *checker) looseArgument(x syntax.Expr) {
	x = syntax.Unwrap(x)
	before := c.uses.kind
	c.uses.kind = maySet
	defer func() { c.uses.kind = before }()
	s, ok := x.(*syntax.String)
	if !ok {
		c.value(x)
		return
	}
	c.uses.at = s.Span
	c.nameError = false
	if _, err := variable.ParseTemplate(c, s.Value); err != nil && c.nameError {
		c.failIn(s, err)
	}
}

// absentParam looks at a modparam line of a module that kahea does not have.
func (c *checker) absentParam(mod string, p *syntax.ModParam) {
	params := knownNames().params[mod]
	if len(params) == 0 {
		return
	}
	want, ok := params[p.Name.Value]
	if !ok {
		var all []string
		for name := range params {
			all = append(all, name)
		}
		slices.Sort(all)
		c.report(source.ModuleParameter, p.Name.Span, source.DidYouMean(p.Name.Value, all), "module %s has no parameter %s", mod, p.Name.Value)
		return
	}
	node := c.value(p.Value)
	if node == nil {
		return
	}
	v, constant := expr.IsConst(node)
	if !constant {
		return
	}
	switch isInt := node.Type() == expr.Int; {
	case isInt && want == knownString:
		c.report(source.ModuleParameter, valueSpan(p.Value), fmt.Sprintf(`write it in quotes: "%d"`, v.Int),
			"parameter %s of module %s: expected a string, found the number %d", p.Name.Value, mod, v.Int)
	case !isInt && want == knownInt:
		c.report(source.ModuleParameter, valueSpan(p.Value), numberAdvice(v.Str),
			"parameter %s of module %s: expected a number, found the string %q", p.Name.Value, mod, v.Str)
	}
}

// unserved stands for a variable of a module that kahea does not have, so that
// what stands around it is still looked at. It never runs.
func unserved(name string) *module.Variable {
	return &module.Variable{
		Name: name,
		Get:  nothing{}.get,
		Set:  func(*module.Call, module.Value) error { return nil },
		Bind: func(module.Binder, string) (module.Accessor, error) { return nothing{}, nil },
	}
}

// unservedStep stands likewise for a transformation.
func unservedStep(class, op string) *module.Transformation {
	return &module.Transformation{Class: class, Name: op, Accept: func(module.Binder, string) (func(*module.Call, module.Value) module.Value, error) {
		return func(_ *module.Call, v module.Value) module.Value { return v }, nil
	}}
}

// nothing is the Accessor of an unserved variable.
type nothing struct{}

var _ module.Assignable = nothing{}

func (nothing) get(*module.Call) module.Value { return module.Value{} }

// Get implements module.Accessor.
func (nothing) Get(*module.Call, module.Index) module.Value { return module.Value{} }

// Set implements module.Assignable.
func (nothing) Set(*module.Call, module.Index, module.Value) error { return nil }
