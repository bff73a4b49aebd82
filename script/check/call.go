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

// call resolves name(arguments).
func (c *checker) call(x *syntax.Call) expr.Node {
	name := x.Name.Name
	if name == "route" {
		return c.routeCall(x)
	}
	if name == "selval" {
		return c.selval(x)
	}
	list := c.names.functions[name]
	if len(list) == 0 {
		c.unknownFunction(x)
		return nil
	}
	f := fits(c.usable(list), len(x.Args))
	if f == nil {
		c.report(source.Function, x.Name.Span, forms(list), "%s takes %s, found %d", name, arities(list), len(x.Args))
		for _, a := range x.Args {
			c.looseArgument(a)
		}
		return nil
	}
	if owner := c.names.owner[f]; c.loadedBelow(owner) {
		c.refuseBelow(x.Name.Span, "function "+name, owner)
	}
	if !allowed(f.Routes, c.kind) {
		c.report(source.Function, x.Name.Span, "it may stand in "+routeList(f.Routes), "%s may not stand in %s", name, routeWord(c.kind))
	}
	return c.bind(x, f)
}

// allowed tells whether a function of these routes may stand in a route of
// that kind. Event routes may have what request routes may.
func allowed(routes, kind module.RouteKind) bool {
	if kind == module.EventRoute || kind == module.LocalRoute || kind == module.BranchFailureRoute {
		kind |= module.RequestRoute | module.EventRoute
	}
	return routes&kind != 0
}

// routeList names the kinds of a set.
func routeList(set module.RouteKind) string {
	var words []string
	for k := module.RequestRoute; k <= module.EventRoute; k <<= 1 {
		if set&k != 0 {
			if w := routeWord(k); !slices.Contains(words, w) {
				words = append(words, w)
			}
		}
	}
	return strings.Join(words, ", ")
}

// usable puts the functions of modules that are loaded above in front.
func (c *checker) usable(list []*module.Function) []*module.Function {
	if !slices.ContainsFunc(list, func(f *module.Function) bool { return c.loadedBelow(c.names.owner[f]) }) {
		return list
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b *module.Function) int { return c.loadedAt[c.names.owner[a]] - c.loadedAt[c.names.owner[b]] })
	return list
}

func fits(list []*module.Function, n int) *module.Function {
	for _, f := range list {
		if f.Takes(n) {
			return f
		}
	}
	return nil
}

func arities(list []*module.Function) string {
	var words []string
	for _, f := range list {
		from := -1
		for n := range len(f.Args) + 1 {
			switch {
			case !f.Takes(n):
				from = -1
			case from < 0:
				from = n
				words = append(words, fmt.Sprint(n))
			default:
				words[len(words)-1] = fmt.Sprintf("%d to %d", from, n)
			}
		}
	}
	text := strings.Join(words, " or ")
	if text == "1" {
		return "1 argument"
	}
	return text + " arguments"
}

// forms is the advice how a function is called: write t_reply(code, reason);
// arguments in brackets may be left out.
func forms(list []*module.Function) string {
	var words []string
	for _, f := range list {
		words = append(words, f.Signature())
	}
	return "write " + strings.Join(words, " or ")
}

func (c *checker) unknownFunction(x *syntax.Call) {
	if c.absentFunction(x) {
		return
	}
	name := x.Name.Name
	all := make([]string, 0, len(c.names.functions))
	for f := range c.names.functions {
		all = append(all, f)
	}
	slices.Sort(all)
	advice := ""
	if near := source.Nearest(name, all); near != "" {
		advice = fmt.Sprintf("did you mean %s (module %s)", near, c.names.owner[c.names.functions[near][0]])
	} else {
		var reference []string
		for f := range knownNames().functions {
			reference = append(reference, f)
		}
		slices.Sort(reference)
		if near := source.Nearest(name, reference); near != "" {
			advice = fmt.Sprintf("did you mean %s (module %s)", near, strings.Join(knownNames().owners(near), " or "))
		}
	}
	c.report(source.Function, x.Name.Span, advice, "unknown function %q", name)
	for _, a := range x.Args {
		c.looseArgument(a)
	}
}

// routeCall resolves route(NAME).
func (c *checker) routeCall(x *syntax.Call) expr.Node {
	if len(x.Args) != 1 {
		c.report(source.Function, x.Name.Span, "write route(NAME)", "route takes 1 argument, found %d", len(x.Args))
		return nil
	}
	n := c.value(x.Args[0])
	if n == nil {
		return nil
	}
	v, ok := expr.IsConst(n)
	if !ok {
		c.wanted[RouteKey{}] = true
		return &expr.Route{By: n, Action: c.callAction(x, nil)}
	}
	name := string(variable.AppendText(nil, v))
	if name == "0" {
		name = "" // the main block
	}
	ref, ok := c.route(module.RequestRoute, name)
	if !ok {
		c.report(source.Route, valueSpan(x.Args[0]), c.nearestRoute(module.RequestRoute, name), "route[%s] is not defined", name)
		return nil
	}
	return &expr.Route{Ref: ref, Name: name, Action: c.callAction(x, nil)}
}

// bind connects a call with its function and compiles the arguments.
func (c *checker) bind(x *syntax.Call, f *module.Function) expr.Node {
	inv := &expr.Invoke{Fn: f, Core: c.names.owner[f] == "core", Args: make(module.Args, len(f.Args)), Action: c.callAction(x, f)}
	var texts []string
	good := true
	for i, a := range x.Args {
		text, err := c.argument(inv, i, &f.Args[i], a)
		if err != nil {
			c.argumentError(a, f.Name, i, err)
			good = false
		}
		texts = append(texts, text)
	}
	if !good {
		return nil
	}
	c.doubtful(x, f, inv.Args)
	inv.Source = f.Name + "(" + strings.Join(texts, ", ") + ")"
	if f.Prepare != nil {
		c.prepares = append(c.prepares, prepare{x.Span, func() error { return f.Prepare(c.binder(), inv.Args) }})
	}
	return inv
}

func (c *checker) argumentError(a syntax.Expr, name string, i int, err error) {
	if s, ok := syntax.Unwrap(a).(*syntax.String); ok {
		if _, isVar := err.(*variable.Error); isVar {
			c.failIn(s, err)
			return
		}
	}
	if err != errReported {
		if _, isVar := err.(*variable.Error); !isVar {
			err = fmt.Errorf("argument %d of %s: %w", i+1, name, err)
		}
	}
	c.fail(valueSpan(a), err)
}
