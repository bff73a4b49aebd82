// SPDX-License-Identifier: Apache-2.0

package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/settings"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/check"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/core"
)

// example is a fenced block of a document.
type example struct {
	line int // of its first line in the document
	text string
}

// scriptPath is where the scripts in Lua of examples are.
const scriptPath = "/etc/kamailio/routes.lua"

// examples finds the blocks that are fenced as a language.
func examples(text, language string) []example {
	var all []example
	var open *example
	for i, line := range strings.SplitAfter(text, "\n") {
		switch mark := strings.TrimRight(line, " \r\n"); {
		case open == nil && mark == "```"+language:
			open = &example{line: i + 2}
		case open != nil && mark == "```":
			all, open = append(all, *open), nil
		case open != nil:
			open.text += line
		}
	}
	return all
}

// scriptBelow is the script in Lua of the configuration at a line.
func scriptBelow(text string, line int) string {
	for _, x := range examples(text, "lua") {
		if x.line > line {
			return x.text
		}
	}
	return ""
}

// checkConfig takes a configuration as the server does at its start, up to the
// program, and returns the mistakes.
func checkConfig(file string) *source.ErrorList {
	errs := new(source.ErrorList)
	tree, _ := syntax.ParseFile(file, preproc.Options{Errors: errs})
	set := settings.Apply(tree, errs)
	ready := func(b module.Binder) error {
		_, err := b.Template(set.Log.Prefix)
		return err
	}
	script := check.Check(tree, check.Options{Core: core.Exports(core.Options{}), Log: slog.New(slog.DiscardHandler), Ready: ready}, errs)
	if errs.Len() == 0 {
		compile.Compile(script)
	}
	return errs
}

func TestExamplesAreTaken(t *testing.T) {
	var files []string
	for _, pattern := range []string{"README.md", "docs/*.md", "docs/recipes/*.md", "modules/*/README.md"} {
		found, err := filepath.Glob(filepath.Join("../..", pattern))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	dir := t.TempDir()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimPrefix(filepath.ToSlash(file), "../../")
		found := examples(string(text), "kamailio")
		if len(found) == 0 && strings.HasPrefix(name, "modules/") {
			t.Errorf("%s has no example fenced as kamailio", name)
		}
		for _, x := range found {
			t.Run(name+":"+strconv.Itoa(x.line), func(t *testing.T) {
				cfg := filepath.Join(dir, "example.cfg")
				if strings.Contains(x.text, scriptPath) {
					script := filepath.Join(dir, "example.lua")
					if err := os.WriteFile(script, []byte(scriptBelow(string(text), x.line)), 0o600); err != nil {
						t.Fatal(err)
					}
					x.text = strings.ReplaceAll(x.text, scriptPath, script)
				}
				if err := os.WriteFile(cfg, []byte(x.text), 0o600); err != nil {
					t.Fatal(err)
				}
				if errs := checkConfig(cfg); errs.Len() > 0 {
					var b strings.Builder
					errs.Format(&b)
					t.Errorf("the example is refused:\n%s", strings.ReplaceAll(b.String(), dir+string(filepath.Separator), ""))
				}
			})
		}
	}
}

func TestExamplesAreFound(t *testing.T) {
	text := "a\n```\nx\n```\n```kamailio\nroute {\n}\n```\nb\n```kamailio\nexit;\n```\n"
	got := examples(text, "kamailio")
	want := []example{{6, "route {\n}\n"}, {11, "exit;\n"}}
	if len(got) != len(want) || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A test that took everything would prove nothing.
func TestMistakesInExamplesAreSeen(t *testing.T) {
	cfg := filepath.Join(t.TempDir(), "bad.cfg")
	if err := os.WriteFile(cfg, []byte("request_route {\n\tno_such_function();\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if checkConfig(cfg).Len() != 1 {
		t.Error("an unknown function was taken")
	}
}
