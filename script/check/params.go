// SPDX-License-Identifier: Apache-2.0

package check

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/script/expr"
)

// accessorParam is a parameter that names a variable; it is set when all
// parameters are known, since those of pv decide what names mean.
type accessorParam struct {
	span source.Span
	run  func() error
}

// setParams carries out the modparam lines.
func (c *checker) setParams() {
	loaded := map[string]bool{}
	for _, it := range c.file.Items {
		switch it := it.(type) {
		case *syntax.LoadModule:
			loaded[moduleName(it.Name.Value)] = true
		case *syntax.ModParam:
			c.setParam(it, loaded)
		}
	}
	for _, p := range c.settings {
		if err := p.run(); err != nil {
			c.fail(p.span, err)
		}
	}
}

// setParam sets one parameter in each module that the name, a list of
// alternatives, matches.
func (c *checker) setParam(p *syntax.ModParam, loaded map[string]bool) {
	re, err := modulePattern(p)
	if err != nil {
		c.fail(p.Module.Span, err)
		return
	}
	found := false
	for _, name := range slices.Sorted(maps.Keys(c.missing)) {
		if re.MatchString(name) {
			found = true
			c.absentParam(name, p)
		}
	}
	for _, m := range c.modules {
		if loaded[m.Name] && re.MatchString(m.Name) {
			found = true
			c.setOne(m, p)
		}
	}
	if found {
		return
	}
	name := p.Module.Value
	if c.once("modparam "+name, absence{}).told {
		return
	}
	advice := fmt.Sprintf("add loadmodule \"%s.so\" above this line", name)
	if m := c.loaded(name); m != nil {
		advice = "its loadmodule line must stand above the modparam line"
	} else if !knownNames().hasModule(name) && !strings.Contains(name, "|") {
		advice = source.DidYouMean(name, knownNames().modules)
	}
	c.report(source.NotLoaded, p.Module.Span, advice, "module %s is not loaded", name)
}

// modulePattern is what the names of modules must match that a modparam line means.
func modulePattern(p *syntax.ModParam) (*ere.Regexp, error) {
	return ere.Compile("^("+renamed(p.Module.Value)+")$", ere.IgnoreCase)
}

func (c *checker) setOne(m *Module, p *syntax.ModParam) {
	for i := range m.Exports.Params {
		if par := &m.Exports.Params[i]; par.Name == p.Name.Value {
			if par.Notice != "" {
				c.notices = append(c.notices, Notice{p.Module.Span.Pos, m.Name, par.Name, par.Notice})
			}
			if err := c.assign(par, p); err != nil {
				advice := ""
				if t, ok := errors.AsType[*typeError](err); ok {
					advice = t.advice
				}
				if !errors.Is(err, errReported) {
					c.report(yetOr(source.ModuleParameter, err), valueSpan(p.Value), advice, "parameter %s of module %s: %s", par.Name, m.Name, withoutName(m.Name, err.Error()))
				}
			}
			return
		}
	}
	var all []string
	for _, par := range m.Exports.Params {
		all = append(all, par.Name)
	}
	if _, ok := knownNames().params[m.Name][p.Name.Value]; ok {
		c.report(source.NotYet, p.Name.Span, "", "module %s has parameter %s in Kamailio; kahea does not have it yet", m.Name, p.Name.Value)
		return
	}
	c.report(source.ModuleParameter, p.Name.Span, source.DidYouMean(p.Name.Value, all), "module %s has no parameter %s", m.Name, p.Name.Value)
}

// yetOr is the kind of what a module refuses: most often it is wrong, sometimes
// it asks for what is not there, which modules say in these words.
func yetOr(rule source.Rule, err error) source.Rule {
	for _, words := range []string{" yet", "not supported"} {
		if strings.Contains(err.Error(), words) {
			return source.NotYet
		}
	}
	return rule
}

func valueSpan(x syntax.Expr) source.Span { return source.Span{Pos: x.Start(), Fin: x.End()} }

// paramValue is the value of a modparam line: a number, or a text.
func (c *checker) paramValue(p *syntax.ModParam) (n int64, text string, isText bool, err error) {
	node := c.value(p.Value)
	if node == nil {
		return 0, "", false, errReported
	}
	v, ok := expr.IsConst(node)
	if !ok {
		if p.Extended {
			return 0, "", false, fmt.Errorf("modparamx takes only variables that are known at start")
		}
		return 0, "", false, fmt.Errorf("expected a number or a string")
	}
	if node.Type() == expr.Int {
		return v.Int, "", false, nil
	}
	return 0, v.Str, true, nil
}

// typeError is a value of the wrong type, and how to mend it.
type typeError struct{ message, advice string }

func (e *typeError) Error() string { return e.message }

func numberAdvice(text string) string {
	if n, err := strconv.ParseInt(text, 0, 64); err == nil {
		return fmt.Sprintf("write it without quotes: %d", n)
	}
	return "write a number without quotes"
}

// assign stores the value of a modparam line where the parameter wants it.
func (c *checker) assign(par *module.Param, p *syntax.ModParam) error {
	n, text, isText, err := c.paramValue(p)
	if err != nil {
		return err
	}
	if set, ok := par.Set.(func(any) error); ok {
		if isText {
			return set(text)
		}
		return set(n)
	}
	if wantsInt(par.Set) {
		if isText {
			return &typeError{fmt.Sprintf("expected a number, found the string %q", text), numberAdvice(text)}
		}
		return setInt(par, n)
	}
	if !isText {
		return &typeError{fmt.Sprintf("expected a string, found the number %d", n), fmt.Sprintf(`write it in quotes: "%d"`, n)}
	}
	switch set := par.Set.(type) {
	case *string:
		*set = text
	case *setting.Str:
		set.Set(text)
	case *[]string:
		*set = append(*set, text)
	case func(string) error:
		return set(text)
	case *module.Template:
		return c.later(p, func() (err error) { *set, err = c.binder().Template(text); return err })
	case *module.Accessor:
		return c.later(p, func() (err error) { *set, err = c.binder().Var(text); return err })
	case *module.RouteRef:
		return c.setRoute(set, par, text, valueSpan(p.Value))
	default:
		return fmt.Errorf("parameter has the unknown type %s", reflect.TypeOf(par.Set))
	}
	return nil
}

// later does what asks for variables when all parameters are set.
func (c *checker) later(p *syntax.ModParam, run func() error) error {
	c.settings = append(c.settings, &accessorParam{valueSpan(p.Value), run})
	return nil
}

func (c *checker) setRoute(set *module.RouteRef, par *module.Param, name string, span source.Span) error {
	if name == "" || name == "0" {
		*set = module.NoRoute
		return nil
	}
	r, ok := c.route(par.Route, name)
	if !ok {
		c.report(source.Route, span, c.nearestRoute(par.Route, name), "%s[%s] is not defined", routeWord(par.Route), name)
		return nil
	}
	*set = r
	return nil
}

func wantsInt(set any) bool {
	switch set.(type) {
	case *int, *int64, *bool, *setting.Int, func(int) error:
		return true
	}
	return false
}

func setInt(par *module.Param, n int64) error {
	if (par.Min != 0 || par.Max != 0) && (n < par.Min || n > par.Max) {
		return fmt.Errorf("%d is out of range, expected %d to %d", n, par.Min, par.Max)
	}
	switch set := par.Set.(type) {
	case *int:
		*set = int(n)
	case *int64:
		*set = n
	case *bool:
		*set = n != 0
	case *setting.Int:
		set.Set(n)
	case func(int) error:
		return set(int(n))
	}
	return nil
}
