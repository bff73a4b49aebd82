// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/yuin/gopher-lua/ast"
)

// ksrCall is a call of a function of KSR in a script.
type ksrCall struct {
	path string
	pos  source.Pos
	// args is how many arguments it has, -1 where only the run tells.
	args int
}

// ksrCalls are the calls of functions of KSR in a script, and what of KSR it looks
// at without a call, as in: if KSR.htable then.
type ksrCalls struct {
	calls  []ksrCall
	looked map[string]int
	// requires are the modules that require names in a text, but for those that it
	// may miss: pcall(function() … end).
	requires []ksrCall
}

func listCalls(file, text string, stmts []ast.Stmt) *ksrCalls {
	k := &ksrCalls{looked: map[string]int{}}
	lines := strings.Split(text, "\n")
	walker(func(at *ast.Expr) {
		switch e := (*at).(type) {
		case *ast.AttrGetExpr:
			if path, ok := ksrPath(e); ok {
				k.looked[path]++
				if inner, ok := ksrPath(e.Object); ok && inner != "" {
					k.looked[inner]--
				}
			}
		case *ast.FuncCallExpr:
			k.require(file, e)
			path, ok := ksrPath(e.Func)
			if !ok || path == "" {
				return
			}
			k.looked[path]--
			c := ksrCall{path: path, args: len(e.Args), pos: source.Pos{Filename: file, Line: e.Line(), Column: 1}}
			if e.Line() <= len(lines) && e.Line() > 0 {
				c.pos.Column = 1 + max(strings.Index(lines[e.Line()-1], "KSR."+path), 0)
			}
			if n := len(e.Args); n > 0 && many(e.Args[n-1]) {
				c.args = -1
			}
			k.calls = append(k.calls, c)
		}
	}).block(stmts)
	return k
}

// require notes a call of require; what stands in a pcall is forgotten again.
func (k *ksrCalls) require(file string, e *ast.FuncCallExpr) {
	fn, ok := e.Func.(*ast.IdentExpr)
	switch {
	case !ok || len(e.Args) == 0:
	case fn.Value == "require":
		if name, ok := e.Args[0].(*ast.StringExpr); ok {
			k.requires = append(k.requires, ksrCall{path: name.Value, pos: source.Pos{Filename: file, Line: e.Line(), Column: 1}})
		}
	case fn.Value == "pcall" || fn.Value == "xpcall":
		within := 0
		walker(func(at *ast.Expr) {
			if call, ok := (*at).(*ast.FuncCallExpr); ok {
				inner := ksrCalls{}
				inner.require(file, call)
				within += len(inner.requires)
			}
		}).list(e.Args)
		k.requires = k.requires[:max(len(k.requires)-within, 0)]
	}
}

// many tells that an expression may give several values.
func many(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet && !small(e) // those of KSR return one
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// ksrPath is what an expression names in KSR: "tm.t_relay", "" for KSR itself.
func ksrPath(e ast.Expr) (path string, ok bool) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		return "", e.Value == "KSR"
	case *ast.AttrGetExpr:
		key, constant := e.Key.(*ast.StringExpr)
		outer, ok := ksrPath(e.Object)
		if !constant || !ok {
			return "", false
		}
		if outer == "" {
			return key.Value, true
		}
		return outer + "." + key.Value, true
	}
	return "", false
}

// Finding is a mistake in a script.
type Finding = source.Error

// Check tells of calls that can only fail where they are reached: of functions that
// are not there, or with too few arguments, and of what Lua 5.1 has not. A script that looks first whether
// something is there (if KSR.htable then) knows what it does.
func Check(scripts []*Script, coreExports module.Exports, modules []Loaded) []*source.Error {
	k := newKnown(coreExports, modules)
	// A script that asks for one module (if not KSR.auth then return end) may
	// mean others that come with it.
	looked, portable := map[string]bool{}, false
	for _, s := range scripts {
		for path, n := range s.ksr.looked {
			looked[path] = looked[path] || n > 0
			portable = portable || n > 0 && module.Lookup(path) != nil
		}
	}
	var found []*source.Error
	var seen []string
	for _, s := range scripts {
		found = append(found, s.Warnings...)
		found = append(found, s.required(&seen)...)
		for _, c := range s.ksr.calls {
			if e := c.check(k, looked, portable); e != nil {
				found = append(found, e)
			}
		}
	}
	return found
}

func (c *ksrCall) check(k *known, looked map[string]bool, portable bool) *source.Error {
	table, _, inTable := strings.Cut(c.path, ".")
	if !inTable {
		table = ""
	}
	want, ok := k.forms[c.path]
	switch {
	case ok && want < 0 || ok && c.args < 0 || looked[c.path] || looked[table]:
		return nil
	case ok && (c.args < want || c.args > 0 && want == 0):
		return c.error(fmt.Sprintf("KSR.%s takes %d arguments, found %d: the call returns false", c.path, want, c.args), "")
	case ok:
		return nil
	}
	message, advice, unloaded := k.missing(c.path)
	if unloaded && portable {
		return nil
	}
	return c.error(message, advice)
}

func (c *ksrCall) error(message, advice string) *source.Error {
	end := c.pos
	end.Column += len("KSR.") + len(c.path)
	return &source.Error{Pos: c.pos, End: end, Message: message, Advice: advice}
}
