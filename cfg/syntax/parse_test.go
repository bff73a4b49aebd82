// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

var update = flag.Bool("update", false, "rewrite the golden files from what the code gives")

func parseText(text string, defines ...string) (*File, *preproc.Result) {
	return ParseFile("main.cfg", preproc.Options{Reader: source.Memory{"main.cfg": text}, Defines: defines})
}

func formatted(t testing.TB, f *File) string {
	t.Helper()
	var b strings.Builder
	if err := Format(&b, f); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestGolden runs testdata/*.txtar: "tree" is the tree printed back, "errors" what is reported.
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
			mem, want := source.Memory{}, map[string]string{}
			kept := ar.Files[:0:0]
			for _, f := range ar.Files {
				if f.Name == "tree" || f.Name == "errors" {
					want[f.Name] = string(f.Data)
					continue
				}
				mem[f.Name] = string(f.Data)
				kept = append(kept, f)
			}
			tree, res := ParseFile("main.cfg", preproc.Options{Reader: mem})
			var b strings.Builder
			res.Errors.Format(&b)
			got := map[string]string{"tree": formatted(t, tree), "errors": b.String()}
			if b.Len() > 0 {
				got["tree"] = "" // of a text with mistakes the mistakes count
			}
			if *update {
				ar.Files = kept
				for _, name := range []string{"tree", "errors"} {
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
			if got["errors"] == "" {
				again, res := parseText(got["tree"])
				if err := res.Errors.Err(); err != nil {
					t.Errorf("the printed tree cannot be read: %v", err)
				}
				if g := formatted(t, again); g != got["tree"] {
					t.Errorf("printed again it differs:\n%s", g)
				}
			}
		})
	}
}

// grouped prints an expression with parentheses around every operation.
func grouped(x Expr) string {
	switch x := x.(type) {
	case *Binary:
		return "(" + grouped(x.X) + " " + x.Op.String() + " " + grouped(x.Y) + ")"
	case *Unary:
		return "(" + x.Op.String() + " " + grouped(x.X) + ")"
	case *Cast:
		return "((" + x.Type + ")" + grouped(x.X) + ")"
	case *Paren:
		return grouped(x.X)
	}
	return Text(x)
}

// TestPrecedence has the ladder as it was measured in the reference.
func TestPrecedence(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"1 || 2 && 3 | 4 & 5 ^ 6 << 7 >> 8 == 9 < 10 + 11 * 12", "(1 || (2 && (3 | (4 & (5 ^ (6 << (7 >> (8 == (9 < (10 + (11 * 12)))))))))))"},
		{"1 * 2 + 3 < 4 == 5 >> 6 << 7 ^ 8 & 9 | 10 && 11 || 12", "(((((((((((1 * 2) + 3) < 4) == 5) >> 6) << 7) ^ 8) & 9) | 10) && 11) || 12)"},
		{"1 - 2 - 3", "((1 - 2) - 3)"},
		{"8 / 4 * 2 mod 3", "(((8 / 4) * 2) mod 3)"},
		{"1 == 2 != 3", "((1 == 2) != 3)"},
		{"$a eq $b and $c ne $d or not $e", "((($a eq $b) && ($c ne $d)) || (! $e))"},
		{"$a ieq 1 && $b ine 2", "(($a ieq 1) && ($b ine 2))"},
		{"!$a == 1", "((! $a) == 1)"},
		{"-$a + 1", "((- $a) + 1)"},
		{"~ 1 & 7", "((~ 1) & 7)"},
		{"!defined $a && $b", "((! (defined $a)) && $b)"},
		{"(int)$a + 1", "(((int)$a) + 1)"},
		{"(str)-$a", "((str)(- $a))"},
		{"!uri == myself", "(! (uri == myself))"},
		{"src_port == 1 + 2 && 3", "((src_port == (1 + 2)) && 3)"},
		{"$a =~ \"x\" + \"y\"", `($a =~ ("x" + "y"))`},
		{"strlen($a + \"x\") > 3", `((strlen ($a + "x")) > 3)`},
	} {
		tree, res := parseText("route { $r = " + c.in + "; }")
		if err := res.Errors.Err(); err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		got := grouped(tree.Routes()[0].Body.Stmts[0].(*Assign).Right)
		if got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.in, got, c.want)
		}
	}
}

// TestNesting checks that texts which nest without end are refused and not followed.
func TestNesting(t *testing.T) {
	for _, s := range []string{
		"if 1 ", "if (1) { ", "while 1 ", "if 1 ; else ", "if 1 { a(); } else ", "switch 1 { case 1: ", "if 1 if 1 ; else if 1 { ",
		"$x = (", "$x = ! ", "$x = f(", "$x = -", "$x = 1 == (", "{ ",
	} {
		_, res := parseText("route { " + strings.Repeat(s, 5000) + "exit; ")
		if res.Errors.Len() == 0 {
			t.Errorf("%q: taken", s)
		}
	}
	tree, res := parseText("route { " + strings.Repeat("if (1) { a(); } else ", 500) + "exit; " + strings.Repeat("if (1) a(); ", 5000) + "}")
	if err := res.Errors.Err(); err != nil || len(tree.Routes()) != 1 {
		t.Errorf("long but not deep: %v", err)
	}
}

// TestSpans checks that every node knows the text that it stands for.
func TestSpans(t *testing.T) {
	text := `#!define D 5
listen=udp:127.0.0.1:5060 advertise a.b:7 name "x"
alias=a-b.c:5
pstn.gw = "x" "y" desc "z"
modparam("tm", "t", -1)
flags A:1, B
route[X] {
	if (src_ip == 10.0.0.0/8 && !route(Y)) { $var(a) = (int)"5" + D; }
	else while (@via[1].branch =~ "x") exit;
	switch ($rc) { case -1: return -2; default: f(1, "a"); break; }
}
`
	tree, res := parseText(text)
	if err := res.Errors.Err(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(text, "\n")
	piece := func(n Node) string {
		a, z := n.Start(), n.End()
		if a.Line != z.Line {
			return fmt.Sprintf("%d-%d", a.Line, z.Line)
		}
		return lines[a.Line-1][a.Column-1 : z.Column-1]
	}
	var got []string
	Walk(tree, func(n Node) bool {
		switch n.(type) {
		case *File:
		default:
			got = append(got, fmt.Sprintf("%s %s", strings.TrimPrefix(fmt.Sprintf("%T", n), "*syntax."), piece(n)))
		}
		return true
	})
	want := strings.Split(strings.TrimSpace(`
Setting listen=udp:127.0.0.1:5060 advertise a.b:7 name "x"
Listen udp:127.0.0.1:5060 advertise a.b:7 name "x"
Address udp:127.0.0.1:5060
Address a.b:7
Setting alias=a-b.c:5
Address a-b.c:5
Setting pstn.gw = "x" "y" desc "z"
String "x" "y"
ModParam modparam("tm", "t", -1)
String "tm"
String "t"
Number -1
Flags flags A:1, B
FlagDecl A:1
FlagDecl B
Route 7-11
Block 7-11
If 8-9
Paren (src_ip == 10.0.0.0/8 && !route(Y))
Binary src_ip == 10.0.0.0/8 && !route(Y)
Binary src_ip == 10.0.0.0/8
Keyword src_ip
IP 10.0.0.0/8
Unary !route(Y)
Call route(Y)
Ident Y
Block { $var(a) = (int)"5" + D; }
Assign $var(a) = (int)"5" + D;
PV $var(a)
Binary (int)"5" + D
Cast (int)"5"
String "5"
Number D
While while (@via[1].branch =~ "x") exit;
Paren (@via[1].branch =~ "x")
Binary @via[1].branch =~ "x"
Select @via[1].branch
String "x"
Exit exit;
Switch switch ($rc) { case -1: return -2; default: f(1, "a"); break; }
Paren ($rc)
PV $rc
Case case -1: return -2;
Unary -1
Number 1
Return return -2;
Unary -2
Number 2
Case default: f(1, "a"); break;
Do f(1, "a");
Call f(1, "a")
Number 1
String "a"
Break break;`), "\n")
	for i := range max(len(got), len(want)) {
		g, w := "", ""
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			t.Errorf("node %d: got %q, want %q", i, g, w)
		}
	}
}

// shared finds the folder with the stock configurations of all releases.
func shared(t testing.TB) string {
	if dir := os.Getenv("KAHEA_SHARED"); dir != "" {
		return dir
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for range 8 {
		if _, err := os.Stat(filepath.Join(dir, "shared", "data", "stock")); err == nil {
			return filepath.Join(dir, "shared")
		}
		dir = filepath.Dir(dir)
	}
	return ""
}

// TestStock parses the configurations that the releases of the reference came with, with no define and with all of them.
func TestStock(t *testing.T) {
	var files []string
	if dir := shared(t); dir != "" {
		files, _ = filepath.Glob(filepath.Join(dir, "data", "stock", "*.cfg"))
	}
	if _, err := os.Stat("/etc/kamailio/kamailio.cfg"); err == nil {
		files = append(files, "/etc/kamailio/kamailio.cfg")
	}
	if len(files) == 0 {
		t.Skip("no stock configuration on this machine")
	}
	with := regexp.MustCompile(`(?m)^#!ifn?def (WITH_\w+)`)
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		var all []string
		for _, m := range with.FindAllStringSubmatch(string(b), -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				all = append(all, m[1])
			}
		}
		sets := [][]string{nil, all}
		for _, one := range all {
			if one != "WITH_MYSQL" { // most features need its DBURL
				sets = append(sets, []string{"WITH_MYSQL", one})
			}
		}
		for _, defines := range sets {
			tree, res := parseText(string(b), defines...)
			if err := res.Errors.Err(); err != nil {
				t.Errorf("%s with %v: %v", filepath.Base(file), defines, err)
				continue
			}
			if n := len(tree.Routes()); n < 10 {
				t.Errorf("%s with %v: only %d routes", filepath.Base(file), defines, n)
			}
			printed := formatted(t, tree)
			again, res := parseText(printed)
			if err := res.Errors.Err(); err != nil {
				t.Errorf("%s with %v, printed: %v", filepath.Base(file), defines, err)
			} else if formatted(t, again) != printed {
				t.Errorf("%s with %v: printed twice it differs", filepath.Base(file), defines)
			}
		}
	}
}
