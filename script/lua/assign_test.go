// SPDX-License-Identifier: Apache-2.0

package lua_test

import "testing"

// An assignment of several values computes all of them before it changes a
// variable, as Lua 5.1 does.
func TestAssignmentsComputeFirst(t *testing.T) {
	tests := []struct{ body, want string }{
		{`local x, y = 1, 2 x, y = y, x return x .. y`, "21"},
		{`local x, y, z = 1, 2, 3 x, y, z = y, z, x return x .. y .. z`, "231"},
		{`local x, y, z = 1, 2, 3 x, y = z, x, y return x .. y`, "31"},
		{`local x, y, t = 1, 2, {} x, t[1], y = y, x, x return x .. t[1] .. y`, "211"},
		{`local x, y = 1, 2 x, y = y, x + 0 return x .. y`, "21"},
		{`local x, y = 1, 2 local function f() return x end x, y = y, f() return x .. y`, "21"},
		{`local x, y = 1, 2 local function f() return x, 9 end local z x, y, z = y, f() return x .. y .. z`, "219"},
		{`local function f(...) local x, y = 1, 2 x, y = y, ... return x .. y end return f(7, 8)`, "27"},
		{`local t, u = { x = { v = 1 } } u = t t, t.x = nil, 9 return tostring(t) .. u.x`, "nil9"},
		{`local i, t = 1, {} i, t[i] = i + 1, 20 return i .. t[1]`, "220"},
		{`local i, t = 1, {} t[i], i = 20, i + 1 return i .. t[1]`, "220"},
		{`local t = { 1, 2 } t[1], t[2] = t[2], t[1] return t[1] .. t[2]`, "21"},
		{`gx, gy = 1, 2 gx, gy = gy, gx return gx .. gy`, "21"},
		{`local x, y = 1, 2 return (function() x, y = y, x return x .. y end)()`, "21"},
		{`local r = "" for i = 1, 2 do if i == 2 then repeat local x, y = i, 5 x, y = y, x r = r .. x .. y until true end end return r`, "52"},
		{`local log = "" local function n(s) log = log .. s return s end local t = {} t[n("a")], t[n("b")] = n("c"), n("d") return log .. t.a .. t.b`, "abcdcd"},
		{`return tostring(select("#", pcall(error)))`, "2"},
	}
	for _, tt := range tests {
		if got := eval(t, "(function() "+tt.body+" end)()"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.body, got, tt.want)
		}
	}
}
