// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// The operator .. of the library makes strings of any length, so that a loop
// with s = s .. s takes the memory of the server within a moment, and it prints
// numbers its own way. Where a script is compiled a chain of it becomes a call:
//
//	a .. b .. c   →   (""):(concat)(a, b, c)
//
// The method stands in what strings are indexed with, under a name that no
// script can write: there it is found whatever the environment of a function
// is. A chain of texts of the script and of what functions of KSR return cannot grow and
// stays as it is.
const (
	// concatName is the name of the method.
	concatName = "(concat)"
	// maxOperands is how long a chain may be: all its operands are in
	// registers at a time.
	maxOperands = 100
)

// boundConcats rewrites the chains of a script.
func boundConcats(stmts []ast.Stmt) {
	walker(func(at *ast.Expr) {
		e, ok := (*at).(*ast.StringConcatOpExpr)
		if !ok {
			return
		}
		operands, grows := chain(e)
		if !grows || len(operands) > maxOperands {
			return
		}
		single(operands[len(operands)-1])
		line, last := e.Line(), max(e.Line(), e.LastLine())
		*at = placed(&ast.FuncCallExpr{Receiver: placed(&ast.StringExpr{}, line, line), Method: concatName, Args: operands, AdjustRet: true}, line, last)
	}).block(stmts)
}

// single makes a call or ... give one value: as an operand it does, as the last
// argument it would give all.
func single(e ast.Expr) {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
}

// chain lists the operands; grows tells that the text may be longer than what
// a message and a script have.
func chain(e *ast.StringConcatOpExpr) (operands []ast.Expr, grows bool) {
	for {
		operands = append(operands, e.Lhs)
		grows = grows || !small(e.Lhs)
		rest, ok := e.Rhs.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		e = rest
	}
	return append(operands, e.Rhs), grows || !small(e.Rhs)
}

// small tells whether an operand is a text of the script or a call of KSR.
func small(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.StringExpr:
		return true
	case *ast.FuncCallExpr:
		f := e.Func
		for {
			get, ok := f.(*ast.AttrGetExpr)
			if !ok {
				break
			}
			f = get.Object
		}
		name, ok := f.(*ast.IdentExpr)
		return ok && name.Value == "KSR"
	}
	return false
}

// stringConcat is the method: the first argument is its receiver.
func stringConcat(l *glua.LState) int {
	n, size := l.GetTop(), 0
	for i := 2; i <= n; i++ {
		switch v := l.Get(i).(type) {
		case glua.LString:
			size += len(v)
		case glua.LNumber:
			size += 24
		default:
			return concatOthers(l, n)
		}
	}
	room(l, size)
	var out strings.Builder
	out.Grow(size)
	for i := 2; i <= n; i++ {
		switch v := l.Get(i).(type) {
		case glua.LString:
			out.WriteString(string(v))
		case glua.LNumber:
			out.WriteString(numberText(float64(v)))
		}
	}
	l.Push(glua.LString(out.String()))
	return 1
}

// concatOthers joins values from the right, some of which have a metamethod.
func concatOthers(l *glua.LState, n int) int {
	right := l.Get(n)
	for i := n - 1; i >= 2; i-- {
		left := l.Get(i)
		a, ok := joinable(left)
		b, also := joinable(right)
		if ok && also {
			room(l, len(a)+len(b))
			right = glua.LString(a + b)
			continue
		}
		f := l.GetMetaField(left, "__concat")
		if f == glua.LNil {
			f = l.GetMetaField(right, "__concat")
		}
		if f == glua.LNil {
			if ok {
				left = right
			}
			l.RaiseError("attempt to concatenate a %s value", left.Type())
		}
		l.Push(f)
		l.Push(left)
		l.Push(right)
		l.Call(2, 1)
		right = l.Get(-1)
		l.Pop(1)
	}
	l.Push(right)
	return 1
}

// joinable is the text of a string or a number.
func joinable(v glua.LValue) (string, bool) {
	switch v := v.(type) {
	case glua.LString:
		return string(v), true
	case glua.LNumber:
		return numberText(float64(v)), true
	}
	return "", false
}
