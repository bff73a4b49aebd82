// SPDX-License-Identifier: Apache-2.0

package lua_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/lua"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// What was nil is named as Lua 5.1 does; of KSR comes what the server knows.
func TestErrorsNameWhatIsNil(t *testing.T) {
	for _, tt := range []struct{ body, want string }{
		{`KSR.pv.gett("$ru")`, "call field 'gett' (a nil value): KSR.pv.gett is not there: did you mean get"},
		{`KSR.inf("x")`, "call field 'inf' (a nil value): KSR.inf is not there: did you mean info"},
		{`return KSR.pv.gett("$ru")`, "call field 'gett' (a nil value): KSR.pv.gett is not there: did you mean get"},
		{`KSR.info("a" .. KSR.pv.get("$ru") .. KSR.pv.gett(KSR.pv.get("$rU"), 1 and 2))`, "call field 'gett' (a nil value): KSR.pv.gett is not there: did you mean get"},
		{`local t = { get = 1, pv = { get = function() end } } t.pv.get() KSR.pv.get = nil KSR.pv.get("$ru")`, "call field 'get' (a nil value)"},
		{`KSR.htable.sht_get("a", "b")`, `index field 'htable' (a nil value): KSR.htable.sht_get is not there: the module htable is not loaded: add loadmodule "htable.so"`},
		{`KSR.pvv.get("$ru")`, "index field 'pvv' (a nil value): KSR.pvv is not there: did you mean pv"},
		{`nothing()`, "call global 'nothing' (a nil value)"},
		{`local t = {} t.x.y()`, "index field 'x' (a nil value)"},
		{`local t = {} t:x()`, "call method 'x' (a nil value)"},
		{`local t t()`, "call local 't' (a nil value)"},
		{`local t t.x = 1`, "index local 't' (a nil value)"},
		{`local t local function f() return t.x end f()`, "index upvalue 't' (a nil value)"},
		{`nothing[KSR.pv.get("$ru")] = 1`, "index global 'nothing' (a nil value)"},
		{`local ok, err = pcall(KSR.pv.gett) error(err, 0)`, `"error in a Lua script: attempt to call a nil value`},
		{`local ok, err = pcall(function() KSR.pv.gett() end) error(err, 0)`, "call field 'gett' (a nil value): KSR.pv.gett is not there"},
		{`coroutine.wrap(function() KSR.pv.gett() end)()`, "call field 'gett' (a nil value): KSR.pv.gett is not there"},
		{`loadstring("KSR.pv.gett()")()`, "call field 'gett' (a nil value): KSR.pv.gett is not there"},
		// A register that a local variable had before.
		{"if not KSR then local f = 1 f() end\nif KSR then KSR.pv.gett('x') end", "call field 'gett' (a nil value): KSR.pv.gett is not there"},
		{"do local f = 1 end do local g = 2 local h = 3 end\nif KSR then nothing.x() end", "index global 'nothing' (a nil value)"},
		{"do local f = 1 end do local g = 2 local h = 3 end\nlocal t = KSR.nothing\nt.x = 1", "index local 't' (a nil value)"},
		{"do local f = 1 end\nlocal t\nt()", "call local 't' (a nil value)"},
		{`for x in nil do end`, "attempt to call a nil value"},
		{`({})[1]()`, "attempt to call field '?' (a nil value)"},
	} {
		s := load(t, "", "function ksr_request_route()\n"+tt.body+"\nend", lua.Options{})
		s.run(s.call(scripttest.Invite))
		out := strings.Join(s.Env.Host.Lines(), "\n")
		if !strings.Contains(strings.ReplaceAll(out, `\"`, `"`), tt.want) || strings.Contains(out, "route.lua:1:") {
			t.Errorf("%s: got %s, want %s", tt.body, out, tt.want)
		}
	}
}

// A script may ask for what is not there.
func TestNilIsStillNil(t *testing.T) {
	const script = `function ksr_request_route()
	if KSR.pv.nope or KSR.htable or getmetatable(nil) ~= nil then KSR.info("there") end
	KSR.info(type(KSR.pv.nope) .. tostring(nil) .. tostring(pcall(getmetatable)))
end`
	if got := load(t, "", script, lua.Options{}).lines(scripttest.Invite); got != "nilnilfalse" {
		t.Error(got)
	}
}

