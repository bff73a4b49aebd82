// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// The library assigns each value of a, b = b, a to its local variable before it
// computes the next one, so that this loses a. Lua computes all of them first.
// Where a script is compiled such an assignment becomes a block:
//
//	x, t[k], y = y, 1, x   →   do
//	                               local (o2), (k2) = t, k
//	                               local (v1), (v2), (v3) = y, 1, x
//	                               y = (v3); (o2)[(k2)] = (v2); x = (v1)
//	                           end
//
// No script can write these names.

// orderAssigns rewrites the assignments of a script.
func orderAssigns(stmts []ast.Stmt) {
	walker(func(at *ast.Expr) {
		if f, ok := (*at).(*ast.FunctionExpr); ok {
			orderBlock(f.Stmts)
		}
	}).block(stmts)
	orderBlock(stmts)
}

// orderBlock rewrites those of a block and of the blocks within it.
func orderBlock(stmts []ast.Stmt) {
	for i, stmt := range stmts {
		switch s := stmt.(type) {
		case *ast.AssignStmt:
			if !inOrder(s) {
				stmts[i] = ordered(s)
			}
		case *ast.DoBlockStmt:
			orderBlock(s.Stmts)
		case *ast.WhileStmt:
			orderBlock(s.Stmts)
		case *ast.RepeatStmt:
			orderBlock(s.Stmts)
		case *ast.IfStmt:
			orderBlock(s.Then)
			orderBlock(s.Else)
		case *ast.NumberForStmt:
			orderBlock(s.Stmts)
		case *ast.GenericForStmt:
			orderBlock(s.Stmts)
		case *ast.FuncDefStmt:
			orderBlock(s.Func.Stmts)
		}
	}
}

// inOrder tells that no value of an assignment can depend on a variable that the
// same one changes.
func inOrder(s *ast.AssignStmt) bool {
	if len(s.Lhs) == 1 {
		return true
	}
	changed := map[string]bool{}
	for i, to := range s.Lhs {
		if i > 0 && i < len(s.Rhs) && !fixed(s.Rhs[i], changed) {
			return false
		}
		if v, ok := to.(*ast.IdentExpr); ok {
			changed[v.Value] = true
		}
	}
	for _, to := range s.Lhs {
		if !settled(to, changed) {
			return false
		}
	}
	for _, extra := range s.Rhs[min(len(s.Lhs), len(s.Rhs)):] {
		if !fixed(extra, changed) {
			return false
		}
	}
	return true
}

// fixed tells that an expression has the same value when the variables change.
func fixed(e ast.Expr, changed map[string]bool) bool {
	switch e := e.(type) {
	case *ast.StringExpr, *ast.NumberExpr, *ast.NilExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.FunctionExpr, *ast.Comma3Expr:
		return true
	case *ast.IdentExpr:
		return !changed[e.Value]
	}
	return len(changed) == 0
}

// settled tells that the place of an element does not change with the variables.
func settled(to ast.Expr, changed map[string]bool) bool {
	field, ok := to.(*ast.AttrGetExpr)
	return !ok || fixed(field.Object, changed) && fixed(field.Key, changed)
}

// ordered is the block for an assignment.
func ordered(s *ast.AssignStmt) ast.Stmt {
	line, last := s.Line(), max(s.Line(), s.LastLine())
	variable := func(name string) ast.Expr { return placed(&ast.IdentExpr{Value: name}, line, last) }
	places := &ast.LocalAssignStmt{}
	values := &ast.LocalAssignStmt{Exprs: s.Rhs}
	keep := func(kind string, i int, e ast.Expr) ast.Expr {
		name := "(" + kind + strconv.Itoa(i) + ")"
		places.Names, places.Exprs = append(places.Names, name), append(places.Exprs, e)
		single(e)
		return variable(name)
	}
	stmts := make([]ast.Stmt, len(s.Lhs))
	for i, to := range s.Lhs {
		if field, ok := to.(*ast.AttrGetExpr); ok {
			if _, constant := field.Key.(*ast.StringExpr); !constant {
				field.Key = keep("k", i, field.Key)
			}
			field.Object = keep("o", i, field.Object)
		}
		name := "(v" + strconv.Itoa(i) + ")"
		values.Names = append(values.Names, name)
		stmts[len(s.Lhs)-1-i] = &ast.AssignStmt{Lhs: []ast.Expr{to}, Rhs: []ast.Expr{variable(name)}}
	}
	all := append([]ast.Stmt{values}, stmts...)
	if len(places.Names) > 0 {
		all = append([]ast.Stmt{places}, all...)
	}
	for _, stmt := range all {
		placed(stmt, line, last)
	}
	return placed(&ast.DoBlockStmt{Stmts: all}, line, last)
}
