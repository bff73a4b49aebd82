// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// functions are those that $xavp and $xavi share.
func (t tree) functions(prefix string, root, field module.Arg) []module.Function {
	number := module.Arg{Name: "ival", Type: module.ArgInt, Doc: "the number"}
	text := module.Arg{Name: "sval", Doc: "the text"}
	return []module.Function{
		{Name: "pv_" + prefix + "_print", Run: printTree(prefix, t), Doc: "Logs all $" + prefix + "."},
		{Name: prefix + "_child_seti", Args: []module.Arg{root, field, number}, Run: t.setChild, Doc: "Sets a field to a number."},
		{Name: prefix + "_child_sets", Args: []module.Arg{root, field, text}, Run: t.setChild, Doc: "Sets a field to a text."},
		{Name: prefix + "_rm", Args: []module.Arg{root}, Run: t.removeRoot, Doc: "Removes the newest one of a name."},
		{Name: prefix + "_rm_all", Args: []module.Arg{root}, Lua: "-", Run: t.removeAll, Doc: "Removes all of a name."},
		{Name: prefix + "_child_rm", Args: []module.Arg{root, field}, Run: t.removeChild, Doc: "Removes a field."},
	}
}

func (t tree) name(s string) string {
	if t.fold {
		return strings.ToLower(s)
	}
	return s
}

// rootFields are the fields of the newest element of a name, for changes;
// with create a new element where there is none.
func (t tree) rootFields(c *module.Call, name string, create bool) *avp.Tree {
	in := t.of(c)
	if it := in.At(name, 0); it != nil && it.Fields != nil {
		return it.Own()
	}
	if !create {
		return nil
	}
	fields := new(avp.Tree)
	in.Add(c.Keep(name), avp.Item{Fields: fields})
	return fields
}

func (t tree) setChild(c *module.Call, a module.Args) module.Result {
	fields := t.rootFields(c, t.name(a.Str(0)), true)
	field := t.name(a.Str(1))
	item := avp.Item{Value: c.KeepValue(a[2].Value)}
	if it := fields.At(field, 0); it != nil {
		*it = item
		return module.True
	}
	fields.Add(c.Keep(field), item)
	return module.True
}

func (t tree) removeRoot(c *module.Call, a module.Args) module.Result {
	return module.Bool(t.of(c).Remove(t.name(a.Str(0)), 0))
}

func (t tree) removeAll(c *module.Call, a module.Args) module.Result {
	return module.Bool(t.of(c).Clear(t.name(a.Str(0))) > 0)
}

func (t tree) removeChild(c *module.Call, a module.Args) module.Result {
	fields := t.rootFields(c, t.name(a.Str(0)), false)
	return module.Bool(fields != nil && fields.Remove(t.name(a.Str(1)), 0))
}

// printTree logs a store, one line for each value.
func printTree(name string, t tree) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, _ module.Args) module.Result {
		c.Log().Info("+++++ start " + name + " content")
		logTree(c, name, t.of(c), 0)
		c.Log().Info("----- end " + name + " content")
		return module.True
	}
}

func logTree(c *module.Call, kind string, t *avp.Tree, depth int) {
	indent := strings.Repeat("     ", depth)
	t.Each(func(name string, it *avp.Item) bool {
		if it.Fields != nil {
			c.Log().Info(indent + "*** " + kind + " name: " + name)
			logTree(c, kind, it.Fields, depth+1)
			return true
		}
		c.Log().Info(indent+"*** "+kind+" name: "+name, "value", string(it.Value.AppendText(nil)))
		return true
	})
}

var errNoXAVP = errors.New("there is no extended AVP with this name and index")

// copyItem copies an item with its fields: the copy shares nothing.
func copyItem(it *avp.Item) avp.Item {
	out := avp.Item{Value: it.Value}
	if it.Fields != nil {
		out.Fields = new(avp.Tree)
		for _, f := range oldestFirst(it.Fields) {
			out.Fields.Add(f.name, copyItem(f.item))
		}
	}
	return out
}

type entry struct {
	name string
	item *avp.Item
}

// oldestFirst lists a tree in the order in which it was filled.
func oldestFirst(t *avp.Tree) []entry {
	list := make([]entry, t.Len())
	i := t.Len()
	t.Each(func(name string, it *avp.Item) bool {
		i--
		list[i] = entry{name, it}
		return true
	})
	return list
}

