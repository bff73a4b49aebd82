// SPDX-License-Identifier: Apache-2.0

package vm

import (
	"fmt"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

// enter runs a route that another one called.
func (p *Program) enter(c *module.Call, f *expr.Frame, r module.RouteRef) module.Result {
	if f.Depth >= p.maxDepth {
		c.Log().Error("too many nested routes", "limit", p.maxDepth, "at", c.Line)
		return module.False
	}
	f.Depth++
	res := p.exec(c, f, p.code.Routes[r-1])
	f.Depth--
	return res
}

// exec runs a route, traced where somebody asked for that.
func (p *Program) exec(c *module.Call, f *expr.Frame, r *compile.Route) module.Result {
	if p.tracer == nil {
		return p.loop(c, f, r, r.Ops)
	}
	p.tracer.Enter(c, r.Title)
	res := p.loop(c, f, r, p.tracing)
	p.tracer.Leave(c, r.Title, res)
	return res
}

// loop runs the operations of a route. While it is traced ops are as many OpTrace, each of which stands for the one of its place.
//
// Hot path: one switch over a slice of operations; conditions are trees of
// nodes bound at start. The place of the operation is kept as a pointer
// (8 bytes) instead of a copy of file, route and line (40 bytes with two
// pointers). A route of 30 statements takes 0.95 µs and no allocation
// (BenchmarkRoute). Tried and dropped: conditions flattened to jumps, which
// saved nothing that could be measured and cost a readable listing.
func (p *Program) loop(c *module.Call, f *expr.Frame, r *compile.Route, ops []compile.Op) module.Result {
	var loops [compile.MaxLoops]int
	last := module.True
	lines := r.Lines
	for pc := 0; ; {
		op := &ops[pc]
		c.Line = &lines[pc]
		pc++
	again:
		switch op.Code {
		case compile.OpCall:
			if p.slow > 0 {
				last = p.timed(c, op)
			} else {
				last = op.Call.Raw(c)
			}
			if last == module.Stop {
				return last
			}
		case compile.OpRoute:
			last = op.Route.Raw(c)
		case compile.OpSet:
			if last = assign(c, f, op); p.follower != nil && p.follower.Following() {
				p.follower.Assigned(c, op.Target.String(), op.Target)
			}
		case compile.OpJumpUnless:
			last = module.True
			if op.X.Int(c) <= 0 {
				pc = int(op.To)
			}
		case compile.OpJump:
			pc = int(op.To)
			continue
		case compile.OpLoop:
			loops[op.Loop] = 0
			last = module.True
			continue
		case compile.OpLoopUnless:
			if op.X.Int(c) <= 0 {
				pc = int(op.To)
				break
			}
			if loops[op.Loop]++; p.maxLoops > 0 && loops[op.Loop] > p.maxLoops {
				c.Log().Error("while loop ran too often", "limit", p.maxLoops, "at", c.Line)
				pc = int(op.To)
			}
		case compile.OpSwitch:
			last = module.True
			pc = int(target(c, op))
		case compile.OpBreak:
			last = module.Stop
			pc = int(op.To)
			continue
		case compile.OpReturn:
			last = module.True
			if op.X != nil {
				last = module.Result(op.X.Int(c))
				if last == module.Stop {
					f.Stop = true
				}
			}
			return last
		case compile.OpExit, compile.OpDrop:
			last = module.True
			if op.X != nil {
				last = module.Result(op.X.Int(c))
			}
			f.Stop = true
			f.Drop = f.Drop || op.Code == compile.OpDrop
			return last
		case compile.OpEnd:
			return last
		case compile.OpTell:
			f.Follow(c, op.Action)
			continue
		case compile.OpTrace:
			op = &r.Ops[pc-1]
			p.tracer.Step(c, c.Line, pc-1, op)
			goto again
		}
		if f.Stop {
			return last
		}
	}
}

// timed calls a function and tells of it when it took long.
func (p *Program) timed(c *module.Call, op *compile.Op) module.Result {
	clock := c.Host.Clock()
	start := clock.Now()
	r := op.Call.Raw(c)
	if took := clock.Now().Sub(start); took >= p.slow {
		c.Log().Log(c.Context(), p.slowLog, "an action took too long", "action", op.Call.String(), "us", took.Microseconds(), "at", c.Line)
	}
	return r
}

// assign carries an assignment out.
func assign(c *module.Call, f *expr.Frame, op *compile.Op) module.Result {
	f.Failed = false
	v := op.X.Value(c)
	if f.Failed {
		return module.False
	}
	if len(v.Str) > expr.MaxText {
		c.Log().Error("text is too long, its assignment is left out", "length", len(v.Str), "limit", expr.MaxText, "at", c.Line)
		return module.False
	}
	v = v.Plain()
	if len(v.Str) >= longText && !mayStore(c, op, len(v.Str)) {
		return module.False
	}
	if err := op.Target.Set(c, v); err != nil {
		c.Log().Error("cannot assign", "variable", op.Target.String(), "err", err, "at", c.Line)
		return module.False
	}
	return module.True
}

// longText is the length from which a text that is stored counts, maxStored how
// much of such text the attribute-value pairs of one message may hold, in
// bytes: a value that is assigned does not replace the one before, and a loop
// could fill the memory. It is more than the shared memory of Kamailio lets a
// message have.
const (
	longText  = 4096
	maxStored = 32 << 20
)

var errStored = fmt.Errorf("the message has more than %d MiB of text in its variables already", maxStored>>20)

// mayStore counts a text that is about to be stored.
func mayStore(c *module.Call, op *compile.Op, length int) bool {
	switch op.Target.Name() {
	case "avp", "xavp", "xavu", "xavi":
	default:
		return true
	}
	if c.Stored += length; c.Stored <= maxStored {
		return true
	}
	c.Stored -= length
	c.Fail("assignment of "+op.Target.String(), errStored)
	return false
}

// target returns where a switch goes.
func target(c *module.Call, op *compile.Op) int32 {
	t := op.Table
	switch {
	case t.Order != nil:
		text := variable.Text(c, op.X.Value(c))
		for i := range t.Order {
			l := &t.Order[i]
			if l.Match != nil && l.Match.Re.MatchString(text) || l.Match == nil && l.String == text {
				return l.To
			}
		}
	case t.Text:
		if to, ok := t.Strings[variable.Text(c, op.X.Value(c))]; ok {
			return to
		}
	default:
		// As in Kamailio, a text that is no number is 0, and $rm its number.
		if to, ok := t.Numbers[op.X.Int(c)]; ok {
			return to
		}
	}
	return t.Default
}
