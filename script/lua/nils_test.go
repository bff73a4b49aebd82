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
		{`({})[1]()`, "attempt to call a nil value"},
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
