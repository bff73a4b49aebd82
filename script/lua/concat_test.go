// SPDX-License-Identifier: Apache-2.0

package lua_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/lua"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// What .. gives, as Lua 5.1 has it.
func TestConcatenation(t *testing.T) {
	tests := []struct{ expr, want string }{
		{`a .. b`, "text7"},
		{`a .. b .. 1 .. "x"`, "text71x"},
		{`2^60 .. a`, "1.1529215046068e+18text"},
		{`a .. 0.1 + 0.2`, "text0.3"},
		{`a .. -1 .. "|" .. 10 / 4`, "text-1|2.5"},
		{`m .. a`, "<m text>"},
		{`a .. m`, "<text m>"},
		{`1 .. m .. a`, "1<m text>"},
		{`m .. m`, "<m m>"},
		{`select(2, pcall(function() return a .. nil end))`, "script.lua:8: attempt to concatenate a nil value"},
		{`select(2, pcall(function() return {} .. a end))`, "script.lua:8: attempt to concatenate a table value"},
		{`select(2, pcall(function() return a .. true .. b end))`, "script.lua:8: attempt to concatenate a boolean value"},
		{`(function() setfenv(1, {}) return a .. b end)()`, "text7"},
		{`#(a .. b)`, "5"},
		{`a .. b .. ("x"):gsub("x", "y")`, "text7y"},
		{`a .. string.find("xy", "y")`, "text2"},
		{`(function(...) return a .. ... end)("1", "2")`, "text1"},
		{`(a .. b):upper()`, "TEXT7"},
	}
	for _, tt := range tests {
		s := load(t, "", `
local a, b = "text", 7
local m = setmetatable({}, { __concat = function(x, y)
	if type(x) == "table" then x = "m" end
	if type(y) == "table" then y = "m" end
	return "<" .. x .. " " .. y .. ">"
end }) function ksr_request_route()
KSR.info(tostring(`+tt.expr+`)) end`, lua.Options{})
		got := s.lines(scripttest.Invite)
		if at := strings.Index(got, "script.lua:"); at > 0 {
			got = got[at:]
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.expr, got, tt.want)
		}
	}
}

// No string grows beyond 64 MiB, however it is made.
func TestStringsAreBounded(t *testing.T) {
	for _, body := range []string{
		`while true do s = s .. s end`,
		`local t = {} while true do t.s = (t.s or s) .. (t.s or s) end`,
		`local function f(x) return f(x .. x) end f(s)`,
		`while true do s = table.concat({ s, s }) end`,
		`while true do s = string.gsub(s, "^.*$", "%0%0") end`,
		`while true do s = string.format("%s%s", s, s) end`,
		`while true do s = string.rep(s, 2) end`,
		// Nor do all of them together beyond what a message may take.
		`local big, t = string.rep("x", 32 * 1024 * 1024), {} for i = 1, 60 do t[i] = big .. i end`,
	} {
		s := load(t, "", "function ksr_request_route() local s = string.rep('x', 1024) "+body+" end", lua.Options{})
		if got := s.lines(scripttest.Invite); !strings.Contains(got, "script.lua:1: not enough memory") {
			t.Errorf("%s: %.200s", body, got)
		}
	}
}
