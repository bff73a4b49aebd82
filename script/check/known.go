// SPDX-License-Identifier: Apache-2.0

package check

import (
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kahea-sip/kahea/core/module"
)

// knownText lists what the modules of the reference have, one entry per line:
// module, kind (function, param, pv, rpc, or module for one of which nothing
// more is known) and name. A function has further the numbers of arguments
// that it takes ("*" for any) and the letters of the routes it may stand in
// (see routeLetters), a parameter its type: int, string or both.
//
//go:embed known.tsv
var knownText string

// known is that list, for advice and for what kahea does not have.
type known struct {
	functions map[string][]knownFunction
	variables map[string][]string             // name -> modules
	params    map[string]map[string]knownType // module -> parameters
	modules   []string
}

// knownFunction is a function of the reference.
type knownFunction struct {
	module string
	arity  []int // nil for any
	routes module.RouteKind
}

// knownType is what a parameter of the reference takes.
type knownType uint8

const (
	knownInt knownType = 1 << iota
	knownString
)

// routeLetters are the kinds of routes in the list.
var routeLetters = map[byte]module.RouteKind{
	'A': module.AnyRoute, 'R': module.RequestRoute, 'F': module.FailureRoute, 'B': module.BranchRoute,
	'O': module.ReplyRoute | module.CoreReplyRoute, 'T': module.ReplyRoute, 'C': module.CoreReplyRoute,
	'L': module.LocalRoute, 'E': module.EventRoute, 'S': module.OnSendRoute, 'X': module.BranchFailureRoute,
}

// knownTransformations are the classes of transformations that are not of
// module pv.
var knownTransformations = map[string]string{"json": "json", "url": "xhttp", "msrpuri": "msrp"}

// knownNames reads the list once: only a configuration with errors, or with
// modules that kahea does not have, asks.
var knownNames = sync.OnceValue(func() *known {
	k := &known{map[string][]knownFunction{}, map[string][]string{}, map[string]map[string]knownType{}, nil}
	for line := range strings.Lines(knownText) {
		f := append(strings.Split(strings.TrimSuffix(line, "\n"), "\t"), "", "")
		owner, name := f[0], f[2]
		switch f[1] {
		case "function":
			k.functions[name] = append(k.functions[name], knownFunction{owner, readArity(f[3]), readRoutes(f[4])})
		case "pv":
			name = strings.TrimPrefix(name, "$")
			k.variables[name] = append(k.variables[name], owner)
		case "param":
			if k.params[owner] == nil {
				k.params[owner] = map[string]knownType{}
			}
			k.params[owner][name] = readType(f[3])
		}
		if n := len(k.modules); n == 0 || k.modules[n-1] != owner {
			k.modules = append(k.modules, owner)
		}
	}
	return k
})

// OfReference tells whether the reference has a module, which kahea need not have.
func OfReference(name string) bool { return knownNames().hasModule(name) }

func readArity(text string) []int {
	var all []int
	for _, w := range strings.Split(text, ",") {
		n, err := strconv.Atoi(w)
		if err != nil {
			return nil
		}
		all = append(all, n)
	}
	return all
}

func readRoutes(letters string) module.RouteKind {
	var set module.RouteKind
	for i := range len(letters) {
		set |= routeLetters[letters[i]]
	}
	return set
}

func readType(text string) knownType {
	var t knownType
	if strings.Contains(text, "int") {
		t |= knownInt
	}
	if strings.Contains(text, "string") {
		t |= knownString
	}
	if t == 0 {
		return knownInt | knownString
	}
	return t
}

// owners are the modules that have a function.
func (k *known) owners(function string) []string {
	var all []string
	for _, f := range k.functions[function] {
		all = append(all, f.module)
	}
	return all
}

// hasModule tells whether the reference has a module of that name.
func (k *known) hasModule(name string) bool {
	_, ok := slices.BinarySearch(k.modules, name)
	return ok && name != "core"
}

// Name is one thing that a module of the reference has.
type Name struct {
	Module string
	// Kind is function, param, pv, rpc or module.
	Kind string
	Name string
}

// Reference lists what the modules of the reference have, for the table of
// what is missing.
func Reference() []Name {
	var out []Name
	for line := range strings.Lines(knownText) {
		if f := strings.Split(strings.TrimSuffix(line, "\n"), "\t"); len(f) >= 3 {
			out = append(out, Name{f[0], f[1], f[2]})
		}
	}
	return out
}
