// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"slices"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// The library looks a constant up among all those of its function, one by one:
// a table of N different texts takes N² steps to compile. A function with many
// constants has therefore its large constructors split: each part of the
// fields is filled in by a function of its own, which has constants of its own.
//
//	{ a = 1, …, z = 26 }
//
// becomes
//
//	(function() local t = {}; (function() t.a = 1 … end)() …; return t end)()
//
// Locals that the values name are upvalues there; `...` is handed on. A long run
// of assignments is put into such functions likewise.
const (
	// manyConstants is how many constants a function may name before its
	// constructors are looked at.
	manyConstants = 2048
	// largeTable is what makes a constructor large, partConstants the size of
	// a part, in constants.
	largeTable    = 64
	partConstants = 256
	// tableName is the local name of the table that is filled, which no
	// script can write.
	tableName = "(table)"
)

// splitter splits the constructors of one function.
type splitter struct {
	split bool // else it only counts
}

// splitConstructors rewrites the functions of a script that need it.
func splitConstructors(stmts []ast.Stmt) { splitFunction(stmts) }

func splitFunction(stmts []ast.Stmt) {
	if n := (&splitter{}).block(stmts); n.constants > manyConstants {
		(&splitter{split: true}).block(stmts)
	}
}

// load is what an expression asks of the function that it stands in.
type load struct {
	constants int
	varargs   bool
}

func (l *load) add(m load) { l.constants += m.constants; l.varargs = l.varargs || m.varargs }

func (s *splitter) block(stmts []ast.Stmt) (n load) {
	var run load // of the assignments since begin
	begin := 0
	for i, stmt := range stmts {
		one := s.stmt(stmt)
		n.add(one)
		if _, ok := stmt.(*ast.AssignStmt); !ok || one.varargs {
			run, begin = load{}, i+1
			continue
		}
		if run.add(one); s.split && run.constants >= partConstants {
			enclose(stmts[begin : i+1])
			n.constants -= run.constants
			run, begin = load{}, i+1
		}
	}
	return n
}

// enclose puts assignments into a function of their own, whose call is the
// first of the statements; nothing is left of the others.
func enclose(stmts []ast.Stmt) {
	part := slices.Clone(stmts)
	line, last := part[0].Line(), part[len(part)-1].LastLine()
	stmts[0] = placed(&ast.FuncCallStmt{Expr: call(part, false, line, last)}, line, line)
	for i := range stmts[1:] {
		stmts[i+1] = placed(&ast.DoBlockStmt{}, line, line)
	}
}

func (s *splitter) list(exprs []ast.Expr) (n load) {
	for i := range exprs {
		n.add(s.expr(&exprs[i]))
	}
	return n
}

func (s *splitter) stmt(stmt ast.Stmt) (n load) {
	switch stmt := stmt.(type) {
	case *ast.AssignStmt:
		n.add(s.list(stmt.Lhs))
		n.add(s.list(stmt.Rhs))
	case *ast.LocalAssignStmt:
		n.add(s.list(stmt.Exprs))
	case *ast.FuncCallStmt:
		n.add(s.expr(&stmt.Expr))
	case *ast.DoBlockStmt:
		n.add(s.block(stmt.Stmts))
	case *ast.WhileStmt:
		n.add(s.expr(&stmt.Condition))
		n.add(s.block(stmt.Stmts))
	case *ast.RepeatStmt:
		n.add(s.expr(&stmt.Condition))
		n.add(s.block(stmt.Stmts))
	case *ast.IfStmt:
		n.add(s.expr(&stmt.Condition))
		n.add(s.block(stmt.Then))
		n.add(s.block(stmt.Else))
	case *ast.NumberForStmt:
		n.add(s.expr(&stmt.Init))
		n.add(s.expr(&stmt.Limit))
		n.add(s.expr(&stmt.Step))
		n.add(s.block(stmt.Stmts))
	case *ast.GenericForStmt:
		n.add(s.list(stmt.Exprs))
		n.add(s.block(stmt.Stmts))
	case *ast.FuncDefStmt:
		n.constants++
		if !s.split {
			splitFunction(stmt.Func.Stmts)
		}
	case *ast.ReturnStmt:
		n.add(s.list(stmt.Exprs))
	}
	return n
}

