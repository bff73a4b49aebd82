// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/standard"
	"github.com/kahea-sip/kahea/script/core"
	"github.com/kahea-sip/kahea/script/lua"
)

// offered are the functions that scripts have here, by their names in KSR.
func offered(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, f := range lua.Controls() {
		all[f.Form.Path()] = true
	}
	add := func(table string, lists ...[]module.Function) {
		for _, list := range lists {
			for i := range list {
				forms, err := list[i].Forms(table)
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range forms {
					all[f.Path()] = true
				}
			}
		}
	}
	add("", core.Exports(core.Options{}).Lua)
	for _, name := range module.Names() {
		e := module.Lookup(name)().Exports()
		add(name, e.Lua, e.Functions)
	}
	return all
}

// called are the functions that suites call: show('tm.t_relay', …), mark('…') and KSR.tm.t_relay(…). TestRedis and TestTLS are suites too.
func called(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("testdata/cases/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no suites: %v", err)
	}
	files = append(files, "redis_test.go", "tls_test.go")
	call := regexp.MustCompile(`(?:(?:show|mark)\('|\bKSR\.)([a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)?)`)
	all := map[string]bool{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range call.FindAllStringSubmatch(string(text), -1) {
			all[m[1]] = true
		}
	}
	return all
}

// TestEachFunctionOfKSRIsCalled: a function that both the reference and kahea have is called in a suite, or testdata/uncalled.tsv says why
// not.
func TestEachFunctionOfKSRIsCalled(t *testing.T) {
	list, err := os.ReadFile("../docgen/kemi.tsv")
	if err != nil {
		t.Fatal(err)
	}
	reasons, err := os.ReadFile("testdata/uncalled.tsv")
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for line := range strings.Lines(string(reasons)) {
		name, reason, _ := strings.Cut(strings.TrimSpace(line), "\t")
		why[name] = reason
	}
	have, calls := offered(t), called(t)
	named := map[string]bool{} // two modules may have one table of KSR
	for line := range strings.Lines(string(list)) {
		name := strings.Split(line, "\t")[1]
		reason, excused := why[name]
		named[name] = true
		switch {
		case !have[name]:
			if excused {
				t.Errorf("uncalled.tsv: KSR.%s is not here at all", name)
			}
		case calls[name] && excused:
			t.Errorf("uncalled.tsv: KSR.%s is called", name)
		case !calls[name] && reason == "":
			t.Errorf("KSR.%s is called in no suite: add a show('%s', …) to a case of testdata/cases/cfg-lua*.txtar, or a reason to uncalled.tsv", name, name)
		}
	}
	for name := range why {
		if !named[name] {
			t.Errorf("uncalled.tsv: the reference has no KSR.%s", name)
		}
	}
}
