// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/cfg/layout"
	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/script/check"
	"github.com/kahea-sip/kahea/script/compile"
	"github.com/kahea-sip/kahea/script/core"
)

// configurations are all that are at hand: those of the tests and modules, the stock files of the releases, what Debian installs.
func configurations(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range []string{"../..", "../../../shared/data/stock", "/etc/kamailio", "/usr/share/doc/kamailio"} {
		filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return nil
			}
			switch filepath.Ext(path) {
			case ".cfg":
				if b, err := os.ReadFile(path); err == nil {
					out[path] = string(b)
				}
			case ".txtar":
				ar, err := txtar.ParseFile(path)
				if err != nil {
					return nil
				}
				for _, f := range ar.Files {
					if strings.HasSuffix(f.Name, ".cfg") {
						out[path+":"+f.Name] = string(f.Data)
					}
				}
			}
			return nil
		})
	}
	return out
}

var conditionNames = regexp.MustCompile(`(?m)^[ \t]*#!ifn?def[ \t]+(\w+)`)

// TestLayoutKeepsTheMeaning lays every configuration at hand out, once and again, and compares the tree and the program before and
// after, with no define, with each one that the file asks for, and with all of them.
func TestLayoutKeepsTheMeaning(t *testing.T) {
	laid, programs := 0, 0
	for name, text := range configurations(t) {
		out, err := layout.Format(name, text)
		if err != nil {
			// Nothing that can be used may be refused.
			if _, _, errs := meaning(name, text, nil); errs == 0 && !strings.Contains(err.Error(), "cannot be laid out") {
				if _, waste, _ := preproc.Pieces(name, text); waste == "" {
					t.Errorf("%s: %v", name, err)
				}
			}
			continue
		}
		laid++
		if again, err := layout.Format(name, out); err != nil || again != out {
			t.Errorf("%s: laid out twice it differs (%v)", name, err)
		}
		if strings.HasPrefix(name, "../../cfg/") {
			continue // broken on purpose, or parts
		}
		var all []string
		sets := [][]string{nil}
		seen := map[string]bool{}
		for _, m := range conditionNames.FindAllStringSubmatch(text, -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				all = append(all, m[1])
				sets = append(sets, []string{m[1]})
			}
		}
		if len(all) > 1 {
			sets = append(sets, all)
		}
		for _, defines := range sets {
			tree, program, errs := meaning(name, text, defines)
			tree2, program2, errs2 := meaning(name, out, defines)
			if tree != tree2 || errs != errs2 || program != program2 {
				t.Errorf("%s with %v: the layout changes what it means (%d mistakes before, %d after)", name, defines, errs, errs2)
			}
			if program != "" {
				programs++
			}
		}
	}
	if laid < 50 || programs < 50 {
		t.Errorf("only %d files were laid out, and %d programs compared", laid, programs)
	}
}

var listedLine = regexp.MustCompile(`(?m) *; \d+$`)

// meaning gives the tree of a configuration and its program without line numbers; no program where it has mistakes.
func meaning(name, text string, defines []string) (tree, program string, mistakes int) {
	errs := new(source.ErrorList)
	file, pre := syntax.ParseFile(name, preproc.Options{Reader: beside{text: text, name: name}, Defines: defines, Errors: errs})
	var b strings.Builder
	syntax.Format(&b, file)
	tree = b.String()
	if errs.Len() > 0 {
		return tree, "", errs.Len()
	}
	script := check.Check(file, check.Options{Core: core.Exports(core.Options{Defines: defined(pre)}), Log: slog.New(slog.DiscardHandler)}, errs)
	if errs.Len() > 0 {
		return tree, "", errs.Len()
	}
	b.Reset()
	compile.Compile(script).Listing(&b)
	return tree, listedLine.ReplaceAllString(b.String(), ""), 0
}

func defined(pre *preproc.Result) map[string]string {
	m := map[string]string{}
	for _, d := range pre.Defines {
		m[d.Name] = d.Value
	}
	return m
}

// beside is a text in the place of a file, with the files beside it.
type beside struct {
	source.Disk
	name, text string
}

func (b beside) ReadFile(name string) ([]byte, error) {
	if name == b.name {
		return []byte(b.text), nil
	}
	return b.Disk.ReadFile(name)
}

