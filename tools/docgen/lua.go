// SPDX-License-Identifier: Apache-2.0

package main

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/core"
	"github.com/kahea-sip/kahea/script/lua"
)

// kemiText lists the functions that Lua scripts of the reference have: module,
// name in KSR, types of arguments and result. It is what its app_lua.api_list
// prints, and for modules that were not loaded then what their documentation
// says.
//
//go:embed kemi.tsv
var kemiText string

// kemi are the functions of that list, by module.
func kemi() map[string]map[string]string {
	all := map[string]map[string]string{}
	for line := range strings.Lines(kemiText) {
		f := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if all[f[0]] == nil {
			all[f[0]] = map[string]string{}
		}
		all[f[0]][f[1]] = f[2]
	}
	return all
}

// luaForms are the functions that scripts have of a module, by name in KSR.
func luaForms(name string, e module.Exports) map[string]luaForm {
	all := map[string]luaForm{}
	table := name
	if name == "core" {
		table = ""
		for _, f := range lua.Controls() {
			all[f.Form.Path()] = luaForm{f.Form, f.Doc}
		}
	}
	for _, list := range [][]module.Function{e.Lua, e.Functions} {
		if name == "core" {
			list = e.Lua
		}
		for i := range list {
			forms, err := list[i].Forms(table)
			if err != nil {
				panic(err) // a test of the table finds it first
			}
			for _, f := range forms {
				if _, ok := all[f.Path()]; !ok {
					all[f.Path()] = luaForm{f, list[i].Doc}
				}
			}
		}
	}
	return all
}

type luaForm struct {
	module.Form
	doc string
}

// missingInLua lists what the reference's module has in Lua and ours has not.
func missingInLua(name string, e module.Exports) []string {
	have := luaForms(name, e)
	var out []string
	for n := range kemi()[name] {
		if _, ok := have[n]; !ok {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}

// luaReference is the generated part of docs/lua.md: all functions of KSR.
func luaReference() string {
	var b strings.Builder
	section := func(name string, e module.Exports) {
		forms := luaForms(name, e)
		if len(forms) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n### %s\n\n| function | returns | what it does |\n|---|---|---|\n", name)
		names := make([]string, 0, len(forms))
		for n := range forms {
			names = append(names, n)
		}
		slices.Sort(names)
		for _, n := range names {
			f := forms[n]
			types := make([]string, len(f.Args))
			for i, t := range f.Args {
				types[i] = t.String()
			}
			fmt.Fprintf(&b, "| `KSR.%s(%s)` | %s | %s |\n", n, strings.Join(types, ", "), f.Result, f.doc)
		}
	}
	section("core", core.Exports(core.Options{}))
	for _, name := range module.Names() {
		section(name, module.Lookup(name)().Exports())
	}
	b.WriteString("\n")
	return b.String()
}
