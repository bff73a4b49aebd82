// SPDX-License-Identifier: Apache-2.0

package lua_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/lua"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// eval runs an expression and returns what it gives, as tostring prints it.
func eval(t *testing.T, expr string) string {
	t.Helper()
	s := load(t, "", "function ksr_request_route() KSR.info(tostring("+expr+")) end", lua.Options{})
	return s.lines(scripttest.Invite)
}

// What nests without end is an error that a script can catch; what nests
// deeply is none.
func TestDepth(t *testing.T) {
	tests := []struct{ expr, want string }{
		{`(function() local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end return f(15000) end)()`, "15000"},
		{`(function() local function f() return 1 + f() end local ok, e = pcall(f) return tostring(ok) .. e:match(":%d+: .*") end)()`, "false:1: stack overflow"},
		{`(function() local function f() return 1 + f() end local ok, e = xpcall(f, function(e) return "H" .. e:match(":%d+: .*") end) return tostring(ok) .. e end)()`, "falseH:1: stack overflow"},
		{`(function() local function f() return 1 + f() end local c = coroutine.create(f) return select(2, coroutine.resume(c)) end)()`, "stack overflow"},
		{`(function() local function co() return coroutine.wrap(co)() end return (select(2, pcall(co)):match("C stack overflow")) end)()`, "C stack overflow"},
		{`(function() local d = 0 local function co() d = d + 1 return coroutine.resume(coroutine.create(co)) end co() return d end)()`, "199"},
		{`(function() local function f(n) local ok, e = pcall(f, n + 1) return e end return f(1) end)()`, "C stack overflow"},
		{`(function() local n = 0 local function f() n = n + 1 pcall(f) error("x") end pcall(f) return n end)()`, "198"},
		{`(function() local n = 0 local function f() n = n + 1 xpcall(f, function() return f() end) end f() return n end)()`, "199"},
		{`(function() for i = 1, 1000 do pcall(error) pcall(pcall) xpcall(error, type) end return pcall(pcall, pcall, type, 1) end)()`, "true"},
		// The limit counts those that are running, not those that were.
		{`(function() for i = 1, 1000 do coroutine.wrap(function() coroutine.yield() end)() end return "ok" end)()`, "ok"},
		// An error in a coroutine leaves the one who resumed it running.
		{`(function() pcall(coroutine.wrap(function() error("x") end)) return coroutine.running() end)()`, "nil"},
		{`(function() local f = coroutine.wrap(function() error("x") end) pcall(f) return (select(2, pcall(f)):match("cannot.*")) end)()`, "cannot resume dead coroutine"},
		{`(function() local a a = coroutine.create(function() local b = coroutine.create(function() return coroutine.status(a), coroutine.resume(a) end) return coroutine.resume(b) end) local t = {coroutine.resume(a)} return t[3] .. ": " .. t[5] end)()`, "normal: cannot resume non-suspended coroutine"},
	}
	for _, tt := range tests {
		if got := eval(t, tt.expr); got != tt.want {
			t.Errorf("%s: got %.200q, want %q", tt.expr, got, tt.want)
		}
	}
}

// An overflow that nobody catches is told with its place, and the state serves
// the next message.
func TestOverflowIsTold(t *testing.T) {
	s := load(t, "", "local function f()\n  return 1 + f()\nend\nfunction ksr_request_route() if KSR.is_INVITE() then f() end KSR.info(\"next\") end", lua.Options{})
	if got := s.lines(scripttest.Invite); !strings.Contains(got, "script.lua:2: stack overflow") {
		t.Errorf("got %.300q", got)
	}
	if got := s.lines(strings.ReplaceAll(scripttest.Invite, "INVITE", "MESSAGE")); got != "next" {
		t.Errorf("then got %.300q", got)
	}
}
