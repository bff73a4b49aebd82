// SPDX-License-Identifier: Apache-2.0

package sqlops

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// What sql_is_null returns in Lua.
const (
	isNull  module.Result = 1
	notNull module.Result = 0
)

// lua are the functions that stand for $dbr in Lua, and sql_query, which returns
// 0 there when all is well.
func (s *SQLOps) lua(result module.Arg) []module.Function {
	const everywhere = module.AnyRoute
	con := module.Arg{Name: "connection", Doc: "name of the connection", Compile: s.compileConnection}
	at := []module.Arg{result, {Name: "row", Type: module.ArgInt, Doc: "row, from 0"}, {Name: "col", Type: module.ArgInt, Doc: "column, from 0"}}
	size := func(of func(t *table) int) func(*module.Call, module.Args) module.Result {
		return func(c *module.Call, a module.Args) module.Result {
			if number, ok := a[0].Data.(int); ok {
				return module.Result(of(s.state(c).of(number)))
			}
			return c.Fail("sqlops", a[0].Err)
		}
	}
	return []module.Function{
		{Name: "sql_query", Args: []module.Arg{con, {Name: "query", Doc: "the statement"}, {Name: "result", Doc: "name of the result, or the empty string", Compile: s.compileNamed}}, Routes: everywhere, Run: s.luaQuery,
			Doc: "Runs a statement and keeps its rows. 0, or -1 for a failure."},
		{Name: "sql_num_rows", Args: at[:1], Routes: everywhere, Run: size(func(t *table) int { return len(t.rows) }), Doc: "Number of rows."},
		{Name: "sql_num_columns", Args: at[:1], Routes: everywhere, Run: size(func(t *table) int { return len(t.columns) }), Doc: "Number of columns."},
		{Name: "sql_is_null", Args: at, Routes: everywhere, Run: s.luaIsNull, Doc: "1 for NULL, 0 for another value, -1 where there is none."},
		{Name: "sql_result_get", Args: at, Routes: everywhere, Get: s.luaGet(avp.Value{}), Doc: "A value, nil for NULL or where there is none."},
		{Name: "sql_result_gete", Args: at, Routes: everywhere, Get: s.luaGet(avp.String("")), Doc: "The same with the empty string for nil."},
		{Name: "sql_result_getz", Args: at, Routes: everywhere, Get: s.luaGet(avp.Number(0)), Doc: "The same with 0 for nil."},
	}
}

// compileNamed is compileResult where the empty name means none.
func (s *SQLOps) compileNamed(name string) (any, error) {
	if name == "" {
		return nil, nil
	}
	return s.result(name)
}

func (s *SQLOps) luaQuery(c *module.Call, a module.Args) module.Result {
	if a[2].Value.Str == "" {
		a[2].Given = false
	}
	if r := s.query(c, a); r < 0 {
		return r
	}
	return 0
}

func (s *SQLOps) luaIsNull(c *module.Call, a module.Args) module.Result {
	number, ok := a[0].Data.(int)
	if !ok {
		return c.Fail("sql_is_null", a[0].Err)
	}
	v, ok := s.state(c).of(number).at(int64(a.Int(1, -1)), int64(a.Int(2, -1)))
	switch {
	case !ok:
		return module.False
	case v.IsNull():
		return isNull
	}
	return notNull
}

func (s *SQLOps) luaGet(none module.Value) func(c *module.Call, a module.Args) module.Value {
	return func(c *module.Call, a module.Args) module.Value {
		number, ok := a[0].Data.(int)
		if !ok {
			c.Fail("sql_result_get", a[0].Err)
			return none
		}
		v, _ := s.state(c).of(number).at(int64(a.Int(1, -1)), int64(a.Int(2, -1)))
		if v.IsNull() {
			return none
		}
		return v
	}
}
