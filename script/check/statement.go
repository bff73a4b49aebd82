// SPDX-License-Identifier: Apache-2.0

package check

import (
	"strconv"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

func (c *checker) block(b *syntax.Block) []Stmt {
	if b == nil {
		return nil
	}
	return c.statements(b.Stmts, b.End())
}

// statements resolves a list; behind it something stands at next.
func (c *checker) statements(list []syntax.Stmt, next source.Pos) []Stmt {
	var out []Stmt
	for i, s := range list {
		behind := next
		if i+1 < len(list) {
			behind = list[i+1].Start()
		}
		out = append(out, c.statement(s, behind)...)
	}
	return out
}

// body resolves the statement behind if, else or while.
func (c *checker) body(s syntax.Stmt, next source.Pos) []Stmt {
	if s == nil {
		return nil
	}
	return c.statement(s, next)
}

func (c *checker) statement(s syntax.Stmt, next source.Pos) []Stmt {
	at := Place{Pos: s.Start()}
	switch s := s.(type) {
	case *syntax.Block:
		return c.block(s)
	case *syntax.If:
		at.Action = c.action(ifAction, "if", lineOf(s, next))
		behind := next
		if s.Else != nil {
			behind = s.Else.Start()
		}
		out := &If{Place: at, Cond: c.condition(s.Cond), Then: c.body(s.Then, behind), Else: c.body(s.Else, next)}
		if out.Cond != nil {
			return []Stmt{out}
		}
	case *syntax.While:
		if c.loops++; c.loops > maxLoops {
			c.errs.AddSpan(source.Span{Pos: s.Start(), Fin: s.Start().After("while")}, "move the inner loop to a route of its own",
				"more than %d while loops stand in each other", maxLoops)
		}
		defer func() { c.loops-- }()
		at.Action = c.action(whileAction, "while", s.End())
		out := &While{Place: at, Cond: c.condition(s.Cond), Body: c.body(s.Body, next)}
		if out.Cond != nil {
			return []Stmt{out}
		}
	case *syntax.Switch:
		return []Stmt{c.switchStmt(s)}
	case *syntax.Assign:
		if a := c.assignment(s); a != nil {
			return []Stmt{a}
		}
	case *syntax.Do:
		switch x := c.value(s.X).(type) {
		case nil:
		case expr.Coded:
			at.Action = x.Told()
			return []Stmt{&Do{at, x}}
		default:
			c.errs.AddSpan(valueSpan(s.X), "", "expected a function, found %s", x)
		}
	case *syntax.Return:
		at.Action = c.action(endAction, "return", s.End())
		return []Stmt{&Return{at, c.code(s.Value)}}
	case *syntax.Exit:
		at.Action = c.action(endAction, "exit", s.End())
		return []Stmt{&Exit{Place: at, Value: c.code(s.Value)}}
	case *syntax.Drop:
		at.Action = c.action(endAction, "drop", s.End())
		return []Stmt{&Exit{Place: at, Value: c.code(s.Value), Drop: true}}
	case *syntax.Break:
		at.Action = c.action(endAction, "exit", s.End())
		return []Stmt{&Break{at}}
	}
	return nil
}

// maxLoops is how deep while loops may be nested in one route.
const maxLoops = 16

// code is the value of return, exit or drop: nil where none is given.
func (c *checker) code(x syntax.Expr) expr.Node {
	if x == nil {
		return nil
	}
	n := c.value(x)
	if n != nil && n.Type() == expr.Str {
		c.errs.AddSpan(valueSpan(x), "", "expected a number, found the string %s", n)
	}
	return n
}

// condition resolves what if and while ask.
func (c *checker) condition(x syntax.Expr) expr.Node {
	n := c.value(x)
	if n == nil {
		return nil
	}
	if v, ok := expr.IsConst(n); ok && v.Kind == avp.Str {
		c.errs.Warn(&source.Error{Pos: x.Start(), End: x.End(), Message: "constant string as a condition",
			Advice: "a string counts as the number that it holds, most often 0"})
	}
	return n
}

func (c *checker) assignment(s *syntax.Assign) Stmt {
	pv, ok := s.Left.(*syntax.PV)
	if !ok {
		c.errs.AddSpan(valueSpan(s.Left), "only variables can be assigned: $var(x), $avp(x), $ru …", "%s cannot be assigned", describe(s.Left))
		return nil
	}
	var target *variable.Ref
	c.uses.as(isSet, func() { target = c.pv(pv) })
	value := c.value(s.Right)
	if target == nil || value == nil {
		return nil
	}
	if owner := c.names.variableOwner[target.Name()]; c.loadedBelow(owner) {
		c.refuseBelow(pv.Span, "assignment to $"+target.Name(), owner) // reading is resolved later, as in Kamailio
	}
	if !target.Settable() {
		advice := ""
		if target.Transformed() {
			advice = "transformations cannot be assigned to"
		}
		c.report(source.Variable, pv.Span, advice, "variable %s is read-only", pv.Raw)
		return nil
	}
	if v, ok := expr.IsConst(value); ok && v.Kind == avp.Str && v.Str != "" {
		c.doubt(valueSpan(s.Right), assignedMeaning[target.Name()], v.Str)
	}
	if v, ok := value.(expr.Var); ok && addressVariables[target.Name()] {
		value = expr.Written{X: v}
	}
	return &Assign{Place{s.Start(), c.action(assignAction, "assign", s.End())}, target, value}
}

// addressVariables are those to which a variable's number is assigned as it is
// written, where a number by itself is refused.
var addressVariables = map[string]bool{"ru": true, "rU": true, "rd": true, "du": true, "br": true}

func describe(x syntax.Expr) string {
	switch x := x.(type) {
	case *syntax.Select:
		return "select " + x.Raw
	case *syntax.Attr:
		return "attribute " + x.Raw
	}
	return "this expression"
}

func (c *checker) switchStmt(s *syntax.Switch) Stmt {
	out := &Switch{Place: Place{s.Start(), c.action(switchAction, "switch", s.End())}, Subject: c.value(s.Subject)}
	switch out.Subject.(type) {
	case nil:
		out.Subject = expr.Number(0)
	case expr.Coded:
		out.Subject = expr.NewCast(expr.Int, out.Subject) // whether it succeeded, not its code
	}
	kinds := 0
	defaults := 0
	seen := map[string]source.Pos{}
	for i, k := range s.Cases {
		behind := s.End()
		if i+1 < len(s.Cases) {
			behind = s.Cases[i+1].Start()
		}
		cs := Case{Place: Place{Pos: k.Start()}, Default: k.Default, Body: c.statements(k.Body, behind)}
		if k.Default {
			if defaults++; defaults > 1 {
				c.errs.AddSpan(k.Span, "", "switch has two default labels")
			}
		} else {
			kinds |= c.label(&cs, k)
			if v, ok := out.Subject.(expr.Var); ok && cs.String != "" && isMethodVariable(v.Ref) {
				c.warnMethod(valueSpan(k.Value), cs.String)
			}
			c.labelTwice(seen, &cs, k)
		}
		out.Cases = append(out.Cases, cs)
	}
	if kinds == 3 {
		c.errs.AddSpan(source.Span{Pos: s.Start(), Fin: s.Start().After("switch")}, "make all labels numbers or all strings",
			"switch mixes number labels with string labels")
	}
	out.Text = kinds == 2
	return out
}

// labelTwice refuses a label that an earlier case has.
func (c *checker) labelTwice(seen map[string]source.Pos, cs *Case, k *syntax.Case) {
	if cs.Match != nil || k.Value == nil {
		return
	}
	name := strconv.FormatInt(cs.Number, 10)
	if cs.String != "" {
		name = strconv.Quote(cs.String)
	}
	if first, ok := seen[name]; ok {
		c.errs.AddSpan(valueSpan(k.Value), "the first one stands at "+first.String(), "switch has two labels %s", name)
		return
	}
	seen[name] = k.Start()
}

// label resolves the value of a case; the result is 1 for a number, 2 for a
// string or an expression.
func (c *checker) label(cs *Case, k *syntax.Case) int {
	if k.Value == nil {
		return 0 // its mistake has been told
	}
	n := c.value(k.Value)
	if n == nil {
		return 0
	}
	v, ok := expr.IsConst(n)
	if !ok || v.IsNull() {
		c.errs.AddSpan(valueSpan(k.Value), "", "a label of switch must be constant")
		return 0
	}
	if k.Regex {
		r, err := ere.Compile(v.Str, 0)
		if err != nil {
			c.fail(valueSpan(k.Value), err)
			return 2
		}
		cs.Match = &expr.Match{Re: r}
		return 2
	}
	if v.Kind == avp.Int {
		cs.Number = v.Int
		return 1
	}
	cs.String = v.Str
	return 2
}

// pv resolves a variable; nil when there is a mistake in it.
func (c *checker) pv(p *syntax.PV) *variable.Ref {
	c.uses.at = p.Span
	r, err := variable.Parse(c, p.Raw)
	if err == nil {
		return r
	}
	v, ok := err.(*variable.Error)
	if !ok {
		c.fail(p.Span, err)
		return nil
	}
	start := p.Pos.After(p.Raw[:min(v.Offset, len(p.Raw))])
	end := p.Pos.After(p.Raw[:min(v.Offset+max(v.Length, 1), len(p.Raw))])
	c.report(variableRule(v), source.Span{Pos: start, Fin: end}, v.Advice, "%s", v.Message)
	return nil
}