// The names are those that Lua 5.1 gives, recorded from it.
func TestNilsAsInLua51(t *testing.T) {
	for _, tt := range []struct{ body, want string }{
		{`local routes = {}; local host = routes[dest].host`, `index field '?' (a nil value)`},
		{`local t={} local i=1 t[i].q()`, `index field '?' (a nil value)`},
		{`local t={} local k='a' t[k].x=1`, `index field '?' (a nil value)`},
		{`local t={} t[1].z=2`, `index field '?' (a nil value)`},
		{`local t={} t[1]()`, `call field '?' (a nil value)`},
		{`local t={} t.a()`, `call field 'a' (a nil value)`},
		{`local t={} t.a.b()`, `index field 'a' (a nil value)`},
		{`local t={} t.a.b=1`, `index field 'a' (a nil value)`},
		{`local t={} t:a()`, `call method 'a' (a nil value)`},
		{`local t t()`, `call local 't' (a nil value)`},
		{`local t t.x=1`, `index local 't' (a nil value)`},
		{`local t t[1]=1`, `index local 't' (a nil value)`},
		{`local t return t.x`, `index local 't' (a nil value)`},
		{`nothing()`, `call global 'nothing' (a nil value)`},
		{`nothing.x()`, `index global 'nothing' (a nil value)`},
		{`nothing[1]=1`, `index global 'nothing' (a nil value)`},
		{`({})[1]()`, `call field '?' (a nil value)`},
		{`local t={} t['a b']()`, `call field 'a b' (a nil value)`},
		{`local t={} t['a b'].x=1`, `index field 'a b' (a nil value)`},
		{`local t={} local k='a' t[k]()`, `call field '?' (a nil value)`},
		{`local f = function() return nil end; f()()`, `call a nil value`},
		{`local f = function() return nil end; f().x=1`, `index a nil value`},
		{`local f = function() return nil end; return f().x`, `index a nil value`},
		{`local t return (function() return t.x end)()`, `index upvalue 't' (a nil value)`},
		{`local t return (function() t() end)()`, `call upvalue 't' (a nil value)`},
		{`local t={} return (function() return t[1].x end)()`, `index field '?' (a nil value)`},
		{`local t={{}} t[1][2][3]=4`, `index field '?' (a nil value)`},
		{`local t={a={}} t.a[1].b=2`, `index field '?' (a nil value)`},
		{`local t={} t[nil].x=1`, `index field '?' (a nil value)`},
		{`local t={} t[t].x=1`, `index field '?' (a nil value)`},
		{`local t={a={}} t.a.b.c=1`, `index field 'b' (a nil value)`},
		{`local s='x' return s.y.z`, `index field 'y' (a nil value)`},
		{`local t={} return t.a.b.c`, `index field 'a' (a nil value)`},
		{`local t={} t[1]:m()`, `index field '?' (a nil value)`},
		{`local t={} t.a:m()`, `index field 'a' (a nil value)`},
		{`for x in nil do end`, `call a nil value`},
		{`local t={} return t[1]()`, `call field '?' (a nil value)`},
		{`local t={} return t.a()`, `call field 'a' (a nil value)`},
		{`local a={} local b=a.x b()`, `call local 'b' (a nil value)`},
		{`local a={} local b=a[1] b.c=1`, `index local 'b' (a nil value)`},
		{`nothing.x.y=1`, `index global 'nothing' (a nil value)`},
		{`local t={} t[1].a.b()`, `index field '?' (a nil value)`},
		{`return (nil)()`, `call a nil value`},
		{`return (nil).x`, `index a nil value`},
		{`local t={} local u = t.x and 1 or t.y.z`, `index field 'y' (a nil value)`},
		{`local t={} local k='x' return #t[k].z`, `index field '?' (a nil value)`},
		{`return ('x')[1].y`, `index field '?' (a nil value)`},
		{`local t={} t[1][nothing]=1`, `index field '?' (a nil value)`},
		{`local t={} print(t[1].x)`, `index field '?' (a nil value)`},
		{`print(nothing.x)`, `index global 'nothing' (a nil value)`},
		{`return ('x').foo()`, `call field 'foo' (a nil value)`},
		{`return ('x'):foo()`, `call method 'foo' (a nil value)`},
		{`local a,b={},nil; a[b.c]=1`, `index local 'b' (a nil value)`},
		{`local t={x={}} t.x.y.z.w=1`, `index field 'y' (a nil value)`},
		{`local function f(...) return (...).x end f()`, `index a nil value`},
		{`local function f(...) (...)() end f()`, `call a nil value`},
		{`local t={} t[true]()`, `call field '?' (a nil value)`},
		{`local t, a = {}, {} t = a.x t.y = 1`, `index local 't' (a nil value)`},
		{`local t, a = {}, {} t = a[1] t()`, `call local 't' (a nil value)`},
		{`local t, a = {}, {} if a then t = a.x end t.y = 1`, `index local 't' (a nil value)`},
		{`local a = {b={c=1}, d={}}; local x = a.b.c; local y = a.d.c.c`, `index field 'c' (a nil value)`},
		{`do local f = 1 end local t = {} if t then t.x.y = 1 end`, `index field 'x' (a nil value)`},
		{`local t = {} do local f = 1 end (nothing).x = 1`, `index global 'nothing' (a nil value)`},
		{`local t if not t then t.x = 1 end`, `index local 't' (a nil value)`},
		{`for i = 1, 2 do local t if i == 2 then t.x = 1 end end`, `index local 't' (a nil value)`},
		{`local t = {} for k, v in pairs({1}) do t[k].x = v end`, `index field '?' (a nil value)`},
		{`local t={} t[1.5].x=1`, `index field '?' (a nil value)`},
	} {
		s := load(t, "", "function ksr_request_route()\nlocal ok, e = pcall(function(...) "+tt.body+" end)\nKSR.info(e)\nend", lua.Options{})
		if got := s.lines(scripttest.Invite); !strings.HasSuffix(got, ": attempt to "+tt.want) {
			t.Errorf("%s: got %s, want %s", tt.body, got, tt.want)
		}
	}
}

// A script that fails for each message must not cost much more than another one: what
// KSR has is put together once.
func TestNilsCost(t *testing.T) {
	s := load(t, "", `function ksr_request_route() pcall(function() KSR.pv.gett() end) end`, lua.Options{})
	c := s.call(scripttest.Invite)
	s.run(c)
	if n := testing.AllocsPerRun(20, func() { s.run(c) }); n > 500 {
		t.Errorf("%v allocations for a name that is not there", n)
	}
}
