// SPDX-License-Identifier: Apache-2.0

package check

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
)

// knownText lists what the modules of the reference have, one entry per line:
// module, kind (function, param, pv, rpc), name.
//
//go:embed known.tsv
var knownText string

// known is that list, for advice.
type known struct {
	functions map[string][]string // name -> modules
	variables map[string][]string
	params    map[string][]string // module -> parameters
	modules   []string
}

// knownNames reads the list once: only a configuration with errors asks.
var knownNames = sync.OnceValue(func() *known {
	k := &known{map[string][]string{}, map[string][]string{}, map[string][]string{}, nil}
	for line := range strings.Lines(knownText) {
		module, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		kind, name, _ := strings.Cut(rest, "\t")
		switch kind {
		case "function":
			k.functions[name] = append(k.functions[name], module)
		case "pv":
			name = strings.TrimPrefix(name, "$")
			k.variables[name] = append(k.variables[name], module)
		case "param":
			k.params[module] = append(k.params[module], name)
		}
		if n := len(k.modules); n == 0 || k.modules[n-1] != module {
			k.modules = append(k.modules, module)
		}
	}
	return k
})

// hasModule tells whether the reference has a module of that name.
func (k *known) hasModule(name string) bool {
	_, ok := slices.BinarySearch(k.modules, name)
	return ok
}

// Name is one thing that a module of the reference has.
type Name struct {
	Module string
	// Kind is function, param, pv or rpc.
	Kind string
	Name string
}

// Reference lists what the modules of the reference have, for the table of
// what is missing.
func Reference() []Name {
	var out []Name
	for line := range strings.Lines(knownText) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) == 3 {
			out = append(out, Name{f[0], f[1], f[2]})
		}
	}
	return out
}
