// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

// TestKEMICalls makes the calls of testdata/calls through Debian's example of a
// server in Lua, in each of the ways of TestCalls. The condition [kemi] is true
// there. What is for clients behind NAT is off: with it a contact over TCP is told
// with where it came from.
func TestKEMICalls(t *testing.T) {
	proxy := refserver.KEMIOf(t, func(m string) bool { return m != "nathelper" && module.Lookup(m) != nil })
	for _, v := range variants {
		if v.proxy == stock {
			continue // the same way as the first one
		}
		t.Run(v.name, func(t *testing.T) {
			v.proxy = proxy
			testscript.Run(t, v.parameters())
		})
	}
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
