// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// In Lua the functions of pv stand in KSR.pvx; KSR.pv is the core's.

// inPVX gives the native functions their place.
func inPVX(list []module.Function) []module.Function {
	for i := range list {
		if f := &list[i]; f.Lua == "" {
			f.Lua = "pvx." + f.Name
		}
	}
	return list
}

// onNull are the ways in which functions say that there is nothing.
var onNull = []struct {
	suffix, doc string
	value       module.Value
}{
	{"", "nil", module.Value{}}, {"e", "the empty string", avp.String("")}, {"w", "<null>", avp.String("<null>")},
}

func or(v, null module.Value) module.Value {
	if v.IsNull() {
		return null
	}
	return v
}

func luaFunctions() []module.Function {
	list := []module.Function{
		{Name: "pvx.evalx", Args: []module.Arg{{Name: "dst", Type: module.ArgVar, Doc: "variable to assign"}, {Name: "fmt", Type: module.ArgTemplate, Doc: "text with variables"}},
			Lua: "pvx.evalx(str,fmt)", Run: evaluateTo, Doc: "Assigns a text whose variables are replaced."},
		{Name: "pvx.pv_xavp_to_var", Args: []module.Arg{{Name: "rname", Doc: "name of the extended AVP"}}, Run: luaXAVPToVar, Doc: "Copies the fields of an extended AVP to $var of the same names."},
		{Name: "pvx.avp_rm", Args: []module.Arg{class("avp", "name")}, Run: removeOne, Doc: "Removes the newest value of an AVP."},
		{Name: "pvx.xavp_copy_dst", Args: copyArgs(), Run: copyXAVP, Doc: "Puts a copy of an extended AVP in place of another one."},
		{Name: "pvx.shvinc_get", Args: []module.Arg{class("shvinc", "name")}, Get: func(c *module.Call, a module.Args) module.Value { return named(c, a) }, Doc: "Adds one to a shared variable and returns it."},
	}
	list = append(list, plainFunctions("avp", "an AVP", true)...)
	list = append(list, plainFunctions("var", "a variable of the worker ($var)", false)...)
	list = append(list, plainFunctions("shv", "a variable that all workers share ($shv)", false)...)
	list = append(list, xavps.luaFunctions("xavp")...)
	list = append(list, xavis.luaFunctions("xavi")...)
	return append(list, xavus.luaFunctions("xavu")...)
}

// class is an argument that is the text between the parentheses of $class(…).
func class(of, name string) module.Arg {
	return module.Arg{Name: name, Type: module.ArgVar, Class: of, Doc: "the name in $" + of + "(name)"}
}

// named reads the variable of the first argument; its text is kept from being
// none by the checks of the class.
func named(c *module.Call, a module.Args) module.Value {
	if a.Var(0) == nil {
		c.Fail("KSR.pvx", a[0].Err)
		return module.Value{}
	}
	return get(c, a, 0)
}

// put assigns to the variable of the first argument.
func put(v func(a module.Args) module.Value) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		if a.Var(0) == nil {
			return c.Fail("KSR.pvx", a[0].Err)
		}
		if err := assign(c, a, 0, v(a)); err != nil {
			return c.Fail("KSR.pvx", err)
		}
		return module.True
	}
}

func second(a module.Args) module.Value { return a[1].Value }

func isNull(c *module.Call, a module.Args) module.Result { return module.Bool(named(c, a).IsNull()) }

// plainFunctions are those of $avp, $var and $shv.
func plainFunctions(kind, what string, removable bool) []module.Function {
	name := class(kind, "name")
	number, text := module.Arg{Name: "value", Type: module.ArgInt, Doc: "an integer"}, module.Arg{Name: "value", Doc: "a text"}
	list := []module.Function{
		{Name: "pvx." + kind + "_get", Args: []module.Arg{name}, Get: named, Doc: "The value of " + what + ", nil for none."},
		{Name: "pvx." + kind + "_seti", Args: []module.Arg{name, number}, Run: put(second), Doc: "Sets " + what + " to an integer."},
		{Name: "pvx." + kind + "_sets", Args: []module.Arg{name, text}, Run: put(second), Doc: "Sets " + what + " to a text."},
	}
	if !removable {
		return list
	}
	for _, n := range onNull[1:] {
		list = append(list, module.Function{Name: "pvx." + kind + "_get" + n.suffix, Args: []module.Arg{name}, Doc: "The value of " + what + ", " + n.doc + " for none.",
			Get: func(c *module.Call, a module.Args) module.Value { return or(named(c, a), n.value) }})
	}
	return append(list,
		module.Function{Name: "pvx." + kind + "_is_null", Args: []module.Arg{name}, Run: isNull, Doc: "True when there is none."})
}

