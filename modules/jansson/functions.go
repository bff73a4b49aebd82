// SPDX-License-Identifier: Apache-2.0

package jansson

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/json"
	"github.com/kahea-sip/kahea/core/module"
)

// assign gives a variable a value, and returns what the function does.
func assign(c *module.Call, name string, to module.Accessor, v module.Value) module.Result {
	out, ok := to.(module.Assignable)
	if !ok {
		return c.Fail(name, errAssign)
	}
	if err := out.Set(c, module.Index{}, v); err != nil {
		return c.Fail(name, err)
	}
	return module.True
}

// find returns the part of a document at a path; nil and the result where there is
// none, which is no fault, or the text is no document.
func find(c *module.Call, name string, path module.ArgValue, src string) (*json.Value, module.Result) {
	p, ok := path.Data.(json.Path)
	if !ok && path.Value.Str != "" {
		return nil, c.Fail(name, path.Err)
	}
	v, err := parse(src)
	if err != nil {
		return nil, c.Fail(name, err)
	}
	return v.At(p), module.False
}

// get is jansson_get(path, src, dst).
func get(c *module.Call, a module.Args) module.Result {
	v, result := find(c, "jansson_get", a[0], a.Str(1))
	if v == nil {
		return result
	}
	return assign(c, "jansson_get", a.Var(2), forScript(v))
}

// getField is jansson_get_field(src, field_name, dst).
func getField(c *module.Call, a module.Args) module.Result {
	v, result := find(c, "jansson_get_field", a[1], a.Str(0))
	if v == nil {
		return result
	}
	return assign(c, "jansson_get_field", a.Var(2), forScript(v))
}

// arraySize is jansson_array_size(path, src, dst).
func arraySize(c *module.Call, a module.Args) module.Result {
	v, result := find(c, "jansson_array_size", a[0], a.Str(1))
	if v == nil || v.Kind != json.Array {
		return result
	}
	return assign(c, "jansson_array_size", a.Var(2), avp.Number(int64(len(v.Items))))
}

// set is jansson_set(type, path, value, result).
func set(c *module.Call, a module.Args) module.Result {
	return change(c, "jansson_set", a, func(doc *json.Value, p json.Path, v *json.Value) bool { return doc.SetAt(p, v) })
}

// appendTo is jansson_append(type, path, value, result).
func appendTo(c *module.Call, a module.Args) module.Result {
	return change(c, "jansson_append", a, func(doc *json.Value, p json.Path, v *json.Value) bool {
		if n := len(p); n > 0 && p[n-1].Index >= 0 {
			return doc.SetAt(p, v)
		}
		at := doc.At(p)
		return at != nil && at.Add(v)
	})
}

// change changes the document of a variable; all stays where that cannot be.
func change(c *module.Call, name string, a module.Args, f func(doc *json.Value, p json.Path, v *json.Value) bool) module.Result {
	for i := range a {
		if a[i].Err != nil {
			return c.Fail(name, a[i].Err)
		}
	}
	k, _ := a[0].Data.(kind)
	p, _ := a[1].Data.(json.Path)
	v, err := newValue(k, a.Str(2))
	if err != nil {
		return c.Fail(name, err)
	}
	doc := &json.Value{Kind: json.Object}
	if was := a.Var(3).Get(c, module.Index{}); was.Kind == avp.Str {
		if doc, err = parse(was.Str); err != nil {
			return c.Fail(name, err)
		}
	}
	if !f(doc, p, v) {
		return module.False
	}
	return assign(c, name, a.Var(3), avp.String(text(doc)))
}

// decode is jansson_xdecode(json, xavp).
func decode(c *module.Call, a module.Args) module.Result {
	doc, err := parse(a.Str(0))
	if err != nil {
		return c.Fail("jansson_xdecode", err)
	}
	name := c.Lasting(a.Str(1))
	objects := doc.Items
	if doc.Kind == json.Object {
		objects = []*json.Value{doc}
	}
	for _, o := range objects {
		fields := &avp.Tree{}
		for _, m := range o.Members {
			v := forScript(m.Value)
			v.Str = strings.Clone(v.Str)
			fields.Add(strings.Clone(m.Name), avp.Item{Value: v})
		}
		c.XAVPs.Add(name, avp.Item{Fields: fields})
	}
	return module.True
}

// encode is jansson_xencode(xavp, pv). The blanks are Kamailio's.
func encode(c *module.Call, a module.Args) module.Result {
	item := c.XAVPs.At(a.Str(0), 0)
	if item == nil || item.Fields == nil {
		return module.False
	}
	b := []byte{'{'}
	item.Fields.Each(func(name string, it *avp.Item) bool {
		if it.Fields != nil {
			return true
		}
		if len(b) > 1 {
			b = append(b, ", "...)
		}
		b = append(json.AppendString(b, name, false), ": "...)
		switch {
		case it.Value.IsNull():
			b = append(b, "null"...)
		case it.Value.Kind == avp.Str:
			b = json.AppendString(b, it.Value.Str, false)
		default:
			b = avp.Number(it.Value.Int).AppendText(b)
		}
		return true
	})
	return assign(c, "jansson_xencode", a.Var(1), avp.String(string(append(b, '}'))))
}
