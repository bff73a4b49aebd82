// SPDX-License-Identifier: Apache-2.0

package module

import (
	"fmt"
	"strings"
)

// LuaType is the type of an argument or result of a function in Lua, as the
// KEMI interface of Kamailio names it.
type LuaType uint8

// The types. A string that stands for an integer counts as one and the
// reverse, as everywhere in Lua.
const (
	LuaInt LuaType = iota
	LuaStr
	// LuaFmt is a string in which variables are replaced, as in the native
	// language; KEMI calls it str.
	LuaFmt
	// LuaBool, LuaNone and LuaValue are types of results: true or false;
	// nothing of use; a string, an integer or nil.
	LuaBool
	LuaNone
	LuaValue
)

var luaTypes = map[string]LuaType{"int": LuaInt, "str": LuaStr, "fmt": LuaFmt, "bool": LuaBool, "none": LuaNone, "xval": LuaValue}

// String returns the name that KEMI has for the type.
func (t LuaType) String() string {
	return [...]string{LuaInt: "int", LuaStr: "str", LuaFmt: "str", LuaBool: "bool", LuaNone: "none", LuaValue: "xval"}[t]
}

// Table is a table that a function returns to Lua.
type Table struct {
	// Names are the keys, one for each of Items; nil makes it a list.
	Names []string
	// Items are of type Value or *Table.
	Items []any
}

// Form is one function as Lua has it.
type Form struct {
	// Table is the table of KSR that holds it; empty for KSR itself.
	Table string
	Name  string
	// Args are the types of its arguments: those of the Function from the
	// first on.
	Args   []LuaType
	Result LuaType
}

// Path is where KSR has it: "textops.search_hf".
func (f Form) Path() string {
	if f.Table == "" {
		return f.Name
	}
	return f.Table + "." + f.Name
}

// String returns the form as KEMI writes it: "textops.search_hf(str,str,str) int".
func (f Form) String() string {
	var b strings.Builder
	b.WriteString(f.Path() + "(")
	for i, a := range f.Args {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(a.String())
	}
	return b.String() + ") " + f.Result.String()
}

// Forms returns how Lua has the function, whose module's table is given. The
// text of Lua is a list of forms, divided by semicolons: a name, a list of
// argument types in parentheses and the type of the result,
//
//	"record_route; record_route_params(str)"
//
// Where the parentheses are left out the form takes the arguments that are not
// optional; the result is int, or xval for a function with Get.
func (f *Function) Forms(table string) ([]Form, error) {
	if f.Lua == "-" {
		return nil, nil
	}
	text := f.Lua
	if text == "" {
		text = f.Name
	}
	var forms []Form
	for _, one := range strings.Split(text, ";") {
		form, err := f.form(strings.TrimSpace(one), table)
		if err != nil {
			return nil, fmt.Errorf("function %s: form %q: %w", f.Name, one, err)
		}
		forms = append(forms, form)
	}
	return forms, nil
}

func (f *Function) form(text, table string) (Form, error) {
	form := Form{Table: table, Result: LuaInt}
	if f.Get != nil || f.Table != nil {
		form.Result = LuaValue
	}
	head, rest := text, ""
	if i := strings.IndexAny(text, "( "); i >= 0 {
		head, rest = text[:i], text[i:]
	}
	if form.Name = head; strings.Contains(head, ".") {
		form.Table, form.Name, _ = strings.Cut(head, ".")
	}
	if form.Name == "" {
		return form, fmt.Errorf("there is no name")
	}
	if list, ok := strings.CutPrefix(rest, "("); ok {
		list, rest, ok = strings.Cut(list, ")")
		if !ok {
			return form, fmt.Errorf("there is no closing parenthesis")
		}
		for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' }) {
			t, known := luaTypes[word]
			if !known || t > LuaFmt {
				return form, fmt.Errorf("%q is no type of an argument", word)
			}
			form.Args = append(form.Args, t)
		}
	} else {
		form.Args = f.required()
	}
	if word := strings.TrimSpace(rest); word != "" {
		t, known := luaTypes[word]
		if !known || t == LuaStr || t == LuaFmt {
			return form, fmt.Errorf("%q is no type of a result", word)
		}
		form.Result = t
	}
	if len(form.Args) > len(f.Args) {
		return form, fmt.Errorf("it has %d arguments, the function %d", len(form.Args), len(f.Args))
	}
	return form, nil
}

// required are the types of the arguments that must be given.
func (f *Function) required() []LuaType {
	var types []LuaType
	for _, a := range f.Args {
		switch {
		case a.Optional:
			return types
		case a.Type == ArgInt:
			types = append(types, LuaInt)
		default:
			types = append(types, LuaStr)
		}
	}
	return types
}
