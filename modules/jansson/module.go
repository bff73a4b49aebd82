// SPDX-License-Identifier: Apache-2.0

// Package jansson reads and makes JSON documents.
package jansson

import (
	"errors"

	"github.com/kahea-sip/kahea/core/json"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("jansson", func() module.Module { return Jansson{} }) }

// Jansson is the module.
type Jansson struct{}

// Exports implements module.Module.
func (Jansson) Exports() module.Exports {
	path := module.Arg{Name: "path", Compile: compilePath, Doc: "where: foo.bar[0].baz; empty for the whole"}
	src := module.Arg{Name: "src", Doc: "JSON object or array"}
	dst := module.Arg{Name: "dst", Type: module.ArgVar, Doc: "variable for the result"}
	kind := module.Arg{Name: "type", Compile: compileType, Doc: "integer, real, string, object, array, true, false or null; int, str and obj for short"}
	value := module.Arg{Name: "value", Doc: "value; it does not matter for true, false and null"}
	doc := module.Arg{Name: "result", Type: module.ArgVar, Doc: "variable with the document, which gets the changed one"}
	xavp := module.Arg{Name: "xavp", Doc: "name of an XAVP"}
	const any = module.AnyRoute
	return module.Exports{
		Doc: "Reads values of JSON documents, and makes and changes documents.",
		Functions: []module.Function{
			{Name: "jansson_get", Lua: "get(str,str,str)", Args: []module.Arg{path, src, dst}, Routes: any, Run: get, Doc: "Gives the value at a path: text, a number, null, 1 and 0 for true and false, JSON for an object or array. False, and the variable stays, where there is none or src is no JSON."},
			{Name: "jansson_get_field", Lua: "-", Args: []module.Arg{src, {Name: "field_name", Compile: compilePath, Doc: "path"}, dst}, Routes: any, Run: getField, Doc: "jansson_get with its arguments in another order."},
			{Name: "jansson_set", Lua: "-", Args: []module.Arg{kind, path, value, doc}, Routes: any, Run: set, Doc: "Puts a value at a path; objects on the way are made. A variable that is null becomes a new object."},
			{Name: "jansson_append", Lua: "-", Args: []module.Arg{kind, path, value, doc}, Routes: any, Run: appendTo, Doc: "Appends a value to the array at a path, or the members of an object to the object there. A path that ends with an index is set."},
			{Name: "jansson_array_size", Lua: "-", Args: []module.Arg{path, src, dst}, Routes: any, Run: arraySize, Doc: "Gives the number of items of the array at a path. False where there is none."},
			{Name: "jansson_xdecode", Lua: "-", Args: []module.Arg{{Name: "json", Doc: "JSON object, or array of objects"}, xavp}, Routes: any, Run: decode, Doc: "Adds an item to an XAVP for each object, the last one first; objects and arrays in them become JSON."},
			{Name: "jansson_xencode", Lua: "-", Args: []module.Arg{xavp, {Name: "pv", Type: module.ArgVar, Doc: "variable for the object"}}, Routes: any, Run: encode, Doc: "Gives the newest item of an XAVP as a JSON object. False where there is none."},
		},
	}
}

var (
	errAssign = errors.New("the variable cannot be assigned to")
	errType   = errors.New("a type is integer, real, string, object, array, true, false or null")
)

func compilePath(text string) (any, error) {
	p, err := json.ParsePath(text)
	if err != nil {
		return nil, err
	}
	return p, nil
}

// kindOf are the types by their names.
var kindOf = map[string]kind{"string": ofString, "str": ofString, "integer": ofInteger, "int": ofInteger, "real": ofReal,
	"object": ofObject, "obj": ofObject, "array": ofArray, "true": ofTrue, "false": ofFalse, "null": ofNull}

func compileType(text string) (any, error) {
	if k, ok := kindOf[text]; ok {
		return k, nil
	}
	return nil, errType
}
