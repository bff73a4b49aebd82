// SPDX-License-Identifier: Apache-2.0

package vm_test

import (
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// preprocDiffers names the cases that are meant to be different.
var preprocDiffers = map[string]string{
	"ifexp":     "#!ifexp is of releases behind 5.6",
	"defexp":    "#!defexp is of releases behind 5.6",
	"crlf-cont": "a line of a file with CRLF may go on behind a backslash as well",
	"hdr-SER":   "there is one dialect: $var is a variable behind #!SER too",
	"hdr-late":  "as hdr-SER",
}

// TestPreprocessor holds what scripts see of defines, conditions, includes and
// substitutions to a recording of Kamailio 5.6.3.
func TestPreprocessor(t *testing.T) {
	data, err := os.ReadFile("testdata/preproc.txtar")
	if err != nil {
		t.Fatal(err)
	}
	cases := map[string]map[string]string{}
	var order []string
	signs := strings.NewReplacer(`\r`+"\n", "\r\n", `\ufeff`, "\ufeff")
	for _, f := range txtar.Parse(data).Files {
		name, part, _ := strings.Cut(f.Name, "/")
		if cases[name] == nil {
			cases[name] = map[string]string{}
			order = append(order, name)
		}
		cases[name][part] = signs.Replace(string(f.Data))
	}
	for _, name := range order {
		t.Run(name, func(t *testing.T) {
			got, want := runPreproc(t, name, cases[name]), cases[name]["want"]
			switch reason := preprocDiffers[name]; {
			case reason == "" && got != want:
				t.Errorf("%s\ngot %s\nwant %s", cases[name]["main.cfg"], got, want)
			case reason != "" && got == want:
				t.Errorf("is the same as the recording now, although %s", reason)
			}
		})
	}
}

func runPreproc(t *testing.T, name string, files map[string]string) string {
	main := files["main.cfg"]
	if strings.HasPrefix(name, "no-final-nl") || name == "include-nonl" {
		main = strings.TrimSuffix(main, "\n")
		files["i.cfg"] = strings.TrimSuffix(files["i.cfg"], "\n")
	}
	opt := scripttest.Options{Files: files, Modules: map[string]module.New{
		"xlog": func() module.Module { return lines{} },
		"pv":   func() module.Module { return scripttest.Probe{} },
	}}
	if a := files["args"]; a != "" {
		opt.Defines = []string{strings.TrimSuffix(a, "\n")}
	}
	opt.Env = func(name string) (string, bool) {
		for l := range strings.Lines(files["env"]) {
			if k, v, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "="); k == name {
				return v, true
			}
		}
		return "", false
	}
	if env := scripttest.Load(main, opt); env.Errors.Len() > 0 {
		t.Log(env.Errors)
		return "refused\n"
	}
	var out strings.Builder
	for _, l := range scripttest.MustLoad(t, main, opt).Request(t, scripttest.Invite) {
		if text, ok := strings.CutPrefix(l, "R="); ok {
			text, _, _ = strings.Cut(text, "|")
			out.WriteString(text + "\n")
		}
	}
	return out.String()
}

// lines is a module with the xlog that the recording used.
type lines struct{}

// Exports implements module.Module.
func (lines) Exports() module.Exports {
	return module.Exports{Functions: []module.Function{
		{Name: "xlog", Args: []module.Arg{{Name: "level"}, {Name: "text", Type: module.ArgTemplate}}, Routes: module.AnyRoute,
			Run: func(c *module.Call, a module.Args) module.Result {
				c.Host.(*scripttest.Host).Print(strings.ReplaceAll(a.Template(1).Eval(c), "\n", `\n`))
				return module.True
			}},
	}}
}
