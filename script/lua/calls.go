// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"slices"
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
// are not there, or with too few arguments. A script that looks first whether
// something is there (if KSR.htable then) knows what it does.
func Check(scripts []*Script, coreExports module.Exports, modules []Loaded) []*source.Error {
	forms := map[string]int{}
	tables := map[string]bool{"hdr": true, "x": true}
	add := func(in string, lists ...[]module.Function) {
		for _, list := range lists {
			for i := range list {
				all, err := list[i].Forms(in)
				if err != nil {
					continue // Attach says so
				}
				for _, f := range all {
					tables[f.Table] = true
					if _, ok := forms[f.Path()]; !ok { // the first of a name counts
						forms[f.Path()] = len(f.Args)
					}
				}
			}
		}
	}
	add("", coreExports.Lua)
	for _, m := range modules {
		tables[m.Name] = true
		add(m.Name, m.Exports.Lua, m.Exports.Functions)
	}
	for _, c := range controls {
		forms[c.Form.Path()] = len(c.Form.Args)
	}
	forms["x.modf"] = -1 // takes any number
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
	for _, s := range scripts {
		for _, c := range s.ksr.calls {
			if e := c.check(forms, tables, looked, portable); e != nil {
				found = append(found, e)
			}
		}
	}
	return found
}

func (c *ksrCall) check(forms map[string]int, tables, looked map[string]bool, portable bool) *source.Error {
	table, name, inTable := strings.Cut(c.path, ".")
	if !inTable {
		table, name = "", table
	}
	want, ok := forms[c.path]
	switch {
	case ok && want < 0 || ok && c.args < 0 || looked[c.path] || looked[table]:
		return nil
	case ok && (c.args < want || c.args > 0 && want == 0):
		return c.error(fmt.Sprintf("KSR.%s takes %d arguments, found %d: the call returns false", c.path, want, c.args), "")
	case ok:
		return nil
	case table != "" && !tables[table]:
		if module.Lookup(table) != nil {
			if portable {
				return nil
			}
			return c.error("KSR."+c.path+" is not there: the module "+table+" is not loaded", `add loadmodule "`+table+`.so"`)
		}
		return c.error("KSR."+table+" is not there", source.DidYouMean(table, append(keys(tables), module.Names()...)))
	}
	var near []string
	for path := range forms {
		if in, f, ok := strings.Cut(path, "."); ok && in == table {
			near = append(near, f)
		} else if !ok && table == "" {
			near = append(near, path)
		}
	}
	slices.Sort(near)
	return c.error("KSR."+c.path+" is not there", source.DidYouMean(name, near))
}

func (c *ksrCall) error(message, advice string) *source.Error {
	end := c.pos
	end.Column += len("KSR.") + len(c.path)
	return &source.Error{Pos: c.pos, End: end, Message: message, Advice: advice}
}

func keys(m map[string]bool) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
