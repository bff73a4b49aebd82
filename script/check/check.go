// SPDX-License-Identifier: Apache-2.0

package check

import (
	"cmp"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"sync"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// Options are what a check needs beside the tree.
type Options struct {
	// Core are the functions and variables of the engine itself.
	Core module.Exports
	// Lookup finds the constructor of a module; nil takes module.Lookup.
	Lookup func(name string) module.New
	// Setting tells that the engine or the operator declares a setting; nil is for who does not ask.
	Setting func(group, name string) bool
	// Log is for notices of modules; nil takes the default logger.
	Log *slog.Logger
	// Ready, if set, is called when the parameters of all modules are set and
	// before the routes are looked at: for what else the engine must compile
	// (log_prefix). A *source.Error that it returns has its place, any other is
	// shown at the start of the file.
	Ready func(b module.Binder) error
	// Inspect, if set, has modules look into files of their own, once the script has no mistakes.
	Inspect *module.Inspection
	// Adapt, if set, may change the exports of each loaded module before names are looked up in them: a trace puts itself before
	// functions and variables.
	Adapt func(e *module.Exports)
}

// checker resolves one configuration.
type checker struct {
	// compiling is that of module.Binder.
	compiling sync.Mutex

	opt     Options
	file    *syntax.File
	errs    *source.ErrorList
	modules []*Module
	names   *names

	// item is the place among the items of the file of what is looked at, and
	// loadedAt that of each module: what a line uses must be loaded above it.
	item     int
	loadedAt map[string]int

	routes   []*Route
	routeOf  map[RouteKey]module.RouteRef
	wanted   map[RouteKey]bool // routes that something calls
	varSlots map[string]int
	vars     []string

	flags    map[string]int64
	prepares []prepare
	place    source.Span // of the call whose Prepare runs
	settings []*accessorParam
	notices  []Notice

	// kind is the kind of the route that is looked at; loops how deep whiles
	// are nested at the place that is looked at.
	kind  module.RouteKind
	loops int
	// follow tells that a module follows what a script does; routeName is the
	// name of the route that is looked at.
	follow    bool
	routeName string
	missing   map[string]bool // modules that were already said to be missing
	told      map[string]bool // what else was said and is said once
	uses      uses
	// nameError is set when a variable or transformation is not known.
	nameError bool
	// askedMissing is set when a module asks for one that was told to be missing.
	askedMissing bool
}

// prepare is a call of Function.Prepare that waits for all routes.
type prepare struct {
	span source.Span
	run  func() error
}

// Check resolves a configuration. Mistakes and warnings are added to errs;
// the Script may be run when there were none.
func Check(file *syntax.File, opt Options, errs *source.ErrorList) *Script {
	if opt.Lookup == nil {
		opt.Lookup = module.Lookup
	}
	opt.Log = cmp.Or(opt.Log, slog.Default())
	c := &checker{opt: opt, file: file, errs: errs, routeOf: map[RouteKey]module.RouteRef{}, wanted: map[RouteKey]bool{},
		varSlots: map[string]int{}, loadedAt: map[string]int{}, missing: map[string]bool{}, told: map[string]bool{}, uses: newUses()}
	errs.Rule = source.Script
	c.declareFlags()
	c.loadModules()
	for _, m := range c.modules {
		_, follows := m.Module.(module.Follower)
		c.follow = c.follow || follows
	}
	c.names = indexNames(opt.Core, c.modules)
	c.noteAVPs()
	c.declareRoutes()
	c.setParams()
	c.prepareModules()
	if opt.Ready != nil {
		if err := opt.Ready(c.binder()); err != nil {
			c.failReady(err)
		}
	}
	c.resolveRoutes()
	for _, p := range c.prepares {
		c.place = p.span
		if err := p.run(); err != nil {
			c.fail(p.span, err)
		}
	}
	c.checkDrivers()
	c.warnUses()
	c.inspectModules()
	return &Script{Modules: c.modules, Routes: c.routes, Vars: c.vars, Flags: c.flags, Notices: c.notices}
}

// prepareModules lets modules look at their parameters as a whole.
func (c *checker) prepareModules() {
	for _, m := range c.modules {
		p, ok := m.Module.(module.Preparer)
		if !ok {
			continue
		}
		c.askedMissing, c.uses.at = false, source.Span{}
		if err := p.Prepare(c.binder()); err != nil && !c.askedMissing {
			c.failPrepare(m.Name, err)
		}
	}
}

// failReady notes an error of Options.Ready: a source.Error has its place.
func (c *checker) failReady(err error) {
	if placed, ok := errors.AsType[*source.Error](err); ok {
		c.errs.Add(placed)
		return
	}
	c.errs.Addf(c.file.Start(), "%s", err)
}

// failPrepare notes what is wrong with the parameters of a module, at the
// parameter that the error names, else where the module is loaded.
func (c *checker) failPrepare(name string, err error) {
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		for _, one := range list.Unwrap() {
			c.failPrepare(name, one)
		}
		return
	}
	text, advice := err.Error(), ""
	if v, ok := errors.AsType[*variable.Error](err); ok && v.Advice != "" {
		advice = v.Advice
		text = strings.Replace(text, v.Error(), v.Message, 1) // the advice stands below
	}
	text = withoutName(name, text)
	c.report(yetOr(source.ModuleParameter, err), c.paramSpan(name, text), advice, "module %s: %s", name, text)
}

// withoutName is the error of a module without the module's name, which stands in
// front of it in any case.
func withoutName(module, text string) string { return strings.TrimPrefix(text, module+": ") }

// paramSpan is the value of the parameter that an error of a module names, else
// where the module is loaded. Of several values of that parameter it is the one
// that the error quotes, else the last, which is the one that counts.
func (c *checker) paramSpan(name, text string) source.Span {
	var named, quoted syntax.Expr
	about := strings.TrimPrefix(text, "parameter ")
	for _, it := range c.file.Items {
		p, ok := it.(*syntax.ModParam)
		if !ok {
			continue
		}
		if re, err := modulePattern(p); err != nil || !re.MatchString(name) {
			continue
		}
		value, isText := p.Value.(*syntax.String)
		isNamed, isQuoted := strings.HasPrefix(about, p.Name.Value+":"), isText && strings.Contains(text, strconv.Quote(value.Value))
		switch {
		case isNamed && isQuoted:
			return valueSpan(p.Value)
		case isNamed:
			named = p.Value
		case isQuoted && quoted == nil:
			quoted = p.Value
		}
	}
	switch {
	case named != nil:
		return valueSpan(named)
	case quoted != nil:
		return valueSpan(quoted)
	}
	at := c.loadPos(name)
	return source.Span{Pos: at, Fin: at.After("loadmodule")}
}

// loadPos is where a module is loaded.
func (c *checker) loadPos(name string) source.Pos {
	for _, l := range c.file.LoadModules() {
		if moduleName(l.Name.Value) == name {
			return l.Start()
		}
	}
	return c.file.Start()
}
