// SPDX-License-Identifier: Apache-2.0

package lua

import "github.com/yuin/gopher-lua/ast"

// walker shows each expression of a script, those within it first, to a
// function that may put another one in its place.
type walker func(at *ast.Expr)

func (w walker) block(stmts []ast.Stmt) {
	for _, stmt := range stmts {
		w.stmt(stmt)
	}
}

func (w walker) stmt(stmt ast.Stmt) {
	switch s := stmt.(type) {
	case *ast.AssignStmt:
		w.list(s.Lhs)
		w.list(s.Rhs)
	case *ast.LocalAssignStmt:
		w.list(s.Exprs)
	case *ast.FuncCallStmt:
		w.expr(&s.Expr)
	case *ast.DoBlockStmt:
		w.block(s.Stmts)
	case *ast.WhileStmt:
		w.expr(&s.Condition)
		w.block(s.Stmts)
	case *ast.RepeatStmt:
		w.expr(&s.Condition)
		w.block(s.Stmts)
	case *ast.IfStmt:
		w.expr(&s.Condition)
		w.block(s.Then)
		w.block(s.Else)
	case *ast.NumberForStmt:
		w.expr(&s.Init)
		w.expr(&s.Limit)
		w.expr(&s.Step)
		w.block(s.Stmts)
	case *ast.GenericForStmt:
		w.list(s.Exprs)
		w.block(s.Stmts)
	case *ast.FuncDefStmt:
		w.expr(&s.Name.Func)
		w.block(s.Func.Stmts)
	case *ast.ReturnStmt:
		w.list(s.Exprs)
	}
}

func (w walker) list(exprs []ast.Expr) {
	for i := range exprs {
		w.expr(&exprs[i])
	}
}

func (w walker) expr(at *ast.Expr) {
	switch e := (*at).(type) {
	case nil:
		return
	case *ast.AttrGetExpr:
		w.expr(&e.Object)
		w.expr(&e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			w.expr(&f.Key)
			w.expr(&f.Value)
		}
	case *ast.FuncCallExpr:
		w.expr(&e.Func)
		w.expr(&e.Receiver)
		w.list(e.Args)
	case *ast.LogicalOpExpr:
		w.expr(&e.Lhs)
		w.expr(&e.Rhs)
	case *ast.RelationalOpExpr:
		w.expr(&e.Lhs)
		w.expr(&e.Rhs)
	case *ast.StringConcatOpExpr:
		w.concat(e)
	case *ast.ArithmeticOpExpr:
		w.expr(&e.Lhs)
		w.expr(&e.Rhs)
	case *ast.UnaryMinusOpExpr:
		w.expr(&e.Expr)
	case *ast.UnaryNotOpExpr:
		w.expr(&e.Expr)
	case *ast.UnaryLenOpExpr:
		w.expr(&e.Expr)
	case *ast.FunctionExpr:
		w.block(e.Stmts)
	}
	w(at)
}

// concat shows the operands of a chain a .. b .. c, which is one expression.
func (w walker) concat(e *ast.StringConcatOpExpr) {
	w.expr(&e.Lhs)
	if rest, ok := e.Rhs.(*ast.StringConcatOpExpr); ok {
		w.concat(rest)
		return
	}
	w.expr(&e.Rhs)
}
