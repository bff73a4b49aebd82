// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

// wider are the functions that may stand in more kinds of routes than in the
// reference: what they do has a meaning there too.
var wider = []string{
	"dialog.unset_dlg_profile", "textops.regex_substring", "tm.t_check_trans", "tm.t_on_branch", "tm.t_check_status", "tm.t_branch_timeout",
	"tm.t_branch_replied", "tm.t_next_contact_flow", "tmx.t_reuse_branch",
}

// routeLetters are the kinds of routes in the record.
var routeLetters = map[rune]module.RouteKind{
	'A': module.AnyRoute, 'R': module.RequestRoute, 'F': module.FailureRoute, 'B': module.BranchRoute,
	'O': module.ReplyRoute | module.CoreReplyRoute, 'T': module.ReplyRoute, 'C': module.CoreReplyRoute,
	'L': module.LocalRoute, 'E': module.EventRoute, 'S': module.OnSendRoute, 'X': module.BranchFailureRoute,
}

// function is one of the record: the numbers of arguments that it takes, and
// where it may stand.
type function struct {
	arity  string // "0,2"
	routes module.RouteKind
}

// reference reads the record of the functions of the reference, by module and
// name.
func reference(t *testing.T) map[string]function {
	text, err := os.ReadFile("../../script/check/known.tsv")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]function{}
	for line := range strings.Lines(string(text)) {
		f := strings.Split(strings.TrimSuffix(line, "\n")+"\t\t", "\t")
		if f[1] != "function" {
			continue
		}
		r := function{arity: f[3]}
		for _, letter := range f[4] {
			r.routes |= routeLetters[letter]
		}
		all[f[0]+"."+f[2]] = r
	}
	return all
}

// TestFunctionsAsInTheReference compares how many arguments the functions of
// all modules take, and in which routes they may stand.
func TestFunctionsAsInTheReference(t *testing.T) {
	known := reference(t)
	const likeRequest = module.EventRoute | module.LocalRoute | module.BranchFailureRoute
	for _, name := range module.Names() {
		arity := map[string][]int{}
		for _, f := range module.Lookup(name)().Exports().Functions {
			k := name + "." + f.Name
			want, ok := known[k]
			if !ok {
				continue
			}
			for n := range len(f.Args) + 1 {
				if f.Takes(n) {
					arity[k] = append(arity[k], n)
				}
			}
			if less := want.routes &^ f.Routes; less != 0 {
				t.Errorf("%s may not stand in routes %b, in the reference it may", k, less)
			}
			if more := f.Routes &^ want.routes &^ likeRequest; want.routes != 0 && (more != 0) != slices.Contains(wider, k) {
				t.Errorf("%s may stand in routes %b beyond those of the reference", k, more)
			}
		}
		for k, all := range arity {
			slices.Sort(all)
			var words []string
			for _, n := range slices.Compact(all) {
				words = append(words, strconv.Itoa(n))
			}
			if got, want := strings.Join(words, ","), known[k].arity; got != want && want != "" && want != "*" {
				t.Errorf("%s takes %s arguments, in the reference %s", k, got, want)
			}
		}
	}
}
