// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
)

// headings that each README has, in this order; those in between are generated.
var headings = []string{"Overview", "Requires", "Parameters", "Functions", "Variables", "Events", "RPC", "Counters", "Example"}

func TestGeneratedPartsAreCurrent(t *testing.T) {
	for file, part := range generated() {
		text, err := os.ReadFile(filepath.Join("../..", file))
		if err != nil {
			t.Error(err)
			continue
		}
		if want, err := rewrite(string(text), part); err != nil {
			t.Errorf("%s: %v", file, err)
		} else if want != string(text) {
			t.Errorf("%s does not match the exports of the modules: run make docs", file)
		}
	}
}

func TestReadmesHaveTheirHeadings(t *testing.T) {
	for _, name := range module.Names() {
		file := filepath.Join("../../modules", name, "README.md")
		text, err := os.ReadFile(file)
		if err != nil {
			t.Errorf("%s has no README: %v", name, err)
			continue
		}
		at := 0
		for _, h := range headings {
			i := strings.Index(string(text)[at:], "\n## "+h+"\n")
			if i < 0 {
				t.Errorf("%s: no heading %q after those before it", file, h)
				break
			}
			at += i
		}
	}
}

func TestEveryExportIsDocumented(t *testing.T) {
	for _, name := range module.Names() {
		e := module.Lookup(name)().Exports()
		missing := func(kind, what, doc string) {
			if doc == "" {
				t.Errorf("module %s: %s %s has no Doc", name, kind, what)
			}
		}
		missing("module", name, e.Doc)
		for _, p := range e.Params {
			missing("parameter", p.Name, p.Doc)
		}
		for _, f := range e.Functions {
			missing("function", f.Name, f.Doc)
			if f.Run == nil {
				t.Errorf("module %s: function %s does nothing", name, f.Name)
			}
		}
		for _, v := range e.Variables {
			missing("variable", v.Name, v.Doc)
			if (v.Get == nil) == (v.Bind == nil) {
				t.Errorf("module %s: variable %s needs one of Get and Bind", name, v.Name)
			}
		}
		for _, c := range e.RPC {
			missing("command", c.Name, c.Doc)
		}
	}
}
