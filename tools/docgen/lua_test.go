// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/core"
)

// A function of the reference that Lua does not have here is named in
// docs/compatibility.md, in the row of its module; the core lacks none.
func TestFunctionsOfLuaAreAllThereOrNamed(t *testing.T) {
	if m := missingInLua("core", core.Exports(core.Options{})); len(m) > 0 {
		t.Errorf("KSR lacks %q", m)
	}
	text, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range module.Names() {
		row := ""
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "| ["+name+"](") {
				row = line
			}
		}
		for _, f := range missingInLua(name, module.Lookup(name)().Exports()) {
			if !strings.Contains(row, "`"+f+"`") {
				t.Errorf("KSR.%s is missing and not in docs/compatibility.md: make docs", f)
			}
		}
	}
}

// What the tables say of Lua can be read, and no function is there twice with
// different arguments.
func TestFormsOfAllModules(t *testing.T) {
	lists := map[string]module.Exports{"core": core.Exports(core.Options{})}
	for _, name := range module.Names() {
		lists[name] = module.Lookup(name)().Exports()
	}
	for name, e := range lists {
		seen := map[string]string{}
		for _, list := range [][]module.Function{e.Lua, e.Functions} {
			if name == "core" {
				list = e.Lua
			}
			for i := range list {
				forms, err := list[i].Forms(name)
				if err != nil {
					t.Errorf("module %s: %v", name, err)
				}
				for _, f := range forms {
					seen[f.Path()] = f.String()
				}
			}
		}
		for path, form := range seen {
			if want, ok := kemi()[name][path]; ok && !strings.HasSuffix(form, ") "+resultOf(want)) {
				t.Errorf("%s returns %s in the reference", form, resultOf(want))
			}
		}
	}
}

func resultOf(signature string) string { return signature[strings.LastIndexByte(signature, ' ')+1:] }
