// SPDX-License-Identifier: Apache-2.0

package compile

import (
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/check"
	"github.com/kahea-sip/kahea/script/expr"
)

// Compile makes the program of a configuration that was checked without
// errors.
func Compile(s *check.Script) *Code {
	code := &Code{Index: map[Key]module.RouteRef{}, Vars: s.Vars, Flags: s.Flags}
	for i, r := range s.Routes {
		for _, k := range r.Keys {
			code.Index[Key(k)] = module.RouteRef(i + 1)
		}
		b := &builder{route: &Route{Title: r.Title(), Name: r.Name}, breaks: make([][]int, 1)}
		b.statements(r.Body)
		b.endBreaks()
		b.emit(Op{Code: OpEnd}, r.Pos)
		code.Routes = append(code.Routes, b.route)
	}
	return code
}

// builder makes the operations of one route.
type builder struct {
	route *Route
	loops int32
	// breaks are the operations whose target is the end of the route, then of
	// each enclosing switch or while.
	breaks [][]int
}

func (b *builder) emit(op Op, pos source.Pos) int {
	b.route.Ops = append(b.route.Ops, op)
	b.route.Lines = append(b.route.Lines, module.Position{File: pos.Filename, Route: b.route.Title, Line: pos.Line})
	return len(b.route.Ops) - 1
}

func (b *builder) here() int32 { return int32(len(b.route.Ops)) }

func (b *builder) patch(op int) { b.route.Ops[op].To = b.here() }

func (b *builder) statements(list []check.Stmt) {
	for _, s := range list {
		b.statement(s)
	}
}

func (b *builder) statement(s check.Stmt) {
	switch s := s.(type) {
	case *check.If:
		b.ifStmt(s)
	case *check.While:
		b.while(s)
	case *check.Switch:
		b.switchStmt(s)
	case *check.Assign:
		b.tell(s.Place)
		b.tellURI(s)
		b.emit(Op{Code: OpSet, Target: s.Target, X: s.Value}, s.Pos)
	case *check.Do:
		b.do(s)
	case *check.Return:
		b.tell(s.Place)
		b.emit(Op{Code: OpReturn, X: s.Value}, s.Pos)
	case *check.Exit:
		b.tell(s.Place)
		code := OpExit
		if s.Drop {
			code = OpDrop
		}
		b.emit(Op{Code: code, X: s.Value}, s.Pos)
	case *check.Break:
		b.breakStmt(s)
	}
}

// tell lets followers know of the statement that comes.
func (b *builder) tell(p check.Place) {
	if p.Action != nil {
		b.emit(Op{Code: OpTell, Action: p.Action}, p.Pos)
	}
}

// uriActions are the actions by which Kamailio carries out an assignment to a part of the Request-URI: its traces have them as well.
var uriActions = map[string]*module.Action{
	"ru": {Name: "seturi", Code: 12, Kind: module.RequestRoute}, "rU": {Name: "setuser", Code: 9, Kind: module.RequestRoute},
	"rd": {Name: "sethost", Code: 7, Kind: module.RequestRoute}, "rp": {Name: "setport", Code: 11, Kind: module.RequestRoute},
}

func (b *builder) tellURI(s *check.Assign) {
	if a := uriActions[s.Target.Name()]; s.Action != nil && a != nil {
		b.emit(Op{Code: OpTell, Action: a}, s.Pos)
	}
}

func (b *builder) do(s *check.Do) {
	b.tell(s.Place)
	switch x := s.X.(type) {
	case *expr.Invoke:
		b.emit(Op{Code: OpCall, Call: x}, s.Pos)
	case *expr.Route:
		b.emit(Op{Code: OpRoute, Route: x}, s.Pos)
	}
}

func (b *builder) ifStmt(s *check.If) {
	b.tell(s.Place)
	if v, ok := expr.IsConst(s.Cond); ok {
		// A constant condition, as defines give: only one side is there.
		if (expr.Const{V: v}).Int(nil) > 0 {
			b.statements(s.Then)
		} else {
			b.statements(s.Else)
		}
		return
	}
	unless := b.emit(Op{Code: OpJumpUnless, X: s.Cond}, s.Pos)
	b.statements(s.Then)
	if len(s.Else) == 0 {
		b.patch(unless)
		return
	}
	end := b.emit(Op{Code: OpJump}, s.Pos)
	b.patch(unless)
	b.statements(s.Else)
	b.patch(end)
}

func (b *builder) while(s *check.While) {
	loop := b.loops
	b.loops++
	b.tell(s.Place)
	b.emit(Op{Code: OpLoop, Loop: loop}, s.Pos)
	top := b.here()
	test := b.emit(Op{Code: OpLoopUnless, X: s.Cond, Loop: loop}, s.Pos)
	b.breaks = append(b.breaks, nil)
	b.statements(s.Body)
	b.emit(Op{Code: OpJump, To: top}, s.Pos)
	b.patch(test)
	b.endBreaks()
	b.loops--
}

func (b *builder) endBreaks() {
	last := len(b.breaks) - 1
	for _, op := range b.breaks[last] {
		b.patch(op)
	}
	b.breaks = b.breaks[:last]
}

// breakStmt leaves the innermost switch or while, else the route: with code 0,
// though its caller goes on.
func (b *builder) breakStmt(s *check.Break) {
	b.tell(s.Place)
	op := b.emit(Op{Code: OpBreak}, s.Pos)
	last := len(b.breaks) - 1
	b.breaks[last] = append(b.breaks[last], op)
}

func (b *builder) switchStmt(s *check.Switch) {
	t := &Table{Text: s.Text}
	b.tell(s.Place)
	at := b.emit(Op{Code: OpSwitch, X: s.Subject, Table: t}, s.Pos)
	b.breaks = append(b.breaks, nil)
	ordered := false
	for i := range s.Cases {
		ordered = ordered || s.Cases[i].Match != nil
	}
	t.Default = -1
	for i := range s.Cases {
		k := &s.Cases[i]
		t.add(k, b.here(), ordered)
		b.statements(k.Body)
	}
	b.endBreaks()
	if t.Default < 0 {
		t.Default = b.here()
	}
	b.route.Ops[at].Table = t
}

// add enters a label; of two that are the same the first one counts.
func (t *Table) add(k *check.Case, to int32, ordered bool) {
	switch {
	case k.Default:
		t.Default = to
	case ordered:
		t.Order = append(t.Order, Label{k.String, k.Match, to})
	case t.Text:
		if t.Strings == nil {
			t.Strings = map[string]int32{}
		}
		if _, ok := t.Strings[k.String]; !ok {
			t.Strings[k.String] = to
		}
	default:
		if t.Numbers == nil {
			t.Numbers = map[int64]int32{}
		}
		if _, ok := t.Numbers[k.Number]; !ok {
			t.Numbers[k.Number] = to
		}
	}
}
