// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/cfg/preproc"
)

var update = flag.Bool("update", false, "rewrite the golden files from what the code gives")

// TestGolden runs testdata/*.txtar: each "NAME.cfg" is followed by "NAME.out", the layout of it, or by "NAME.err".
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		out := &txtar.Archive{Comment: ar.Comment}
		for _, f := range ar.Files {
			name, isText := strings.CutSuffix(f.Name, ".cfg")
			if !isText {
				continue
			}
			got, want := golden(f.Name, string(f.Data)), txtar.File{}
			for _, w := range ar.Files {
				if strings.TrimSuffix(strings.TrimSuffix(w.Name, ".out"), ".err") == name {
					want = w
				}
			}
			got.Name = name + got.Name
			out.Files = append(out.Files, f, got)
			if !*update && (got.Name != want.Name || string(got.Data) != string(want.Data)) {
				t.Errorf("%s: got %s:\n%s\nwant %s:\n%s", f.Name, got.Name, got.Data, want.Name, want.Data)
			}
			if got.Name == name+".out" {
				if again := golden(f.Name, string(got.Data)); string(again.Data) != string(got.Data) {
					t.Errorf("%s: a second time it changes again:\n%s", f.Name, again.Data)
				}
			}
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func golden(name, text string) txtar.File {
	out, err := Format(name, text)
	if err != nil {
		return txtar.File{Name: ".err", Data: []byte(err.Error() + "\n")}
	}
	return txtar.File{Name: ".out", Data: []byte(out)}
}

// TestMargins has what cannot stand in a golden file: line ends, and space that editors take away.
func TestMargins(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"nothing", "", ""},
		{"only space", " \n\t\r\n", ""},
		{"line ends of other systems", "debug=2\r\n\r\nroute {\r\n\texit;\r\n}\r\n", "debug=2\n\nroute {\n\texit;\n}\n"},
		{"strings keep theirs", "a.b = \"x\r\ny\"\r\n", "a.b = \"x\r\ny\"\n"},
		{"continued defines keep theirs", "#!define A x; \\\r\n y; \r\nA\r\n", "#!define A x; \\\r\n y;\nA\n"},
		{"space behind a comment goes", "# a  \n", "# a\n"},
		{"but not where a backslash would meet the end of the line", "#!define A x \\ \nroute { }\n", "#!define A x \\ \nroute {\n}\n"},
		{"no-break spaces", "route {\u00a0exit;\u00a0}", "route {\n\texit;\n}\n"},
		{"a mark of byte order", "\ufeffdebug=2\n", "debug=2\n"},
		{"joined lines", "debug=\\\n2\n", "debug=\n\t2\n"},
	} {
		got, err := Format("a.cfg", c.in)
		if err != nil || got != c.want {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

// FuzzFormat lays out any text: no panic; what is laid out stays as it is when it is laid out again, and consists of the same tokens,
// comments and preprocessor lines.
func FuzzFormat(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.txtar")
	more, _ := filepath.Glob("../syntax/testdata/*.txtar")
	for _, file := range append(files, more...) {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		for _, part := range ar.Files {
			f.Add(string(part.Data))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<14 {
			return
		}
		out, err := Format("a.cfg", text)
		if err != nil {
			return
		}
		again, err := Format("a.cfg", out)
		if err != nil || again != out {
			t.Fatalf("laid out again: %v\n%q\nwas\n%q", err, again, out)
		}
		a, _, _ := preproc.Pieces("a.cfg", text)
		b, _, _ := preproc.Pieces("a.cfg", out)
		if len(a) != len(b) {
			t.Fatalf("%d pieces became %d", len(a), len(b))
		}
		for i := range a {
			if trimLine(&a[i]) != trimLine(&b[i]) {
				t.Fatalf("piece %q became %q", a[i].Text, b[i].Text)
			}
		}
	})
}

// BenchmarkFormat4000Lines lays out a configuration of the size that operators have.
func BenchmarkFormat4000Lines(b *testing.B) {
	var text strings.Builder
	for i := 0; i < 4000; i += 8 {
		text.WriteString("route[R] {\n#!ifdef X\nif(is_method(\"INVITE\")&&$rU==\"x\"){\n\txlog(\"a\\n\"); # b\n}\n#!endif\n$var(a)=1+2;\n}\n")
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if out, err := Format("a.cfg", text.String()); err != nil || len(out) < text.Len() {
			b.Fatal(err)
		}
	}
}
