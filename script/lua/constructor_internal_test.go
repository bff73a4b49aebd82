// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"
)

// searches is what the library does at most to compile a function and those
// in it: it compares a new constant with all the others.
func searches(p *glua.FunctionProto) int {
	n := len(p.Constants) * len(p.Constants)
	for _, in := range p.FunctionPrototypes {
		n += searches(in)
	}
	return n
}

// The work to compile large tables grows with their size, not its square.
func TestLargeTablesCompileInLinearWork(t *testing.T) {
	const n = 100_000
	tests := []struct{ name, begin, row, end string }{
		{"keys", "t = {\n", "k%[1]d = %[1]d,\n", "}"},
		{"values", "t = {\n", "'v%d',\n", "}"},
		{"rows", "t = {\n", "{ name = 'n%d' },\n", "}"},
		{"calls", "local t = f(1, {\n", "[g('k%d')] = h,\n", "})"},
		{"assignments", "t = {}\n", "t.k%[1]d = 'v%[1]d'\n", ""},
		{"assignments of locals", "local a, b = {}, 1\nif b then\n", "a['k%[1]d'], b = b, f('x%[1]d')\n", "end"},
		{"in a function", "function f()\nreturn {\n", "k%d = 1,\n", "}\nend"},
	}
	for _, tt := range tests {
		var text strings.Builder
		text.WriteString(tt.begin)
		for i := range n {
			fmt.Fprintf(&text, tt.row, i)
		}
		text.WriteString(tt.end)
		proto, err := compileProto("x.lua", text.String())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if got := searches(proto); got > 1000*n {
			t.Errorf("%s: %d comparisons for %d rows", tt.name, got, n)
		}
	}
}

// A constructor that was split gives the table that it would have given.
func TestSplitTables(t *testing.T) {
	var rows, assignments strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&rows, "k%d = %d,\n", i, i)
		fmt.Fprintf(&assignments, "t.k%d = %d\n", i, i)
	}
	tests := []struct{ script, want string }{
		{"local a, b = 'x', {}\nlocal t = {\n" + rows.String() + "a, b, (f()), self = a, [a] = 'y', function() return a end, f() }\na = 'z'\n" +
			"return t.k0 .. t.k2999 .. t[1] .. type(t[2]) .. t[3] .. t.self .. t.x .. t[4]() .. tostring(t[5]) .. tostring(t[6])", "02999xtable1xyz12"},
		{"local a = 'x'\nlocal t = {\n" + rows.String() + "a, (f()), self = a, function() return a end }\na = 'z'\n" +
			"return #t .. t.k0 .. t.k2999 .. t[1] .. t[2] .. t.self .. t[3]()", "302999x1xz"},
		{"local function v(...)\nreturn {\n" + rows.String() + "n = select('#', ...), (...), l = {...} }\nend\nlocal t = v(7, 8)\nreturn t.n .. t[1] .. #t.l", "272"},
		{"local t = {\n" + rows.String() + "{ a = 1, 2 }, 5 }\nlocal n = 0\nfor k in pairs(t) do n = n + 1 end\nreturn n .. t[1].a .. t[1][1] .. t[2]", "3002125"},
		{"return select(2, pcall(function() return {\n" + rows.String() + "x = nothing.here }\nend))", "x.lua:3002: attempt to index a non-table object(nil) with key 'here'"},
		{"local t, n = {}, 0\nlocal function v(...)\nfor i = 1, 2 do\n" + assignments.String() + "t.n, n = (...), n + i\nend\nend\nv('x')\nreturn t.k0 .. t.k2999 .. t.n .. n", "02999x3"},
		{"return select(2, pcall(function()\nlocal t = {}\n" + assignments.String() + "t.x = nothing.here\nend))", "x.lua:3003: attempt to index a non-table object(nil) with key 'here'"},
		{"return select('#', {\n" + rows.String() + "}, 1)", "2"},
		{"return select(2, pcall(function() return {\n" + rows.String() + "[nil] = 1 }\nend))", "x.lua:3002: table index is nil"},
	}
	for i, tt := range tests {
		proto, err := compileProto("x.lua", "function f() return 1, 2 end\n"[:28]+" "+tt.script)
		if err != nil {
			t.Errorf("%d: %v", i, err)
			continue
		}
		l := glua.NewState(glua.Options{SkipOpenLibs: true})
		glua.OpenBase(l)
		openString(l)
		l.Push(l.NewFunctionFromProto(proto))
		if err := l.PCall(0, 1, nil); err != nil {
			t.Errorf("%d: %v", i, err)
		} else if got := l.Get(-1).String(); got != tt.want {
			t.Errorf("%d: got %q, want %q", i, got, tt.want)
		}
		l.Close()
	}
}