// luaFunctions are those of one kind of extended AVP. A removal is true also
// when there was nothing.
func (t tree) luaFunctions(kind string) []module.Function {
	root, variable := module.Arg{Name: "rname", Doc: "name of the extended AVP"}, class(kind, "rname")
	field := module.Arg{Name: "cname", Doc: "name of its field"}
	number, text := module.Arg{Name: "value", Type: module.ArgInt, Doc: "an integer"}, module.Arg{Name: "value", Doc: "a text"}
	index := module.Arg{Name: "index", Type: module.ArgInt, Doc: "which one, 0 the newest"}
	p := "pvx." + kind + "_"
	list := []module.Function{
		{Name: p + "is_null", Args: []module.Arg{variable}, Run: isNull, Doc: "True when there is none."},
		{Name: p + "seti", Args: []module.Arg{root, number}, Run: t.addValue, Doc: "Adds an integer" + t.replacing()},
		{Name: p + "sets", Args: []module.Arg{root, text}, Run: t.addValue, Doc: "Adds a text" + t.replacing()},
		{Name: p + "rm", Args: []module.Arg{root}, Run: done(t.removeRoot), Doc: "Removes the newest one of a name."},
		{Name: p + "child_is_null", Args: []module.Arg{root, field}, Run: func(c *module.Call, a module.Args) module.Result { return module.Bool(t.field(c, a).IsNull()) }, Doc: "True when there is no such field."},
		{Name: p + "child_seti", Args: []module.Arg{root, field, number}, Run: t.setChild, Doc: "Sets a field to an integer."},
		{Name: p + "child_sets", Args: []module.Arg{root, field, text}, Run: t.setChild, Doc: "Sets a field to a text."},
		{Name: p + "child_rm", Args: []module.Arg{root, field}, Run: done(t.removeChild), Doc: "Removes a field."},
	}
	if !t.single {
		list = append(list,
			module.Function{Name: p + "rm_all", Args: []module.Arg{root}, Doc: "Removes all of a name.",
				Run: func(c *module.Call, a module.Args) module.Result { t.of(c).Clear(t.name(a.Str(0))); return module.True }},
			module.Function{Name: p + "get_keys", Args: []module.Arg{root, index}, Table: t.keys, Doc: "The names of the fields of one, nil when it has none."},
			module.Function{Name: p + "getd", Args: []module.Arg{root}, Table: t.all, Doc: "All of a name as a list of tables: each field has the list of its values."},
			module.Function{Name: p + "getd_p1", Args: []module.Arg{root, index}, Table: func(c *module.Call, a module.Args) *module.Table {
				return fieldsOf(t.of(c).At(t.name(a.Str(0)), a.Int(1, 0)))
			}, Doc: "One of a name as a table."})
	}
	for _, n := range onNull {
		list = append(list,
			module.Function{Name: p + "get" + n.suffix, Args: []module.Arg{variable}, Doc: "The value, " + n.doc + " for none.",
				Get: func(c *module.Call, a module.Args) module.Value { return or(named(c, a), n.value) }},
			module.Function{Name: p + "child_get" + n.suffix, Args: []module.Arg{root, field}, Doc: "The value of a field, " + n.doc + " for none.",
				Get: func(c *module.Call, a module.Args) module.Value { return or(t.field(c, a), n.value) }})
	}
	return list
}

func (t tree) replacing() string {
	if t.single {
		return " in place of what the name has."
	}
	return " in front of what the name has."
}

// done makes a function that is true whatever it finds.
func done(run func(c *module.Call, a module.Args) module.Result) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		run(c, a)
		return module.True
	}
}

