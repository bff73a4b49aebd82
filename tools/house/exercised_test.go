// SPDX-License-Identifier: Apache-2.0

package house

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/standard"
)

// A parameter is named in a modparam, in the option of the same name, or in
// quotes in a test of its module; a function where something calls it.
var (
	modparamLine   = regexp.MustCompile(`modparam\(\s*\\?"([^"\\]+)\\?"\s*,\s*\\?"([^"\\]+)`)
	modparamOption = regexp.MustCompile(`--modparam[= ]['"]?([\w|]+):(\w+):`)
	calledFunction = regexp.MustCompile(`\b(\w+)\(`)
	calledKSR      = regexp.MustCompile(`(?:\bKSR\.|(?:show|mark)\(')(\w+)\.(\w+)`)
	quotedWord     = regexp.MustCompile(`["` + "`" + `'](\w+)["` + "`" + `']`)
)

// exercised are the names of all tests: "module.parameter", "function(" and
// "KSR.module.function".
type exercised map[string]bool

// read looks at the text of one file; folder is that of the module whose test
// it is, or empty.
func (e exercised) read(text, folder string) {
	for _, m := range append(modparamLine.FindAllStringSubmatch(text, -1), modparamOption.FindAllStringSubmatch(text, -1)...) {
		for _, name := range strings.Split(m[1], "|") {
			e[strings.TrimSuffix(name, ".so")+"."+m[2]] = true
		}
	}
	for _, m := range calledKSR.FindAllStringSubmatch(text, -1) {
		e["KSR."+m[1]+"."+m[2]] = true
	}
	for _, m := range calledFunction.FindAllStringSubmatch(text, -1) {
		e[m[1]+"("] = true
	}
	if folder == "" {
		return
	}
	for _, m := range quotedWord.FindAllStringSubmatch(text, -1) {
		e[folder+"."+m[1]] = true
	}
}

// readTests reads all tests and what belongs to them, but for the lists of what has
// none (untested.tsv, uncalled.tsv).
func readTests(t *testing.T) exercised {
	t.Helper()
	all := exercised{}
	for _, top := range []string{"modules", "tools", "script", "rpc"} {
		err := filepath.WalkDir("../../"+top, func(path string, d fs.DirEntry, err error) error {
			test := strings.HasSuffix(path, "_test.go")
			if err != nil || d.IsDir() || !test && (!strings.Contains(path, "/testdata/") || strings.HasPrefix(d.Name(), "un") && strings.HasSuffix(path, ".tsv")) {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			folder := ""
			if test && top == "modules" {
				folder = filepath.Base(filepath.Dir(path))
			}
			all.read(string(text), folder)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// inLua tells whether a script in Lua calls the function under one of its names.
func (e exercised) inLua(t *testing.T, f *module.Function, name string) bool {
	t.Helper()
	forms, err := f.Forms(name)
	if err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(forms, func(f module.Form) bool { return e["KSR."+f.Path()] })
}

// TestEachExportIsExercised: a parameter and a function that a module has is
// named in some test, or testdata/untested.tsv says why not.
func TestEachExportIsExercised(t *testing.T) {
	text, err := os.ReadFile("testdata/untested.tsv")
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, reason, _ := strings.Cut(strings.TrimSpace(line), "\t")
		why[name] = reason
	}
	tests := readTests(t)
	look := func(kind, name string, found bool) {
		reason, excused := why[name]
		delete(why, name)
		switch {
		case found && excused:
			t.Errorf("untested.tsv: the %s %s is tested", kind, name)
		case !found && reason == "":
			t.Errorf("the %s %s is in no test: write one, or a reason to testdata/untested.tsv", kind, name)
		}
	}
	for _, name := range module.Names() {
		e := module.Lookup(name)().Exports()
		for _, p := range e.Params {
			if p.Notice == "" {
				look("parameter", name+"."+p.Name, tests[name+"."+p.Name])
			}
		}
		for i := range e.Functions {
			f := &e.Functions[i]
			look("function", name+"."+f.Name+"()", tests[f.Name+"("] || tests[name+"."+f.Name] || tests.inLua(t, f, name))
		}
		for i := range e.Lua {
			look("function", "KSR."+name+"."+e.Lua[i].Name, tests.inLua(t, &e.Lua[i], name))
		}
	}
	for name := range why {
		t.Errorf("untested.tsv: there is no %s", name)
	}
}