// TestFmt runs the word fmt on files and on the standard input.
func TestFmt(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.cfg")
	link := filepath.Join(dir, "link.cfg")
	reset := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
	}
	reset("debug=2\n")
	if err := os.Symlink("a.cfg", link); err != nil {
		t.Fatal(err)
	}
	const in, out = "route{exit;}\n", "route {\n\texit;\n}\n"
	for _, c := range []struct {
		name           string
		args           []string
		file, stdin    string
		status         int
		stdout, stderr string // parts of it
		left           string
	}{
		{name: "printed", args: []string{file}, file: in, stdout: out, left: in},
		{name: "standard input", stdin: in, stdout: out},
		{name: "standard input by its sign", args: []string{"-", file}, file: in, stdin: in, stdout: out + out, left: in},
		{name: "written", args: []string{"-w", file}, file: in, left: out},
		{name: "written through a link", args: []string{"-w", link}, file: in, left: out},
		{name: "shown", args: []string{"-d", file}, file: in, status: 1, stdout: "-route{exit;}\n+route {\n", left: in},
		{name: "nothing to show", args: []string{"-d", file}, file: out, left: out},
		{name: "shown of the standard input", args: []string{"-d"}, stdin: in, status: 1, stdout: "+++ standard input laid out"},
		{name: "a mistake", args: []string{"-w", file}, file: "route {\n\texit\n}\n", status: 1, stderr: file + ":3:1: } in the middle of a statement",
			left: "route {\n\texit\n}\n"},
		{name: "a mistake in the standard input", stdin: "}", status: 1, stderr: "standard input:1:1: } without {"},
		{name: "the others are done all the same", args: []string{"-w", "nosuch.cfg", file}, file: in, status: 1, stderr: "nosuch.cfg: no such file", left: out},
		{name: "-w without files", args: []string{"-w"}, status: 2, stderr: "-w writes files"},
		{name: "-w and the standard input", args: []string{"-w", "-"}, status: 2, stderr: "-w writes files"},
		{name: "-w and -d", args: []string{"-w", "-d", file}, file: in, status: 2, stderr: "-w writes files", left: in},
		{name: "unknown flag", args: []string{"-x"}, status: 2, stderr: "unknown flag -x"},
		{name: "help", args: []string{"-h"}, stdout: "usage: kahea fmt"},
	} {
		if c.file != "" {
			reset(c.file)
		}
		var stdout, stderr bytes.Buffer
		status := run(append([]string{"fmt"}, c.args...), surroundings{stdin: strings.NewReader(c.stdin), stdout: &stdout, stderr: &stderr})
		if status != c.status || !strings.Contains(stdout.String(), c.stdout) || !strings.Contains(stderr.String(), c.stderr) {
			t.Errorf("%s: status %d, want %d; printed\n%s\n%s", c.name, status, c.status, stdout.String(), stderr.String())
		}
		if c.file != "" {
			b, _ := os.ReadFile(file)
			info, err := os.Stat(file)
			if string(b) != c.left || err != nil || info.Mode().Perm() != 0o640 {
				t.Errorf("%s: the file is now %q, mode %v, %v", c.name, b, info.Mode(), err)
			}
		}
	}
	if l, err := os.Lstat(link); err != nil || l.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v", err)
	}
	if files, _ := os.ReadDir(dir); len(files) != 2 {
		t.Errorf("%d files are left in the folder", len(files))
	}
}

// TestDump runs the word dump.
func TestDump(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.cfg")
	if err := os.WriteFile(file, []byte("request_route {\n#!ifdef X\n\tdrop;\n#!endif\n\texit;\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"dump", "-A", "X", file}, {"dump", "-A", "X", "-f", file}} {
		var stdout bytes.Buffer
		if status := run(args, surroundings{stdout: &stdout, stderr: io.Discard}); status != exitOK || !strings.Contains(stdout.String(), "0  drop") {
			t.Errorf("%v: status %d\n%s", args, status, stdout.String())
		}
	}
	if status := run([]string{"dump", file + ".nosuch"}, surroundings{stdout: io.Discard, stderr: io.Discard}); status != 1 {
		t.Errorf("status %d for a file that is not there", status)
	}
}