func (t tree) addValue(c *module.Call, a module.Args) module.Result {
	in, name := t.of(c), t.name(a.Str(0))
	if t.single {
		in.Clear(name)
	}
	in.Add(c.Keep(name), avp.Item{Value: c.KeepValue(a[1].Value)})
	return module.True
}

// field reads a field.
func (t tree) field(c *module.Call, a module.Args) module.Value {
	it := t.of(c).At(t.name(a.Str(0)), 0)
	if it == nil || it.Fields == nil {
		return module.Value{}
	}
	f := it.Fields.At(t.name(a.Str(1)), 0)
	if f == nil {
		return module.Value{}
	}
	return f.Value
}

func (t tree) keys(c *module.Call, a module.Args) *module.Table {
	it := t.of(c).At(t.name(a.Str(0)), a.Int(1, 0))
	if it == nil || it.Fields == nil {
		return nil
	}
	out, seen := &module.Table{}, map[string]bool{}
	it.Fields.Each(func(name string, _ *avp.Item) bool {
		if !seen[name] {
			seen[name] = true
			out.Items = append(out.Items, avp.String(name))
		}
		return true
	})
	return out
}

func (t tree) all(c *module.Call, a module.Args) *module.Table {
	out := &module.Table{}
	for i := 0; ; i++ {
		it := t.of(c).At(t.name(a.Str(0)), i)
		if it == nil {
			break
		}
		if fields := fieldsOf(it); fields != nil {
			out.Items = append(out.Items, fields)
		} else {
			out.Items = append(out.Items, it.Value)
		}
	}
	if out.Items == nil {
		return nil
	}
	return out
}

func copyArgs() []module.Arg {
	index := func(name string) module.Arg {
		return module.Arg{Name: name, Type: module.ArgInt, Doc: "which one, 0 the newest"}
	}
	return []module.Arg{{Name: "source", Doc: "name to copy from"}, index("index"), {Name: "destination", Doc: "name of the one to replace"}, index("to")}
}

// removeOne is KSR.pvx.avp_rm.
func removeOne(c *module.Call, a module.Args) module.Result {
	if a.Var(0) == nil || named(c, a).IsNull() {
		return module.True
	}
	if err := assign(c, a, 0, module.Value{}); err != nil {
		return c.Fail("KSR.pvx.avp_rm", err)
	}
	return module.True
}

// luaXAVPToVar makes $var that no text of the script names, since Lua may
// compute names.
func luaXAVPToVar(c *module.Call, a module.Args) module.Result {
	fields := xavps.rootFields(c, a.Str(0), false)
	slots, ok := c.Gen.Program.(interface {
		VarSlot(c *module.Call, name string) int
	})
	if fields == nil || !ok {
		return c.Fail("KSR.pvx.pv_xavp_to_var", errNoXAVP)
	}
	for _, f := range oldestFirst(fields) {
		if f.item.Fields == nil {
			v := f.item.Value
			v.Str = c.Lasting(v.Str)
			c.Vars[slots.VarSlot(c, f.name)] = v
		}
	}
	return module.True
}

// fieldsOf is a table of the fields, each with the list of its values, the
// newest first.
func fieldsOf(it *avp.Item) *module.Table {
	if it == nil || it.Fields == nil {
		return nil
	}
	out, at := &module.Table{Names: []string{}}, map[string]*module.Table{}
	it.Fields.Each(func(name string, f *avp.Item) bool {
		list := at[name]
		if list == nil {
			list = &module.Table{}
			at[name] = list
			out.Names, out.Items = append(out.Names, name), append(out.Items, list)
		}
		if f.Fields != nil {
			list.Items = append(list.Items, fieldsOf(f))
		} else {
			list.Items = append(list.Items, f.Value)
		}
		return true
	})
	return out
}

func evaluateTo(c *module.Call, a module.Args) module.Result {
	if a.Var(0) == nil || a.Template(1) == nil {
		err := a[0].Err
		if err == nil {
			err = a[1].Err
		}
		return c.Fail("KSR.pvx.evalx", err)
	}
	if err := assign(c, a, 0, avp.String(a.Template(1).Eval(c))); err != nil {
		return c.Fail("KSR.pvx.evalx", err)
	}
	return module.True
}
