// SPDX-License-Identifier: Apache-2.0

// Package house holds the house rules as tests.
package house

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const modulePath = "github.com/kahea-sip/kahea/"

// pkg is one package of the project: its files and what they import.
type pkg struct {
	dir     string // relative to the root, with slashes
	name    string
	doc     string
	imports map[string]string // import path -> file, tests left out
	files   map[string]*ast.File
}

func load(t *testing.T) map[string]*pkg {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	pkgs := map[string]*pkg{}
	fset := token.NewFileSet()
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); n == "testdata" || n == "bin" || strings.HasPrefix(n, ".") && path != root {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, filepath.Dir(path))
		dir := filepath.ToSlash(rel)
		p := pkgs[dir]
		if p == nil {
			p = &pkg{dir: dir, name: f.Name.Name, imports: map[string]string{}, files: map[string]*ast.File{}}
			pkgs[dir] = p
		}
		p.files[filepath.Base(path)] = f
		if f.Doc != nil && !strings.Contains(f.Doc.Text(), "SPDX") {
			p.doc += f.Doc.Text()
		}
		for _, im := range f.Imports {
			p.imports[strings.Trim(im.Path.Value, `"`)] = filepath.Base(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

// layer says what a folder may import of the project, by prefix. The first
// entry whose prefix fits decides.
var layers = []struct {
	folder string
	may    []string
}{
	{"core/arena", nil},
	{"core/avp", nil},
	{"core/sip", nil},
	{"core/ere", []string{"core/pcre"}},
	{"core/timer", nil},
	{"core/counter", nil},
	{"core/setting", nil},
	{"core/digest", nil},
	{"core/cipher", nil},
	{"core/memory", nil},
	{"core/db", []string{"core/counter", "core/db"}},
	{"core/locate", []string{"core/sip", "core/timer", "core/counter"}},
	{"core/transport", []string{"core/sip", "core/timer", "core/counter"}},
	{"core/transaction", []string{"core/sip", "core/timer", "core/counter", "core/avp", "core/locate", "core/transport", "core/setting"}},
	{"core/module", []string{"core"}},
	{"core/worker", []string{"core"}},
	{"core", []string{"core"}},
	{"cfg/source", nil},
	{"cfg/preproc", []string{"cfg/source"}},
	{"cfg/layout", []string{"cfg/source", "cfg/preproc"}},
	{"cfg/syntax", []string{"cfg/source", "cfg/preproc"}},
	{"cfg", []string{"cfg"}},
	{"script/check", []string{"core", "cfg", "script/expr", "script/variable"}},
	{"script/vm", []string{"core", "cfg/source", "script/compile", "script/check", "script/expr", "script/variable"}},
	{"script", []string{"core", "cfg", "script"}},
	{"rpc", []string{"core", "rpc"}},
	{"modules/ctl", []string{"core", "rpc", "modules"}},
	{"modules/jsonrpcs", []string{"core", "rpc", "modules"}},
	{"modules/xmlrpc", []string{"core", "rpc", "modules"}},
	{"modules/app_lua", []string{"core", "script/lua", "modules"}},
	{"modules/standard", []string{"modules"}},
	{"modules", []string{"core", "modules"}},
	{"tools", []string{""}},
}

func TestImportsRunDownward(t *testing.T) {
	for dir, p := range load(t) {
		i := slices.IndexFunc(layers, func(l struct {
			folder string
			may    []string
		}) bool {
			return dir == l.folder || strings.HasPrefix(dir, l.folder+"/")
		})
		if i < 0 {
			t.Errorf("%s is in no folder of the house", dir)
			continue
		}
		for path, file := range p.imports {
			to, ours := strings.CutPrefix(path, modulePath)
			if !ours || to == dir {
				continue
			}
			if !slices.ContainsFunc(layers[i].may, func(m string) bool {
				return m == "" || to == m || strings.HasPrefix(to, m+"/")
			}) {
				t.Errorf("%s/%s imports %s: imports run tools -> modules, script, rpc -> core, cfg", dir, file, to)
			}
		}
	}
}

// thirdParty lists which folder may import which library.
var thirdParty = map[string][]string{
	"github.com/alecthomas/participle/v2": {"cfg/syntax"},
	"github.com/alecthomas/kong":          {"tools"},
	"github.com/miekg/dns":                {"core/locate"},
	"golang.org/x/sys":                    {"core/transport", "core/arena", "core/memory", "tools/kahea", "tools/kaheactl", "tools/siptest"},
	"golang.org/x/net":                    {"core/transport"},
	"github.com/puzpuzpuz/xsync/v4":       {"core", "modules"},
	"github.com/rogpeppe/go-internal":     {"tools", "script/scripttest"},
	"golang.org/x/tools":                  {"tools", "cfg", "script"},
	"github.com/yuin/gopher-lua":          {"script/lua"},
	"github.com/go-sql-driver/mysql":      {"modules/db_mysql", "tools/kaheactl"},
	"github.com/jackc/pgx/v5":             {"modules/db_postgres", "tools/kaheactl"},
	"modernc.org/sqlite":                  {"modules/db_sqlite"},
	"github.com/redis/go-redis/v9":        {"modules/db_redis", "modules/ndb_redis"},
	"github.com/alicebob/miniredis/v2":    {"modules", "tools/kaheactl", "tools/siptest"},
	"github.com/gobwas/ws":                {"core/weblink", "modules", "tools/difftest"},
	"github.com/caddyserver/certmagic":    {"modules/tls"},
	"go.uber.org/zap":                     {"modules/tls"}, // certmagic's logger
	"github.com/letsencrypt/pebble/v2":    {"modules/tls"}, // tests
	"github.com/gaissmai/bart":            {"modules"},
	"github.com/dlclark/regexp2":          {"core/pcre"},
}

func TestThirdPartyLibrariesStayWhereTheyBelong(t *testing.T) {
	for dir, p := range load(t) {
		for path, file := range p.imports {
			if !strings.Contains(strings.SplitN(path, "/", 2)[0], ".") || strings.HasPrefix(path, modulePath) {
				continue
			}
			ok := false
			for lib, where := range thirdParty {
				if path == lib || strings.HasPrefix(path, lib+"/") {
					ok = slices.ContainsFunc(where, func(w string) bool { return dir == w || strings.HasPrefix(dir, w+"/") })
				}
			}
			if !ok {
				t.Errorf("%s/%s imports %s, which is not listed for this folder", dir, file, path)
			}
		}
	}
}

func TestEachPackageOpensWithItsSentence(t *testing.T) {
	for dir, p := range load(t) {
		want := "Package " + p.name + " "
		if p.name == "main" {
			want = ""
		}
		if p.doc == "" || !strings.HasPrefix(p.doc, want) {
			t.Errorf("%s: no sentence directly above package", dir)
		}
	}
}

func TestNames(t *testing.T) {
	forbidden := regexp.MustCompile(`^(util|utils|common|helpers?|misc|base|types)$`)
	for dir, p := range load(t) {
		if forbidden.MatchString(p.name) {
			t.Errorf("%s: a package is one noun, %s is none", dir, p.name)
		}
		for name := range p.files {
			if forbidden.MatchString(strings.TrimSuffix(name, ".go")) {
				t.Errorf("%s/%s: a file is one concept, named by it", dir, name)
			}
		}
	}
}

func TestTheBookNamesEachFolder(t *testing.T) {
	book, err := os.ReadFile("../../docs/internals.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, parent := range []string{"core", "tools"} {
		folders, err := os.ReadDir("../../" + parent)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range folders {
			if !strings.Contains(string(book), "`"+parent+"/"+f.Name()+"`") && (parent == "core" || !strings.Contains(string(book), "`"+f.Name()+"`")) {
				t.Errorf("docs/internals.md does not tell what %s/%s is for", parent, f.Name())
			}
		}
	}
}

func TestEachFileHasItsLicenceLine(t *testing.T) {
	for dir, p := range load(t) {
		for name := range p.files {
			text, err := os.ReadFile(filepath.Join("../..", dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(text), "// SPDX-License-Identifier: Apache-2.0\n\n") && !strings.HasPrefix(string(text), "// Code generated") {
				t.Errorf("%s/%s: no SPDX line with a blank line after it", dir, name)
			}
		}
	}
}

func TestFilesStayBelow800Lines(t *testing.T) {
	for dir, p := range load(t) {
		for name := range p.files {
			text, err := os.ReadFile(filepath.Join("../..", dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(text), "\n"); n > 800 {
				t.Errorf("%s/%s: %d lines: look for the second concept", dir, name, n)
			}
		}
	}
}

// A module registers itself and nothing else happens at init time.
func TestInitOnlyRegistersModules(t *testing.T) {
	for dir, p := range load(t) {
		for name, f := range p.files {
			for _, d := range f.Decls {
				fn, ok := d.(*ast.FuncDecl)
				if !ok || fn.Name.Name != "init" || fn.Recv != nil {
					continue
				}
				if !strings.HasPrefix(dir, "modules/") || name != "module.go" || len(fn.Body.List) != 1 {
					t.Errorf("%s/%s: init is for the one registration line of a module", dir, name)
				}
			}
		}
	}
}
