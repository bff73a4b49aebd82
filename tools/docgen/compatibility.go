// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/check"
	"github.com/kahea-sip/kahea/script/core"
)

// notForScripts are exports of the reference by which its modules call each
// other: no configuration can use them.
func notForScripts(module, name string) bool {
	return strings.HasPrefix(module, "db_") && strings.HasPrefix(name, "db_") || strings.HasPrefix(name, "bind_") || strings.HasPrefix(name, "load_") || strings.HasSuffix(name, "_api")
}

// missing lists what the reference's module has and ours has not, by kind.
func missing(name string, e module.Exports) map[string][]string {
	have := map[string]bool{}
	for _, f := range core.Exports(core.Options{}).Functions {
		have["function "+f.Name] = true // whatever module has it there
	}
	for _, p := range e.Params {
		have["param "+p.Name] = true
	}
	for _, f := range e.Functions {
		have["function "+f.Name] = true
	}
	for _, v := range e.Variables {
		have["pv $"+v.Name] = true
	}
	for _, c := range e.RPC {
		have["rpc "+c.Name] = true
	}
	out := map[string][]string{}
	for _, n := range check.Reference() {
		if n.Module == name && !have[n.Kind+" "+n.Name] && !notForScripts(n.Module, n.Name) {
			out[n.Kind] = append(out[n.Kind], n.Name)
		}
	}
	return out
}

// compatibility renders the table of the modules: those that ship with what
// they lack, and the names of those that are not there yet.
func compatibility() string {
	var b strings.Builder
	b.WriteString("\n| module | missing functions | missing parameters | missing variables | missing commands | missing in Lua |\n|---|---|---|---|---|---|\n")
	shipped := module.Names()
	for _, name := range shipped {
		e := module.Lookup(name)().Exports()
		m := missing(name, e)
		fmt.Fprintf(&b, "| [%s](../modules/%s/README.md) | %s | %s | %s | %s | %s |\n", name, name, list(m["function"]), list(m["param"]), list(m["pv"]), list(m["rpc"]), list(missingInLua(name, e)))
	}
	var absent []string
	for _, n := range check.Reference() {
		if n.Module != "core" && !slices.Contains(shipped, n.Module) && !slices.Contains(absent, n.Module) {
			absent = append(absent, n.Module)
		}
	}
	fmt.Fprintf(&b, "\nNot there yet, and refused by name at start (%d modules): %s.\n", len(absent), strings.Join(absent, ", "))
	return b.String()
}

func list(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return "`" + strings.Join(names, "` `") + "`"
}
