// SPDX-License-Identifier: Apache-2.0

// Package vm runs compiled routing scripts.
package vm

import (
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/expr"
)

// Options bound what a script may do.
type Options struct {
	// MaxWhileLoops is how often a while loop may turn (max_while_loops);
	// 0 takes DefaultWhileLoops, a negative number sets no bound.
	MaxWhileLoops int
	// MaxRecursion is how deep routes may be nested (max_recursive_level);
	// 0 takes DefaultRecursion.
	MaxRecursion int
	// SlowAction is the time above which a function is reported, at the level
	// SlowLevel; 0 for never.
	SlowAction time.Duration
	SlowLevel  slog.Level
	// Tracer is told each operation; nil costs nothing.
	Tracer module.Tracer
	// Follower is told each action that the script was checked for; may be nil.
	Follower module.Follower
}

// Defaults of Options, as in Kamailio.
const (
	DefaultWhileLoops = 100
	DefaultRecursion  = 256
)

// Program is a compiled script that can be run. It is safe for concurrent
// use, each Call by its own goroutine.
type Program struct {
	code     *compile.Code
	maxLoops int
	maxDepth int
	slow     time.Duration
	slowLog  slog.Level
	tracer   module.Tracer
	follower module.Follower
	tracing  []compile.Op // as many OpTrace as the longest route has operations; nil without a tracer
}

var _ module.Program = (*Program)(nil)

// New makes a program.
func New(code *compile.Code, opt Options) *Program {
	p := &Program{code: code, maxLoops: opt.MaxWhileLoops, maxDepth: opt.MaxRecursion, slow: opt.SlowAction, slowLog: opt.SlowLevel, follower: opt.Follower}
	if p.maxLoops == 0 {
		p.maxLoops = DefaultWhileLoops
	}
	if p.maxDepth <= 0 {
		p.maxDepth = DefaultRecursion
	}
	if p.tracer = opt.Tracer; p.tracer != nil {
		for _, r := range code.Routes {
			for len(p.tracing) < len(r.Ops) {
				p.tracing = append(p.tracing, compile.Op{Code: compile.OpTrace})
			}
		}
	}
	return p
}

// Lookup implements module.Program.
func (p *Program) Lookup(kind module.RouteKind, name string) (module.RouteRef, bool) {
	r, ok := p.code.Index[compile.Key{Kind: kind, Name: name}]
	return r, ok
}

// RouteName implements module.Program.
func (p *Program) RouteName(r module.RouteRef) string {
	if r <= 0 || int(r) > len(p.code.Routes) {
		return ""
	}
	return p.code.Routes[r-1].Name
}

// VarNames returns the names of the $var slots, in the order of Call.Vars.
func (p *Program) VarNames() []string { return p.code.Vars }

// Flag returns the number of a flag that a flags line names.
func (p *Program) Flag(name string) (int, bool) {
	n, ok := p.code.Flags[name]
	return int(n), ok
}

// Listing prints the program.
func (p *Program) Listing(w io.Writer) { p.code.Listing(w) }

// Run implements module.Program. A route that is run while another one of the
// same Call runs (a branch route within t_relay) has its own end: its exit
// does not end the outer one.
func (p *Program) Run(c *module.Call, r module.RouteRef) module.Outcome {
	if r <= 0 || int(r) > len(p.code.Routes) {
		return module.Outcome{Result: module.True}
	}
	f, _ := c.Frame.(*expr.Frame)
	if f == nil || f.Owner != any(p) {
		f = p.attach(c, f)
	}
	stop, drop, depth := f.Stop, f.Drop, f.Depth
	f.Stop, f.Drop, f.Depth = false, false, 0
	res := p.exec(c, f, p.code.Routes[r-1])
	out := module.Outcome{Result: res, Exit: f.Stop, Drop: f.Drop}
	f.Stop, f.Drop, f.Depth = stop, drop, depth
	return out
}

// attach gives the Call a frame for this program. The $var values of an
// earlier program are kept by name.
func (p *Program) attach(c *module.Call, old *expr.Frame) *expr.Frame {
	vars := make([]module.Value, len(p.code.Vars))
	if old == nil {
		// A script in Lua was first: its variables have the same places, and
		// further ones behind them.
		vars = append(c.Vars, vars[min(len(c.Vars), len(vars)):]...)
	} else {
		if before, ok := old.Owner.(*Program); ok {
			for i, name := range p.code.Vars {
				if j := slices.Index(before.code.Vars, name); j >= 0 && j < len(c.Vars) {
					vars[i] = c.Vars[j]
				}
			}
		}
	}
	c.Vars = vars
	f := &expr.Frame{Owner: p, Follower: p.follower}
	f.Enter = func(c *module.Call, r module.RouteRef) module.Result { return p.enter(c, f, r) }
	f.Find = func(name string) (module.RouteRef, bool) { return p.Lookup(module.RequestRoute, name) }
	c.Frame = f
	return f
}