func copyXAVP(c *module.Call, a module.Args) module.Result {
	it := c.XAVPs.At(a.Str(0), a.Int(1, 0))
	if it == nil {
		return c.Fail("xavp_copy", errNoXAVP)
	}
	item := copyItem(it)
	if !a[3].Given {
		c.XAVPs.Add(c.Keep(a.Str(2)), item)
		return module.True
	}
	to := c.XAVPs.At(a.Str(2), a.Int(3, 0))
	if to == nil {
		return c.Fail("xavp_copy", errNoXAVP)
	}
	*to = item
	return module.True
}

// explodeParams stores name=value pairs. With sepArg the separator is that
// argument and the name of the root the next one.
func explodeParams(t tree, sepArg int) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		sep := byte(';')
		if sepArg > 0 && a.Str(sepArg) != "" {
			sep = a.Str(sepArg)[0]
		}
		root := a.Str(sepArg + 1)
		fields := new(avp.Tree)
		text := a.Str(0)
		for i := range countParams(text, sep) {
			p, _ := findParam(text, sep, func(_ string, at int) bool { return at == i })
			fields.Add(c.Keep(p.Name), avp.Item{Value: avp.String(c.Keep(p.Value))})
		}
		if fields.Len() == 0 {
			return c.Fail("params_explode", errors.New("there are no parameters"))
		}
		if t.single {
			t.of(c).Clear(root)
		}
		t.of(c).Add(c.Keep(root), avp.Item{Fields: fields})
		return module.True
	}
}

// implode joins the fields as parameters; quote stands around each value.
func implode(t tree, quote string) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		fields := t.rootFields(c, a.Str(0), false)
		if fields == nil {
			return module.False
		}
		v := build(c, func(b []byte) []byte {
			for _, f := range oldestFirst(fields) {
				if f.item.Fields != nil {
					continue
				}
				b = append(b, f.name...)
				if v := f.item.Value; v.Kind != avp.Str || v.Str != "" {
					b = append(v.AppendText(append(append(b, '='), quote...)), quote...)
				}
				b = append(b, ';')
			}
			return b
		})
		if err := assign(c, a, 1, v); err != nil {
			return c.Fail("params_implode", err)
		}
		return module.True
	}
}

// explodeList splits at any of the separators; empty parts are left out. The
// first part gets index 0.
func explodeList(c *module.Call, a module.Args) module.Result {
	parts := strings.FieldsFunc(a.Str(0), func(r rune) bool { return strings.ContainsRune(a.Str(1), r) })
	trim := strings.Contains(a.Str(2), "t")
	fields := new(avp.Tree)
	for i := len(parts) - 1; i >= 0; i-- {
		s := parts[i]
		if trim {
			s = strings.TrimSpace(s)
		}
		if s != "" {
			fields.Add("v", avp.Item{Value: avp.String(c.Keep(s))})
		}
	}
	if fields.Len() == 0 {
		return c.Fail("xavp_slist_explode", errors.New("the list is empty"))
	}
	c.XAVPs.Add(c.Keep(a.Str(3)), avp.Item{Fields: fields})
	return module.True
}

// varNames are the names of the $var slots of the running program.
type varNames interface{ VarNames() []string }

func namesOf(c *module.Call) []string {
	if p, ok := c.Gen.Program.(varNames); ok {
		return p.VarNames()
	}
	return nil
}

func varToXAVP(c *module.Call, a module.Args) module.Result {
	want, root := a.Str(0), a.Str(1)
	fields := new(avp.Tree)
	for i, name := range namesOf(c) {
		if i >= len(c.Vars) || strings.HasPrefix(name, "vn:") || want != "*" && want != name || c.Vars[i].IsNull() {
			continue
		}
		fields.Add(name, avp.Item{Value: c.KeepValue(c.Vars[i])})
	}
	if fields.Len() == 0 {
		return c.Fail("pv_var_to_xavp", errors.New("there is no $var("+strconv.Quote(want)+")"))
	}
	c.XAVPs.Remove(root, 0)
	c.XAVPs.Add(c.Keep(root), avp.Item{Fields: fields})
	return module.True
}

func xavpToVar(c *module.Call, a module.Args) module.Result {
	fields := xavps.rootFields(c, a.Str(0), false)
	if fields == nil {
		return c.Fail("pv_xavp_to_var", errNoXAVP)
	}
	for i, name := range namesOf(c) {
		if it := fields.At(name, 0); it != nil && it.Fields == nil && i < len(c.Vars) {
			v := it.Value
			v.Str = c.Lasting(v.Str)
			c.Vars[i] = v
		}
	}
	return module.True
}