func (s *splitter) expr(at *ast.Expr) (n load) {
	switch e := (*at).(type) {
	case *ast.NumberExpr, *ast.StringExpr, *ast.IdentExpr:
		n.constants++
	case *ast.Comma3Expr:
		n.varargs = true
	case *ast.AttrGetExpr:
		n.add(s.expr(&e.Object))
		n.add(s.expr(&e.Key))
	case *ast.FuncCallExpr:
		n.constants++
		if e.Func != nil {
			n.add(s.expr(&e.Func))
		}
		if e.Receiver != nil {
			n.add(s.expr(&e.Receiver))
		}
		n.add(s.list(e.Args))
	case *ast.LogicalOpExpr:
		n.add(s.expr(&e.Lhs))
		n.add(s.expr(&e.Rhs))
	case *ast.RelationalOpExpr:
		n.add(s.expr(&e.Lhs))
		n.add(s.expr(&e.Rhs))
	case *ast.StringConcatOpExpr:
		n.add(s.expr(&e.Lhs))
		n.add(s.expr(&e.Rhs))
	case *ast.ArithmeticOpExpr:
		n.add(s.expr(&e.Lhs))
		n.add(s.expr(&e.Rhs))
	case *ast.UnaryMinusOpExpr:
		n.add(s.expr(&e.Expr))
	case *ast.UnaryNotOpExpr:
		n.add(s.expr(&e.Expr))
	case *ast.UnaryLenOpExpr:
		n.add(s.expr(&e.Expr))
	case *ast.FunctionExpr:
		if !s.split {
			splitFunction(e.Stmts)
		}
	case *ast.TableExpr:
		return s.table(e, at)
	}
	return n
}

// table counts a constructor, and puts what fills it in parts in its place.
func (s *splitter) table(e *ast.TableExpr, at *ast.Expr) (n load) {
	loads := make([]load, len(e.Fields))
	for i, f := range e.Fields {
		if f.Key != nil {
			loads[i].add(s.expr(&f.Key))
		}
		loads[i].add(s.expr(&f.Value))
		n.add(loads[i])
	}
	if !s.split || n.constants < largeTable || !divisible(e) {
		return n
	}
	*at = fill(e, loads, n.varargs)
	return load{varargs: n.varargs}
}

// divisible tells whether the constructor gives the same table when its fields
// are assigned: a nil among values without a key counts for the length, and
// the last one may be several.
func divisible(e *ast.TableExpr) bool {
	for i, f := range e.Fields {
		if f.Key != nil {
			continue
		}
		switch v := f.Value.(type) {
		case *ast.NilExpr:
			return false
		case *ast.Comma3Expr:
			if i == len(e.Fields)-1 && !v.AdjustRet {
				return false
			}
		case *ast.FuncCallExpr:
			if i == len(e.Fields)-1 && !v.AdjustRet {
				return false
			}
		}
	}
	return true
}

// fill makes the call that gives the table.
func fill(e *ast.TableExpr, loads []load, varargs bool) ast.Expr {
	line, last := e.Line(), e.LastLine()
	name := func(line int) ast.Expr { return placed(&ast.IdentExpr{Value: tableName}, line, line) }
	body := []ast.Stmt{placed(&ast.LocalAssignStmt{Names: []string{tableName}, Exprs: []ast.Expr{placed(&ast.TableExpr{}, line, line)}}, line, line)}
	var part []ast.Stmt
	var sum load
	flush := func() {
		if len(part) > 0 {
			at := part[0].Line()
			body = append(body, placed(&ast.FuncCallStmt{Expr: call(part, sum.varargs, at, part[len(part)-1].LastLine())}, at, at))
			part, sum = nil, load{}
		}
	}
	index := 0
	for i, f := range e.Fields {
		at := f.Value.Line()
		key := f.Key
		if key == nil {
			index++
			loads[i].constants++
			key = placed(&ast.NumberExpr{Value: strconv.Itoa(index)}, at, at)
		}
		to := placed(&ast.AttrGetExpr{Object: name(at), Key: key}, at, at)
		part = append(part, placed(&ast.AssignStmt{Lhs: []ast.Expr{to}, Rhs: []ast.Expr{f.Value}}, at, at))
		if sum.add(loads[i]); sum.constants >= partConstants {
			flush()
		}
	}
	flush()
	body = append(body, placed(&ast.ReturnStmt{Exprs: []ast.Expr{name(last)}}, last, last))
	return call(body, varargs, line, last)
}

// call makes (function(...) body end)(...).
func call(body []ast.Stmt, varargs bool, line, last int) *ast.FuncCallExpr {
	f := placed(&ast.FunctionExpr{ParList: &ast.ParList{HasVargs: varargs, Names: []string{}}, Stmts: body}, line, last)
	c := placed(&ast.FuncCallExpr{Func: f, AdjustRet: true}, line, last)
	if varargs {
		c.Args = []ast.Expr{placed(&ast.Comma3Expr{}, line, line)}
	}
	return c
}

// placed gives a node its lines.
func placed[T ast.PositionHolder](node T, line, last int) T {
	node.SetLine(line)
	node.SetLastLine(last)
	return node
}
