// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/cfg/source"
)

var update = flag.Bool("update", false, "rewrite the golden files from what the code gives")

// environment is what the tests see as the environment.
func environment(name string) (string, bool) {
	v, ok := map[string]string{"HOME": "/root", "PORT": "5070", "ODD": `a"b\c`}[name]
	return v, ok
}

// TestGolden runs testdata/*.txtar: the files of an archive are read from memory, main.cfg first; "args" has -A values, one on each
// line. "out" is the text after preprocessing, "defines" the names at the end, "errors" and "warnings" what is reported.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			mem, opt := source.Memory{}, Options{Env: environment}
			for _, f := range ar.Files {
				switch {
				case f.Name == "args":
					opt.Defines = strings.Fields(string(f.Data))
				case !golden[f.Name]:
					mem[f.Name] = string(f.Data)
				}
			}
			opt.Reader = mem
			res := Process("main.cfg", opt)
			got := map[string]string{}
			var b strings.Builder
			if err := Print(&b, res.Tokens); err != nil {
				t.Fatal(err)
			}
			got["out"] = strings.TrimLeft(b.String(), "\n")
			b.Reset()
			for _, d := range res.Defines {
				if d.Pos.IsValid() || strings.HasPrefix(d.Name, "MOD_") {
					b.WriteString(strings.TrimSpace(d.Name+" "+d.Value) + "\n")
				}
			}
			got["defines"] = b.String()
			b.Reset()
			for _, e := range res.Errors.Errors() {
				e.Format(&b, res.Errors.Files)
			}
			got["errors"] = b.String()
			b.Reset()
			for _, w := range res.Errors.Warnings() {
				w.Format(&b, res.Errors.Files)
			}
			got["warnings"] = b.String()
			compare(t, file, ar, got)
		})
	}
}

var golden = map[string]bool{"out": true, "defines": true, "errors": true, "warnings": true}

// compare holds the results against the archive; a part that is absent there must be empty.
func compare(t *testing.T, file string, ar *txtar.Archive, got map[string]string) {
	t.Helper()
	want := map[string]string{}
	kept := ar.Files[:0:0]
	for _, f := range ar.Files {
		if golden[f.Name] {
			want[f.Name] = string(f.Data)
		} else {
			kept = append(kept, f)
		}
	}
	if *update {
		ar.Files = kept
		for _, name := range []string{"out", "defines", "errors", "warnings"} {
			if got[name] != "" {
				ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(got[name])})
			}
		}
		if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name, g := range got {
		if g != want[name] {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", name, g, want[name])
		}
	}
}

// TestPositions checks that tokens have the places of the original text.
func TestPositions(t *testing.T) {
	res := Process("main.cfg", Options{Reader: source.Memory{
		"main.cfg":    "#!define LEVEL 1 + 2\n#!subst \"/abc/x/\"\ninclude_file \"sub/a.cfg\"\ndebug=LEVEL \"abcd\" e\n",
		"sub/a.cfg":   "import_file \"b.cfg\"\n  port=1\n",
		"sub/b.cfg":   "\talias=b",
		"unused.cfg ": "",
	}})
	if err := res.Errors.Err(); err != nil {
		t.Fatal(err)
	}
	var got []string
	for i := range res.Tokens {
		tok := &res.Tokens[i]
		got = append(got, tok.Text+"@"+tok.Pos.String()+"-"+tok.End().String()[len(tok.Pos.Filename)+1:])
	}
	want := []string{
		"alias@sub/b.cfg:1:2-1:7", "=@sub/b.cfg:1:7-1:8", "b@sub/b.cfg:1:8-1:9",
		"port@sub/a.cfg:2:3-2:7", "=@sub/a.cfg:2:7-2:8", "1@sub/a.cfg:2:8-2:9",
		"debug@main.cfg:4:1-4:6", "=@main.cfg:4:6-4:7",
		"1@main.cfg:4:7-4:12", "+@main.cfg:4:7-4:12", "2@main.cfg:4:7-4:12",
		`"xd"@main.cfg:4:13-4:19`, "e@main.cfg:4:20-4:21", "@main.cfg:5:1-5:1",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// doubling makes forty lines of which each names the next one twice.
func doubling(line, last string) string {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, line, i, i+1, i+1)
	}
	return b.String() + last
}

// TestLimits checks that texts which never end do end.
func TestLimits(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"include of itself", `include_file "main.cfg"`, "files include each other more than 20 deep"},
		{"define of itself", "#!define A A\nA", "define A stands in its own value"},
		{"defines that double and leave nothing", doubling("#!define A%d A%d A%d\n", "#!define A40\nA0"), "are used more than"},
		{"substitutions that double", strings.Repeat("#!subst \"/a/aa/g\"\n", 40) + "\"a\"", "rule of #!subst has more than 2048 bytes"},
		{"two defines", "#!define A B\n#!define B A\nA", "define A stands in its own value"},
		{"expression", "#!ifexp " + strings.Repeat("(", 1000) + "1\n#!endif", "#!ifexp: expression is nested too deep"},
		{"expression of itself", "#!define A A\n#!ifexp A\n#!endif", "#!ifexp: expression is nested too deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := Process("main.cfg", Options{Reader: source.Memory{"main.cfg": c.text}})
			if err := res.Errors.Err(); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}
