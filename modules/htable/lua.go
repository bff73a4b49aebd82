// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// lua are the functions that stand for variables and for table=>key in Lua.
func (h *HTable) lua() []module.Function {
	table := module.Arg{Name: "htable", Doc: "name of a table", Compile: h.compileTable}
	key := module.Arg{Name: "key", Doc: "key of an item"}
	re := module.Arg{Name: "regexp", Doc: "regular expression", Compile: func(text string) (any, error) { return newPattern(text), nil }}
	item := []module.Arg{table, key}
	with := func(a module.Arg) []module.Arg { return []module.Arg{table, key, a} }
	number := func(name, doc string) module.Arg { return module.Arg{Name: name, Type: module.ArgInt, Doc: doc} }
	const everywhere = module.AnyRoute
	return []module.Function{
		{Name: "sht_get", Args: item, Routes: everywhere, Get: h.luaGet(avp.Value{}), Doc: "Value of an item, nil where there is none."},
		{Name: "sht_gete", Args: item, Routes: everywhere, Get: h.luaGet(avp.String("")), Doc: "Value of an item, the empty string where there is none."},
		{Name: "sht_getw", Args: item, Routes: everywhere, Get: h.luaGet(avp.String("<null>")), Doc: "Value of an item, <null> where there is none."},
		{Name: "sht_sets", Args: with(module.Arg{Name: "value", Doc: "text"}), Routes: everywhere, Run: func(c *module.Call, a module.Args) module.Result {
			return set(c, a, avp.String(a.Str(2)), 0)
		}, Doc: "Sets an item to a text."},
		{Name: "sht_seti", Args: with(number("value", "integer")), Routes: everywhere, Run: func(c *module.Call, a module.Args) module.Result {
			return set(c, a, avp.Number(a[2].Value.Int), 0)
		}, Doc: "Sets an item to an integer."},
		{Name: "sht_setex", Args: with(number("seconds", "seconds until it expires")), Routes: everywhere, Run: setExpires, Doc: "Sets when an item expires."},
		{Name: "sht_cn", Args: []module.Arg{table, {Name: "op", Doc: "re"}, re}, Routes: everywhere, Run: countNames, Doc: "Number of items whose key matches."},
		{Name: "sht_rm_name_re", Args: []module.Arg{table, re}, Routes: everywhere, Run: removeByExpression(byName), Doc: "Removes the items whose key matches."},
		{Name: "sht_rm_value_re", Args: []module.Arg{table, re}, Routes: everywhere, Run: removeByExpression(byText), Doc: "Removes the items whose text matches."},
		{Name: "sht_lock", Args: item, Routes: everywhere, Run: func(c *module.Call, a module.Args) module.Result {
			return lock(c, tableOf(a, 0), a.Str(1))
		}, Doc: "Locks the slot of a key."},
		{Name: "sht_unlock", Args: item, Routes: everywhere, Run: func(c *module.Call, a module.Args) module.Result {
			return unlock(c, tableOf(a, 0), a.Str(1))
		}, Doc: "Unlocks the slot of a key."},
	}
}

// luaGet makes sht_get, sht_gete and sht_getw.
func (h *HTable) luaGet(none avp.Value) func(c *module.Call, a module.Args) module.Value {
	return func(c *module.Call, a module.Args) module.Value {
		t := tableOf(a, 0)
		if t == nil {
			c.Fail("sht_get", errNoTable)
			return none
		}
		if v := t.get(c, a.Str(1), c.Mem); !v.IsNull() {
			return v
		}
		return none
	}
}

func setExpires(c *module.Call, a module.Args) module.Result {
	t := tableOf(a, 0)
	if t == nil {
		return c.Fail("sht_setex", errNoTable)
	}
	t.setExpires(c, a.Str(1), seconds(a[2].Value.Int))
	return module.True
}

func countNames(c *module.Call, a module.Args) module.Result {
	n := int64(0)
	withPattern(c, a, "sht_cn", func(t *Table, p *pattern) bool {
		n = t.matching(byName, p)
		return true
	})
	return module.Result(n)
}

// removeByExpression makes sht_rm_name_re and sht_rm_value_re.
func removeByExpression(of func(i item) (string, bool)) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		t := tableOf(a, 0)
		if t == nil {
			return c.Fail("sht_rm", errNoTable)
		}
		p, err := a[1].Data.(*pattern).with("re")
		if err != nil {
			return c.Fail("sht_rm", err)
		}
		t.removeMatching(of, p)
		return module.True
	}
}
