// SPDX-License-Identifier: Apache-2.0

// Package json reads members of JSON objects.
package json

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/json"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("json", func() module.Module { return JSON{} }) }

// JSON is the module.
type JSON struct{}

// Exports implements module.Module.
func (JSON) Exports() module.Exports {
	args := []module.Arg{{Name: "json_string", Doc: "JSON object; single quotes will do"}, {Name: "field_name", Doc: "name of the member"}, {Name: "destination", Type: module.ArgVar, Doc: "variable for the result"}}
	return module.Exports{
		Doc: "Reads members of JSON objects.",
		Functions: []module.Function{
			{Name: "json_get_field", Lua: "-", Args: args, Routes: module.AnyRoute, Run: get("json_get_field", false), Doc: "Gives a member as JSON: a text with its quotes. False, and the variable stays, where there is none, it is null, or the text is no object."},
			{Name: "json_get_string", Lua: "-", Args: args, Routes: module.AnyRoute, Run: get("json_get_string", true), Doc: "The same, but a text without its quotes."},
		},
		Transformations: []module.Transformation{
			{Class: "json", Name: "parse", Args: []module.Arg{{Name: "field"}}, Run: parse, Doc: "a member of a JSON object, a text without its quotes; empty where there is none"},
		},
	}
}

var (
	errObject = errors.New("the text is no JSON object")
	errAssign = errors.New("the variable cannot be assigned to")
)

// style is that of json-c.
var style = json.Style{Blank: " ", EscapeSlash: true}

// member returns a member of an object as a text; false where there is none, or it
// is null.
func member(object, name string, bare bool) (string, bool, error) {
	doc, err := json.Parse(object, json.Lax)
	if err != nil || doc.Kind != json.Object {
		return "", false, errObject
	}
	v := doc.Member(name)
	switch {
	case v == nil || v.Kind == json.Null:
		return "", false, nil
	case bare && v.Kind == json.String:
		return v.Text, true, nil
	}
	return string(v.Append(nil, &style)), true, nil
}

// get is json_get_field and json_get_string(json_string, field_name, destination).
func get(function string, bare bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		text, ok, err := member(a.Str(0), a.Str(1), bare)
		if err != nil {
			return c.Fail(function, err)
		}
		if !ok {
			return module.False
		}
		out, ok := a.Var(2).(module.Assignable)
		if !ok {
			return c.Fail(function, errAssign)
		}
		if err := out.Set(c, module.Index{}, avp.String(text)); err != nil {
			return c.Fail(function, err)
		}
		return module.True
	}
}

// parse is {json.parse,field}.
func parse(_ *module.Call, v module.Value, a module.Args) module.Value {
	text, _, _ := member(v.Str, a.Str(0), true)
	return avp.String(text)
}
