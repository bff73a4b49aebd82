// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/settings"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/script/check"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/core"
)

// FuzzCheck gives any text to all stages up to the program, with the real
// modules: none of them panics, each mistake has its message, and what has
// none has a program.
func FuzzCheck(f *testing.F) {
	files, err := filepath.Glob("testdata/mistakes/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(ar.Files[0].Data))
	}
	demo, err := os.ReadFile("demo.cfg")
	if err == nil {
		f.Add(string(demo))
	}
	f.Add(brokenConfig)
	f.Add(smallConfig)
	f.Fuzz(func(t *testing.T, text string) {
		errs := new(source.ErrorList)
		tree, pre := syntax.ParseFile("k.cfg", preproc.Options{Reader: source.Memory{"k.cfg": text}, Errors: errs})
		settings.Apply(tree, errs)
		script := check.Check(tree, check.Options{Core: core.Exports(core.Options{Defines: defines(pre)})}, errs)
		for _, e := range append(errs.Errors(), errs.Warnings()...) {
			if e.Message == "" || e.Rule == "" {
				t.Errorf("a mistake without message or rule at %s: %+v", e.Pos, e)
			}
		}
		diagnose(errs)
		if errs.Len() == 0 {
			compile.Compile(script)
		}
	})
}
