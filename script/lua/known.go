// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"slices"
	"strings"
	"sync"

	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/check"
)

// known is what KSR has: how many arguments each function takes, -1 for any
// number, and the names of the tables.
type known struct {
	forms  map[string]int
	tables map[string]bool
}

func newKnown(coreExports module.Exports, modules []Loaded) *known {
	k := &known{map[string]int{}, map[string]bool{"hdr": true, "x": true}}
	k.add("", coreExports.Lua)
	for _, m := range modules {
		k.tables[m.Name] = true
		k.add(m.Name, m.Exports.Lua, m.Exports.Functions)
	}
	for _, c := range controls {
		k.forms[c.Form.Path()] = len(c.Form.Args)
	}
	k.forms["x.modf"] = -1
	return k
}

// add enters functions of a table; the first of a name counts.
func (k *known) add(in string, lists ...[]module.Function) {
	for _, list := range lists {
		for i := range list {
			all, err := list[i].Forms(in)
			if err != nil {
				continue // Attach says so
			}
			for _, f := range all {
				k.tables[f.Table] = true
				if _, ok := k.forms[f.Path()]; !ok {
					k.forms[f.Path()] = len(f.Args)
				}
			}
		}
	}
}

// servers tells for each table of KSR which module serves it: kemix has kx.
var servers = sync.OnceValue(func() map[string]string {
	tables := map[string]string{}
	for _, name := range module.Names() {
		tables[name] = name
	}
	for _, name := range module.Names() {
		e := module.Lookup(name)().Exports()
		k := known{forms: map[string]int{}, tables: map[string]bool{}}
		k.add(name, e.Lua, e.Functions)
		for _, t := range keys(k.tables) {
			if _, there := tables[t]; !there && t != "" {
				tables[t] = name
			}
		}
	}
	return tables
})

// missing says what is not there of a path that KSR does not have, and what may
// have been meant; unloaded tells that it belongs to a module that is not loaded.
func (k *known) missing(path string) (message, advice string, unloaded bool) {
	table, name, inTable := strings.Cut(path, ".")
	if !inTable {
		table, name = "", table
	}
	if table != "" && !k.tables[table] {
		if owner := servers()[table]; owner != "" {
			return "KSR." + path + " is not there: the module " + owner + " is not loaded", `add loadmodule "` + owner + `.so"`, true
		}
		if check.OfReference(table) {
			return "KSR." + path + " is not there: the module " + table + " is not in kahea yet", "", true
		}
		return "KSR." + table + " is not there", source.DidYouMean(table, slices.Concat(keys(k.tables), keys(servers()))), false
	}
	var near []string
	for f := range k.forms {
		if in, f, ok := strings.Cut(f, "."); ok && in == table {
			near = append(near, f)
		} else if !ok && table == "" {
			near = append(near, in)
		}
	}
	slices.Sort(near)
	return "KSR." + path + " is not there", source.DidYouMean(name, near), false
}

func keys[V any](m map[string]V) []string {
	list := make([]string, 0, len(m))
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}
