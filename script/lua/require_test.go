// SPDX-License-Identifier: Apache-2.0

package lua_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/core"
	"github.com/kahea-sip/kahea/script/lua"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// A module that cannot be loaded is told in one line, by the start and by the check.
func TestRequire(t *testing.T) {
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"broken": "x = = 1", "outer": "return require 'cjson.safe'", "fine": "return { x = 1 }", "newer": "return 7 // 2"} {
		if err := os.WriteFile(name+".lua", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const jansson = "modules in C cannot be loaded: use KSR.jansson.get"
	for _, tt := range []struct{ script, want string }{
		{`require "cjson"`, "script.lua:1: the module cjson is in C: " + jansson},
		{`local json = require("cjson.safe")`, "script.lua:1: the module cjson.safe is in C: " + jansson},
		{`require "luasql.mysql"`, "modules in C cannot be loaded: use KSR.sqlops.sql_query"},
		{"\nrequire 'socket'", "script.lua:2: the module socket is in C: modules in C cannot be loaded: use KSR.http_client.query"},
		{`require "outer"`, "outer.lua:1: the module cjson.safe is in C: " + jansson},
		{`require "broken"`, `./broken.lua:1:5: syntax error near "="`},
		{`require "newer"`, "./newer.lua:1:10: integer division (//) is of Lua 5.3"},
		{`local f = require "fine" assert(f.x == 1)`, ""},
		{`local ok, json = pcall(require, "cjson") assert(not ok)`, ""},
		{`local ok, json = pcall(function() return require "cjson" end) assert(not ok)`, ""},
		{`local f, message, what = package.loadlib("x.so", "f") assert(not f and what == "absent")`, ""},
	} {
		s := load(t, "", "", lua.Options{})
		s.write(tt.script)
		started := ""
		if err := s.program.Reload(-1); err != nil {
			started = err.Error()
		}
		compiled, err := lua.Compile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		checked := ""
		for _, e := range lua.Check([]*lua.Script{compiled}, core.Exports(core.Options{}), nil) {
			checked += e.Message + ": " + e.Advice
		}
		if (started == "") != (tt.want == "") || !strings.Contains(started, tt.want) || strings.Contains(started, "\n") {
			t.Errorf("%s: the start says %q, want %q", tt.script, started, tt.want)
		}
		told := tt.want[strings.Index(tt.want, ": ")+1:]
		if (checked == "") != (tt.want == "") || !strings.Contains(checked, strings.TrimSpace(told)) {
			t.Errorf("%s: the check says %q, want %q", tt.script, checked, told)
		}
	}
	if got := load(t, "", `function ksr_request_route() KSR.info(tostring(select(2, pcall(require, "no.such")))) end`, lua.Options{}).lines(scripttest.Invite); !strings.Contains(got, "no.such not found") {
		t.Error(got)
	}
}
