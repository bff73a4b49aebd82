// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// kemiExamples is where Debian's package has the example of a server in Lua.
const kemiExamples = "/usr/share/doc/kamailio/examples/kemi"

// kemiConfig makes a folder with the example as it is but for the flags whose
// modules kahea does not have, and with the file kamailio-local.cfg that it reads
// where there is one: this turns Lua on and says where the script lies.
func kemiConfig(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := map[string]string{"kamailio-local.cfg": "#!define WITH_CFGLUA\n#!subst \"!/usr/local/etc/kamailio/!" + dir + "/!g\"\n"}
	for _, name := range []string{"kamailio-basic-kemi.cfg", "kamailio-basic-kemi-lua.lua"} {
		text, err := os.ReadFile(filepath.Join(kemiExamples, name))
		if err != nil {
			if os.Getenv("KAHEA_REQUIRE_SERVERS") == "1" {
				t.Fatalf("%s is missing: apt-get install kamailio", name)
			}
			t.Skipf("skipped: %s is missing (apt-get install kamailio)", name)
		}
		files[name] = string(text)
	}
	for _, flag := range []string{"WITH_MYSQL", "WITH_AUTH", "WITH_IPAUTH", "WITH_USRLOCDB", "WITH_NAT", "WITH_ACCDB"} {
		files["kamailio-basic-kemi.cfg"] = strings.Replace(files["kamailio-basic-kemi.cfg"], "\n#!define "+flag+"\n", "\n", 1)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "kamailio-basic-kemi.cfg")
}

// TestKEMICalls makes the calls of testdata/calls through Debian's example of a
// server in Lua.
func TestKEMICalls(t *testing.T) {
	proxy := kemiConfig(t)
	p := parameters()
	setup := p.Setup
	all, err := filepath.Glob("testdata/calls/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	// Without authentication the example relays to anybody: its script looks
	// for a foreign destination only behind the look for credentials.
	p.Dir, p.Files = "", slices.DeleteFunc(all, func(f string) bool { return filepath.Base(f) == "refusals.txtar" })
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("PROXY", proxy)
		env.Setenv("CALLER", "udp")
		env.Setenv("CALLEE", "udp")
		env.Setenv("LISTEN", "-l127.0.0.1:0")
		return setup(env)
	}
	p.Condition = func(cond string) (bool, error) {
		switch side, what, _ := strings.Cut(cond, ":"); side {
		case "caller", "callee":
			return what == "udp", nil
		default:
			return what == "stock", nil
		}
	}
	testscript.Run(t, p)
}

// luaBook has the examples of scripts: its one configuration loads each of its
// scripts.
const luaBook = "../../docs/lua.md"

// TestExamplesInLua runs each script of docs/lua.md with some messages: none has
// an error.
func TestExamplesInLua(t *testing.T) {
	text, err := os.ReadFile(luaBook)
	if err != nil {
		t.Fatal(err)
	}
	blocks := func(language string) (all []string) {
		for _, part := range strings.Split(string(text), "\n```"+language+"\n")[1:] {
			block, _, _ := strings.Cut(part, "\n```")
			all = append(all, block+"\n")
		}
		return all
	}
	cfg, scripts := blocks("kamailio"), blocks("lua")
	if len(cfg) != 1 || len(scripts) < 5 {
		t.Fatalf("%d configurations and %d scripts", len(cfg), len(scripts))
	}
	p := parameters()
	dir := t.TempDir()
	for i, s := range scripts {
		name := filepath.Join(dir, "example"+string(rune('a'+i))+".txtar")
		body := "daemon -f book.cfg -A 'SCRIPT=\"'$WORK'/book.lua\"'\npeer alice\npeer bob\n" +
			"new alice OPTIONS sip:{SERVER}\nnew alice REGISTER sip:{SERVER} To:<sip:bob@{SERVER}> Contact:<sip:bob@{bob}> Expires:60\n" +
			"new alice MESSAGE sip:bob@{SERVER}\nnew alice INVITE sip:carol@{bob}\n" +
			"! log 'error in a Lua script'\n! log failed\nstop\n"
		if err := os.WriteFile(name, []byte(body+"-- book.cfg --\n"+cfg[0]+"-- book.lua --\n"+s), 0o600); err != nil {
			t.Fatal(err)
		}
		p.Files = append(p.Files, name)
	}
	testscript.Run(t, p)
}
