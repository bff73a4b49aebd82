// SPDX-License-Identifier: Apache-2.0

package lua_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
	_ "github.com/kahea-sip/kahea/modules/standard"
	"github.com/kahea-sip/kahea/script/core"
	"github.com/kahea-sip/kahea/script/lua"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// host makes calls for scripts that run without a message.
type host struct {
	*scripttest.Host
	t   testing.TB
	env *scripttest.Env
}

func (h *host) NewCall() *module.Call {
	c := h.env.Call(h.t, scripttest.Invite)
	c.Host, c.Route = h, module.EventRoute
	return c
}

func (h *host) FreeCall(*module.Call) {}

// server is a configuration with a script.
type server struct {
	*scripttest.Env
	t       testing.TB
	host    *host
	program *lua.Program
	file    string
}

const modules = `
loadmodule "pv.so"
loadmodule "xlog.so"
loadmodule "textops.so"
loadmodule "textopsx.so"
loadmodule "maxfwd.so"
loadmodule "corex.so"
loadmodule "kemix.so"
`

// load loads a script; native are further lines of the configuration.
func load(t testing.TB, native, script string, opt lua.Options) *server {
	t.Helper()
	s := &server{t: t, file: filepath.Join(t.TempDir(), "script.lua")}
	s.write(script)
	s.Env = scripttest.MustLoad(t, modules+native, scripttest.Options{})
	s.host = &host{s.Env.Host, t, s.Env}
	compiled, err := lua.Compile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	opt.Files = []string{s.file}
	setup := lua.Setup{Core: core.Exports(core.Options{Defines: map[string]string{"NAME": "value"}}), Native: s.Env.Program, Main: true, Host: s.host}
	for _, m := range s.Env.Modules {
		setup.Modules = append(setup.Modules, lua.Loaded{Name: m.Name, Module: m.Module, Exports: m.Exports})
	}
	if s.program, err = lua.New(opt, []*lua.Script{compiled}, setup); err != nil {
		t.Fatal(err)
	}
	if err := s.program.Start(); err != nil {
		t.Fatal(err)
	}
	s.Env.Host.Lines()
	return s
}

func (s *server) write(script string) {
	s.t.Helper()
	if err := os.WriteFile(s.file, []byte(script), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *server) call(text string) *module.Call {
	c := s.Env.Call(s.t, text)
	c.Host = s.host
	return c
}

// run runs the main route for a call.
func (s *server) run(c *module.Call) module.Outcome {
	s.t.Helper()
	kind := module.RequestRoute
	if !c.Msg.IsRequest() {
		kind = module.CoreReplyRoute
	}
	r, ok := s.program.Lookup(kind, "")
	if !ok {
		s.t.Fatal("there is no main route")
	}
	return s.program.Run(c, r)
}

// lines runs the main route for a request and returns what was logged.
func (s *server) lines(text string) string {
	s.t.Helper()
	before := len(s.Env.Host.Lines())
	s.run(s.call(text))
	out := s.Env.Host.Lines()[before:]
	for i, l := range out {
		l = strings.TrimPrefix(l, "msg=")
		out[i] = strings.Trim(l, `"`)
	}
	return strings.Join(out, "\n")
}

// Values of KSR go through tostring with their types, as the reference gives
// them: each row was seen with Kamailio 5.6.3 and app_lua.
func TestValues(t *testing.T) {
	const show = `
local function show(v) return type(v) .. ":" .. tostring(v) end
function ksr_request_route() KSR.info(show(EXPR)) end`
	tests := []struct{ expr, want string }{
		{`KSR.info("x")`, "x\nboolean:false"},
		{`KSR.setflag("3")`, "boolean:true"},
		{`KSR.setflag("x") and KSR.isflagset(0)`, "boolean:true"},
		{`KSR.pv.get("$rU")`, "string:bob"},
		{`KSR.pv.get("$du")`, "nil:nil"},
		{`KSR.pv.gete("$du")`, "string:"},
		{`KSR.pv.getw("$du")`, "string:<null>"},
		{`KSR.pv.getvn("$du", 7)`, "number:7"},
		{`KSR.pv.getvs("$du", "d")`, "string:d"},
		{`KSR.pv.geti("$rU")`, "number:0"},
		{`KSR.pv.get("$sp")`, "number:5090"},
		{`KSR.pv.get("$rp")`, "string:5060"},
		{`KSR.pv.geti("$rp")`, "number:5060"},
		{`KSR.pv.get("$(rU{s.len})")`, "number:3"},
		{`KSR.pv.seti("$var(x)", 5.7) and KSR.pv.get("$var(x)")`, "number:5"},
		{`KSR.pv.sets("$var(x)", 4.25) and KSR.pv.get("$var(x)")`, "string:4.25"},
		{`KSR.pv.sets("$var(x)", 1.0) and KSR.pv.get("$var(x)")`, "string:1"},
		{`KSR.pv.sets("$avp(a)", "1") and KSR.pv.sets("$avp(a)", "2") and KSR.pv.get("$(avp(a)[*])")`, "string:2, 1"},
		{`KSR.pv.unset("$avp(a)") and KSR.pv.is_null("$avp(a)")`, "boolean:true"},
		{`KSR.hdr.get("User-Agent")`, "string:TestUA/1.0"},
		{`KSR.hdr.get("X-None")`, "nil:nil"},
		{`KSR.hdr.is_present("X-None")`, "number:-1"},
		{`KSR.hdr.remove("X-None")`, "number:1"},
		{`KSR.is_method_in("BI")`, "boolean:true"},
		{`KSR.is_method("invite")`, "boolean:true"},
		{`KSR.is_INVITE()`, "boolean:true"},
		{`KSR.is_myself_ruri()`, "boolean:true"},
		{`KSR.is_myself_furi()`, "boolean:false"},
		{`KSR.maxfwd.is_maxfwd_lt(80)`, "number:1"},
		{`KSR.route("NATIVE")`, "number:7"},
		{`KSR.route("NOPE")`, "at=\nnumber:-1"},
		{`KSR.route("EXIT")`, "number:0"},
		{`KSR.route("DROP")`, "number:0"},
		{`KSR.pv.sets("$avp(a)", "1") and KSR.pv.sets("$avp(a)", "2") and KSR.pvx.avp_rm("a") .. KSR.pv.get("$(avp(a)[*])")`, "string:11"},
		{`KSR.hdr.remove("")`, "at=\nnumber:-1"},
		{`KSR.maxfwd.process_maxfwd(-1)`, "number:-1"},
		{`KSR.drop`, "nil:nil"},
		{`KSR.x.modf("is_present_hf", "From")`, "number:1"},
		{`KSR.x.modf("pv_isset", "$rU")`, "number:1"},
		{`KSR.x.modf("nope")`, "at=\nnumber:-1"},
		{`select(2, pcall(KSR.x.exit))`, "string:~~ksr~exit~~"},
		{`KSR.kx.get_furi()`, "string:sip:alice@example.com"},
		{`KSR.kx.gete_body()`, "string:"},
		{`KSR.kx.get_status()`, "number:-1"},
		{`KSR.kx.get_def("NAME")`, "string:value"},
		{`KSR.kx.ifdef("NOPE")`, "boolean:false"},
		{`KSR.pvx.xavp_child_sets("c", "k", "v") and KSR.pvx.xavp_getd("c")[1].k[1]`, "string:v"},
		{`KSR.pvx.xavp_get_keys("c", 0)`, "nil:nil"},
		{`KSR.pvx.evalx("$var(e)", "$rU!") and KSR.pv.get("$var(e)")`, "string:bob!"},
		{`KSR.textops.is_privacy("id")`, "number:-1"},
		{`KSR.tm`, "nil:nil"},
		{`10 / 4 .. tostring(2^53) .. tostring(1e15)`, "string:2.59.007199254741e+151e+15"},
		{`_VERSION`, "string:Lua 5.1"},
	}
	for _, tt := range tests {
		s := load(t, "route[NATIVE] { return 7; } route[EXIT] { exit; } route[DROP] { drop; }", strings.Replace(show, "EXPR", tt.expr, 1), lua.Options{})
		got := s.lines(scripttest.Invite)
		if want, ok := strings.CutPrefix(tt.want, "at=\n"); ok {
			// A line about the failure stands before.
			_, got, _ = strings.Cut(got, "\n")
			tt.want = want
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.expr, got, tt.want)
		}
	}
}

// An event route of the configuration runs where no callback stands for it; its other
// routes are those of the scripts.
func TestNativeEventRoutes(t *testing.T) {
	s := load(t, `event_route[core:pre-routing] { xlog("native\n"); }
event_route[core:worker-one-init] { xlog("begin\n"); }
reply_route { xlog("reply\n"); }
onsend_route { xlog("send\n"); }`, `function ksr_request_route() end`, lua.Options{})
	for name, want := range map[string]string{module.EventPreRouting: "native", module.EventWorkerInit: "begin"} {
		r, ok := s.program.Lookup(module.EventRoute, name)
		if !ok {
			t.Fatalf("%s is not there", name)
		}
		s.program.Run(s.call(scripttest.Invite), r)
		if got := strings.Join(s.Env.Host.Lines(), "\n"); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	for _, kind := range []module.RouteKind{module.CoreReplyRoute, module.OnSendRoute} {
		if _, ok := s.program.Lookup(kind, ""); ok {
			t.Errorf("%v: a route of the configuration runs", kind)
		}
	}
}

// A request_route of the configuration goes first, as in the reference; the
// replies are those of the script.
func TestNativeRequestRouteGoesFirst(t *testing.T) {
	s := load(t, "request_route { xlog(\"L_INFO\", \"native\"); } reply_route { xlog(\"L_INFO\", \"native\"); }", `
function ksr_request_route() KSR.info("lua") end
function ksr_reply_route() KSR.info("lua") end`, lua.Options{})
	if got := s.lines(scripttest.Invite); !strings.Contains(got, "native") {
		t.Errorf("request: %q", got)
	}
	const reply = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	if got := s.lines(reply); got != "lua" {
		t.Errorf("reply: %q", got)
	}
}

// Scripts without a function for requests are told of: nothing else would say why
// nothing is answered.
func TestScriptWithoutRequestRoute(t *testing.T) {
	for _, row := range []struct {
		native, script string
		told           bool
	}{
		{"", "function ksr_reply_route() end", true},
		{"", "function ksr_request_route() end", false},
		{"request_route { exit; }", "function ksr_reply_route() end", false},
	} {
		s := load(t, row.native, row.script, lua.Options{})
		if err := s.program.Reload(-1); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(s.Env.Host.Lines(), "\n"); strings.Contains(got, "ksr_request_route") != row.told {
			t.Errorf("%s %s: the log is %q", row.native, row.script, got)
		}
	}
}

// The functions of every module that ships can be offered to scripts: what they
// prepare at start they do without arguments here.
func TestFunctionsOfEveryModuleAreOffered(t *testing.T) {
	for _, name := range module.Names() {
		t.Run(name, func(t *testing.T) {
			env := scripttest.MustLoad(t, modules, scripttest.Options{})
			m := module.Lookup(name)()
			setup := lua.Setup{Native: env.Program, Main: true, Host: &host{env.Host, t, env}, Modules: []lua.Loaded{{Name: name, Module: m, Exports: m.Exports()}}}
			if _, err := lua.New(lua.Options{}, nil, setup); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOutcome(t *testing.T) {
	tests := []struct {
		name, body string
		want       module.Outcome
	}{
		{"end", `return 5`, module.Outcome{Result: module.True}},
		{"exit", `KSR.x.exit() KSR.info("not here")`, module.Outcome{Result: module.True, Exit: true}},
		{"os.exit", `os.exit(1)`, module.Outcome{Result: module.True, Exit: true}},
		{"drop", `KSR.x.drop()`, module.Outcome{Result: module.True, Exit: true, Drop: true}},
		{"set_drop", `KSR.set_drop()`, module.Outcome{Result: module.True, Drop: true}},
		{"exit from within", `local function f() KSR.x.exit() end for i = 1, 2 do f() end`, module.Outcome{Result: module.True, Exit: true}},
		{"error", `local x = nil; x.y = 1`, module.Outcome{Result: module.False}},
	}
	for _, tt := range tests {
		s := load(t, "", "function ksr_request_route() "+tt.body+" end", lua.Options{})
		for range 2 { // the state is as before
			if got := s.run(s.call(scripttest.Invite)); got != tt.want {
				t.Errorf("%s: got %+v, want %+v", tt.name, got, tt.want)
			}
		}
	}
}

func TestErrorsHaveTheirPlaceAndATraceback(t *testing.T) {
	s := load(t, "", `
local function inner(m)
	return m.field.deep
end
function ksr_request_route()
	local v = inner({})
	return v
end`, lua.Options{})
	got := s.lines(scripttest.Invite)
	for _, want := range []string{"script.lua:3: ", "call_id=call1@host", "traceback=", "script.lua:6: in function 'ksr_request_route'", "script.lua:3: in function 'inner'"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %s", want, got)
		}
	}
	if got := s.lines(scripttest.Invite); strings.Contains(got, "traceback") {
		t.Errorf("the same error is told twice: %s", got)
	}
}

// An error without a place in its text counts for where it came from: four of its
// texts are told there, and each but once.
func TestErrorsWithoutPlace(t *testing.T) {
	s := load(t, "", `
local n = 0
function ksr_request_route()
	n = n + 1
	if n % 3 == 0 then error(setmetatable({ n }, { __tostring = function(t) return "object " .. t[1] end })) end
	if n % 3 == 1 then error("text " .. n .. "\n\tof\nlines", 0) end
	error(function() end)
end`, lua.Options{})
	for range 30 {
		s.run(s.call(scripttest.Invite))
	}
	out := strings.Join(s.Env.Host.Lines(), "\n")
	for _, want := range []string{"text 1; of lines", "text 10;", "object 3", "object 12", "error object is a function value"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not there: %s", want, out)
		}
	}
	if got := strings.Count(out, "traceback="); got != 4+4+1 {
		t.Errorf("%d errors are told: %s", got, out)
	}
}

// How often an error came again is told after a minute without it, or at the end.
func TestErrorsThatEnd(t *testing.T) {
	s := load(t, "", "function ksr_request_route()\n\tif KSR.is_ACK() then error('ack') end\n\terror('same')\nend", lua.Options{})
	fail := func(times int, text string) {
		for range times {
			s.run(s.call(text))
		}
	}
	seen := 0
	told := func(want string) {
		t.Helper()
		all := s.Env.Host.Lines()
		out := strings.Join(all[seen:], "\n")
		seen = len(all)
		if !strings.Contains(out, want) || strings.Contains(out, "came again") != (want != "") {
			t.Errorf("got %q, want %q", out, want)
		}
	}
	ack := strings.ReplaceAll(scripttest.Invite, "INVITE", "ACK")
	fail(1, ack)
	fail(4, scripttest.Invite)
	s.Env.Host.Advance(59 * time.Second)
	told("")
	fail(1, scripttest.Invite)
	s.Env.Host.Advance(59 * time.Second)
	told("")
	s.Env.Host.Advance(2 * time.Second)
	told("script.lua:3 repeated=4")
	fail(3, scripttest.Invite)
	fail(3, ack)
	told("")
	s.program.Stop()
	told("script.lua:3 repeated=2")
	s.Env.Host.Advance(time.Hour)
	told("")
}

// Of a message that was made up there is no Call-ID to tell.
func TestErrorsWithoutMessage(t *testing.T) {
	s := load(t, "", "function ksr_request_route() error('made up') end", lua.Options{})
	c := s.call(scripttest.Invite)
	c.MadeUp = true
	s.run(c)
	if out := strings.Join(s.Env.Host.Lines(), "\n"); !strings.Contains(out, `made up" route=ksr_request_route`) {
		t.Error(out)
	}
}

// What a function of KSR could not do is told with the Call-ID.
func TestFailuresHaveTheCallID(t *testing.T) {
	s := load(t, "", "function ksr_request_route() KSR.textops.search('(') KSR.textops.replace('(', 'x') KSR.pv.sets('$ru', '') end", lua.Options{})
	if out := s.lines(scripttest.Invite); !strings.Contains(out, "failed") || strings.Count(out, "failed") != strings.Count(out, "call_id=call1@host") {
		t.Error(out)
	}
}

func TestStepLimit(t *testing.T) {
	for _, body := range []string{
		`while true do end`,
		`while true do pcall(function() while true do end end) end`,
		`coroutine.wrap(function() while true do end end)()`,
		`string.find(string.rep("a", 3000), ".-.-.-.-b")`,
		`pcall(string.gsub, string.rep("a", 3000), "a-a-a-a-b", "") for i = 1, 9 do end`,
		`for x in string.gmatch(string.rep("a", 3000), "a*a*a*a*b") do end`,
		`local co = coroutine.create(function() while true do end end) coroutine.resume(co) while true do end`,
	} {
		s := load(t, "", "function ksr_request_route() if KSR.is_ACK() then "+body+" end KSR.info('fine') end", lua.Options{StepLimit: 10000})
		s.run(s.call(strings.ReplaceAll(scripttest.Invite, "INVITE", "ACK")))
		if out := strings.Join(s.Env.Host.Lines(), "\n"); !strings.Contains(out, "step_limit") || !strings.Contains(out, "script.lua:1") {
			t.Errorf("%s: %s", body, out)
		}
		if got := s.lines(scripttest.Invite); got != "fine" {
			t.Errorf("%s: the next message gets %q", body, got)
		}
	}
}

func TestSandbox(t *testing.T) {
	const script = `function ksr_request_route()
	KSR.info(tostring(io) .. tostring(os.execute) .. tostring(os.remove) .. type(os.time) .. type(require))
end`
	if got := load(t, "", script, lua.Options{Sandbox: true}).lines(scripttest.Invite); got != "nilnilnilfunctionfunction" {
		t.Error(got)
	}
	if got := load(t, "", script, lua.Options{}).lines(scripttest.Invite); strings.Contains(got, "nil") {
		t.Error(got)
	}
}

func TestRequireFindsModulesByPackagePath(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "names.lua"), []byte(`return { carol = "sip:carol@192.0.2.1" }`), 0o600); err != nil {
		t.Fatal(err)
	}
	s := load(t, "", `package.path = "`+dir+`/?.lua;" .. package.path
local names = require("names")
function ksr_request_route() KSR.info(names.carol) end`, lua.Options{})
	if got := s.lines(scripttest.Invite); got != "sip:carol@192.0.2.1" {
		t.Error(got)
	}
}

func TestReload(t *testing.T) {
	s := load(t, "", `function ksr_request_route() KSR.info("old") end`, lua.Options{})
	s.write(`function ksr_request_route( KSR.info("broken") end`)
	if err := s.program.Reload(-1); err == nil || !strings.Contains(err.Error(), "script.lua:1:") {
		t.Errorf("a broken script: %v", err)
	}
	s.write("\nerror('at once')\nfunction ksr_request_route() end")
	if err := s.program.Reload(0); err == nil || !strings.Contains(err.Error(), "script.lua:2: at once") {
		t.Errorf("a script that fails: %v", err)
	}
	if got := s.lines(scripttest.Invite); got != "old" {
		t.Errorf("got %q after reloads that failed", got)
	}
	s.write(`function ksr_request_route() KSR.info("new") end`)
	if err := s.program.Reload(0); err != nil {
		t.Fatal(err)
	}
	if got := s.lines(scripttest.Invite); got != "new" {
		t.Errorf("got %q after a reload", got)
	}
	if err := s.program.Reload(1); err == nil {
		t.Error("a script that is not there is reloaded")
	}
}

// A message sees one version of the scripts, whatever is reloaded meanwhile.
func TestReloadDoesNotMixVersions(t *testing.T) {
	script := func(version string) string {
		return "local version = '" + version + "'\n" + `
function other() return version end
function ksr_request_route()
	for i = 1, 20 do
		if other() ~= version then KSR.err("mixed") end
	end
	KSR.hdr.append("X-Version: " .. version .. "\r\n")
end`
	}
	s := load(t, "", script("0"), lua.Options{})
	calls := make([]*module.Call, 4)
	for i := range calls {
		calls[i] = s.call(scripttest.Invite)
	}
	main, _ := s.program.Lookup(module.RequestRoute, "")
	var workers sync.WaitGroup
	for _, c := range calls {
		workers.Go(func() {
			for range 500 {
				if out := s.program.Run(c, main); out.Result != module.True {
					t.Error("a message was lost")
				}
				c.Msg.Edits().Reset()
			}
		})
	}
	for i := range 20 {
		s.write(script(string(rune('a' + i))))
		if err := s.program.Reload(-1); err != nil {
			t.Error(err)
		}
	}
	workers.Wait()
	if out := strings.Join(s.Env.Host.Lines(), "\n"); strings.Contains(out, "mixed") {
		t.Error("two versions in one message")
	}
}

// What a script does wrong where it is loaded is told in a line.
func TestErrorsAtLoad(t *testing.T) {
	s := load(t, "", "", lua.Options{})
	tests := []struct{ script, want string }{
		{"local t\nt.x = 1", "script.lua:2: attempt to index local 't' (a nil value) traceback=\""},
		{"local function f() error({}) end\nf()", "error object is a table value traceback=\""},
		{"os.exit(1)", "the script calls os.exit, KSR.x.exit or KSR.x.drop outside of functions"},
		{"KSR.x.exit()", "the script calls os.exit, KSR.x.exit or KSR.x.drop outside of functions"},
		{"error(nil)", "error object is a nil value"},
	}
	for _, tt := range tests {
		s.write(tt.script)
		if err := s.program.Reload(-1); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want %q", tt.script, err, tt.want)
		}
	}
}

func TestRoutesByName(t *testing.T) {
	s := load(t, "route[NATIVE] { xlog(\"native\"); }", `
function on_failure() KSR.info("failure") end
function ksr_request_route() end`, lua.Options{})
	r, ok := s.program.Lookup(module.FailureRoute, "on_failure")
	if !ok || s.program.RouteName(r) != "on_failure" {
		t.Fatal("the function of a failure route is not found")
	}
	if again, _ := s.program.Lookup(module.FailureRoute, "on_failure"); again != r {
		t.Error("a name has two numbers")
	}
	c := s.call(scripttest.Invite)
	s.program.Run(c, r)
	if got := s.Env.Host.Lines(); len(got) == 0 || !strings.Contains(got[len(got)-1], "failure") {
		t.Errorf("got %q", got)
	}
	if _, ok := s.program.Lookup(module.OnSendRoute, ""); ok {
		t.Error("an onsend_route that the script does not have is found")
	}
	if r, _ := s.program.Lookup(module.FailureRoute, "nope"); s.program.Run(c, r).Result != module.False {
		t.Error("a function that is not there is run")
	}
}

func TestNewerLuaIsToldAtLoad(t *testing.T) {
	tests := []struct{ script, want string }{
		{"local a = 7 // 2", "script.lua:1:13: integer division (//) is of Lua 5.3: Lua here is 5.1: write math.floor(a / b)"},
		{"local s = 'a // b' -- //\n--[[ & ]] local t = [==[ | ]==]", ""},
		{"x = 1 << 2", "script.lua:1:7: bit operators are of Lua 5.3: Lua here is 5.1: write a * 2^b for a << b"},
		{"\n\nx = y & 1", "script.lua:3:7: bit operators are of Lua 5.3: Lua here is 5.1: write math.floor(a / bit) % 2 == 1 to see whether a bit is set"},
		{"if a ~= b then end", ""},
		{"x = ~y", "script.lua:1:5: bit operators are of Lua 5.3: Lua here is 5.1: write it with math.floor and %"},
		{"local x <const> = 5", "script.lua:1:9: attributes of local variables are of Lua 5.4: Lua here is 5.1: leave it out"},
		{`x = "\u{48}"`, `script.lua:1:5: the escape \u{…} is of Lua 5.3: Lua here is 5.1: write the decimal form, \ddd`},
		{"x = 7 // 2\ny = ~x", "script.lua:1:7: integer division (//) is of Lua 5.3: Lua here is 5.1: write math.floor(a / b)\nscript.lua:2:5: bit operators are of Lua 5.3: Lua here is 5.1: write it with math.floor and %"},
		{"x = utf8.len('a')", "warning: script.lua:1:5: the library utf8 is of Lua 5.3: Lua here is 5.1"},
		{`x = "a\x41"`, `warning: script.lua:1:5: the escape \x41 is of Lua 5.2: Lua here is 5.1, and takes the letter`},
		{`x = "a\\x41"`, ""},
		{"if a != b then end", "script.lua:1:6: != is no operator of Lua: Lua here is 5.1: write ~="},
		{"f = load('return 1', 'x', 't', {})", "warning: script.lua:1:5: load of a text is of Lua 5.2: Lua here is 5.1"},
		{"f = load(function() end) my.load('x') obj:load('x')", ""},
		{"n = rawlen(t)", "warning: script.lua:1:5: rawlen is of Lua 5.2: Lua here is 5.1"},
		{"local e = _ENV", "warning: script.lua:1:11: _ENV is of Lua 5.2: Lua here is 5.1"},
		{"function warn(x) end warn('x')", ""},
		{"local unpack = table.unpack or unpack local pack = pack or table.pack", ""},
		{"local utf8 = require('utf8') x = utf8.len('a')", ""},
		// A script that looks first is believed, and what it defines is its own.
		{"table.unpack = table.unpack or unpack x = table.unpack(t)", ""},
		{"if not table.pack then table.pack = function(...) return {...} end end x = table.pack(1)", ""},
		{"if utf8 then x = utf8.len('a') end", ""},
		{"if table.move ~= nil then table.move(t, 1, 2, 3) end", ""},
		{"x = rawget(_G,'bit32') ~= nil and bit32.band(1,2)", ""},
		{"x = _G.bit32 and bit32.band(1,2) y = type(utf8) == 'table' and utf8.char(1)", ""},
		{"local unp = unpack if not unp then unp = table.unpack end", ""},
		{"function f(a, utf8) return utf8.len('a') end local g = function(bit32) return bit32.band(1, 2) end", ""},
		{"function t.f:m(utf8) return utf8.len('a') end for bit32 in pairs(t) do bit32.x() end for i, utf8 in pairs(t) do utf8.y() end", ""},
		{"string.pack = function() end x = string.pack('a')", ""},
		{"function table.pack(...) return {...} end x = table.pack(1)", ""},
		{"local a, utf8 = f() x = utf8.len('a')", ""},
		{"local up = table.unpack", "warning: script.lua:1:12: table.unpack is of Lua 5.2: Lua here is 5.1"},
		{"KSR.log('warn', 'x') warn('y')", "warning: script.lua:1:22: warn is of Lua 5.4: Lua here is 5.1"},
		{"local t = table.unpack or unpack x = table.unpack(t)", "warning: script.lua:1:38: table.unpack is of Lua 5.2: Lua here is 5.1"},
		{"x = table.unpack(t)", "warning: script.lua:1:5: table.unpack is of Lua 5.2: Lua here is 5.1"},
		{"x = my.table.unpack(t)", ""},
		{"for i = 1, 3 do if i == 2 then goto continue end ::continue:: end", ""},
		{"x = (", `script.lua:1:1: the script ends, and "(" of line 1 has no ")"`},
		{"function f()\n  if x then -- end\n    y = 'end'\n  end\n\n", `script.lua:4:1: the script ends, and "function" of line 1 has no "end"`},
		{"function f()\n  for i = 1, 2 do\n    repeat until [[end]]\n", `script.lua:3:1: the script ends, and "do" of line 2 has no "end"`},
		{"a = 1\nx", "script.lua:2:1: the script ends within a statement"},
		{"\ufefflocal x = 1", ""},
		{"\x1bLuaQ", "script.lua: the script is compiled (luac): only its source can be loaded"},
		{"x = = 1", `script.lua:1:5: syntax error near "="`},
		{"#!/usr/bin/lua\nx = 1", ""},
	}
	for _, tt := range tests {
		file := filepath.Join(t.TempDir(), "script.lua")
		if err := os.WriteFile(file, []byte(tt.script), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := lua.Compile(file)
		got := ""
		switch {
		case err != nil:
			got = strings.ReplaceAll(err.Error(), filepath.Dir(file)+"/", "")
		case len(s.Warnings) > 0:
			got = "warning: " + strings.Replace(s.Warnings[0].Error(), filepath.Dir(file)+"/", "", 1)
		}
		if got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.script, got, tt.want)
		}
	}
}

// Calls that can only fail are told by the check, with their place.
func TestCallsAreChecked(t *testing.T) {
	tests := []struct{ script, want string }{
		{"KSR.xlog.xlogg('x')", "script.lua:1:1: KSR.xlog.xlogg is not there: did you mean xlog"},
		{"local a = 1\n  KSR.inof('x')", "script.lua:2:3: KSR.inof is not there: did you mean info"},
		{"KSR.xlgo.xinfo('x')", "script.lua:1:1: KSR.xlgo is not there: did you mean xlog"},
		{"KSR.htable.sht_get('a', 'b')", `script.lua:1:1: KSR.htable.sht_get is not there: the module htable is not loaded: add loadmodule "htable.so"`},
		{"KSR.jsonrpc.x('a')", "script.lua:1:1: KSR.jsonrpc is not there: did you mean jsonrpcs"},
		{"KSR.uuid.generate()", "script.lua:1:1: KSR.uuid.generate is not there: the module uuid is not in kahea yet"},
		{"KSR.async.task_route('x')", "script.lua:1:1: KSR.async.task_route is not there: the module async is not in kahea yet"},
		{"if KSR.htable then KSR.htable.sht_get('a', 'b') end", ""},
		{"if KSR.auth then KSR.auth_db.auth_check('a', 'b', 1) end", ""},
		{"if KSR.pv.nope then KSR.pv.nope() end", ""},
		{"KSR.pv.sets('$ru')", "script.lua:1:1: KSR.pv.sets takes 2 arguments, found 1: the call returns false"},
		{"KSR.pv.sets('$ru', 'a', 'b')", ""},
		{"local function f(...) KSR.pv.sets(...) end", ""},
		{"KSR.is_INVITE(1)", "script.lua:1:1: KSR.is_INVITE takes 0 arguments, found 1: the call returns false"},
		{"KSR.x.modf('xlog', 'x', 'y') KSR.x.exit() KSR.route('x')", ""},
		{"KSR.info(KSR.pv.get('$ru'))", ""},
		{"function KSR.mine() end KSR.mine()", ""},
	}
	s := load(t, "", "", lua.Options{})
	var loaded []lua.Loaded
	for _, m := range s.Env.Modules {
		loaded = append(loaded, lua.Loaded{Name: m.Name, Module: m.Module, Exports: m.Exports})
	}
	for _, tt := range tests {
		s.write(tt.script)
		compiled, err := lua.Compile(s.file)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, e := range lua.Check([]*lua.Script{compiled}, core.Exports(core.Options{}), loaded) {
			line := filepath.Base(e.Error())
			if e.Advice != "" {
				line += ": " + e.Advice
			}
			got = append(got, line)
		}
		if got := strings.Join(got, "\n"); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.script, got, tt.want)
		}
	}
}

// A table that has another name than its module is known too.
func TestTheModuleOfATable(t *testing.T) {
	s := load(t, "", "function f() KSR.kx.get_furi() end", lua.Options{})
	compiled, err := lua.Compile(s.file)
	if err != nil {
		t.Fatal(err)
	}
	found := lua.Check([]*lua.Script{compiled}, core.Exports(core.Options{}), nil)
	if len(found) != 1 || !strings.Contains(found[0].Message, "the module kemix is not loaded") || found[0].Advice != `add loadmodule "kemix.so"` {
		t.Error(found)
	}
}

// All functions of KSR take arguments that they do not expect: nothing of the
// engine fails. Those that send are left out, since there is no network here.
func TestEachFunctionTakesAnything(t *testing.T) {
	s := load(t, "", `
local function try(f, ...) pcall(f, ...) end
function ksr_request_route()
	for name, f in pairs(KSR) do
		if type(f) == "table" then
			for n, g in pairs(f) do
				if n ~= "exit" and n ~= "drop" and n ~= "file_write" and not n:find("send") and not n:find("^forward") then each(name .. "." .. n, g) end
			end
		elseif name ~= "drop" and not name:find("forward") then
			each(name, f)
		end
	end
end
function each(name, f)
	try(f)
	for _, a in ipairs{"", "x", "$rU", "$var(", "sip:a@b", "/[/x/", "0", "-1", 0, -1, 99, 2^40, 1.5, true, {}, function() end} do
		try(f, a) try(f, a, a) try(f, a, a, a) try(f, a, a, a, a) try(f, a, a, a, a, a)
	end
	try(f, nil, nil, nil, nil)
end
ksr_reply_route = ksr_request_route`, lua.Options{})
	t.Chdir(t.TempDir())
	const reply = "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	for _, text := range []string{scripttest.Invite, reply} {
		c := s.call(text)
		s.run(c)
	}
}

// What a message keeps, even under a global name, no other one that is handled
// at the same time sees or changes.
func TestMessagesDoNotShareTables(t *testing.T) {
	s := load(t, "route[NATIVE] { return 1; }", `
function ksr_request_route()
	local id = KSR.pv.get("$ci")
	mine = { id = id, list = {} }
	for i = 1, 10 do
		mine.list[i] = id .. i
		KSR.pv.sets("$var(id)", id)
		KSR.route("NATIVE")
		if mine.id ~= id or mine.list[i] ~= id .. i or #mine.list ~= i or KSR.pv.get("$var(id)") ~= id then KSR.err("another message") end
	end
end`, lua.Options{})
	main, _ := s.program.Lookup(module.RequestRoute, "")
	var workers sync.WaitGroup
	for i := range 4 {
		c := s.call(strings.ReplaceAll(scripttest.Invite, "call1@host", "call"+string(rune('1'+i))+"@host"))
		workers.Go(func() {
			for range 1000 {
				s.program.Run(c, main)
			}
		})
	}
	workers.Wait()
	if got := s.Env.Host.Lines(); len(got) > 0 {
		t.Errorf("%d times: %s", len(got), got[0])
	}
}

// The memory of states stays what it is, whatever texts and names messages bring, and
// no message sees the table of another one.
func TestMemoryStaysFlat(t *testing.T) {
	s := load(t, "", `
local n = 0
function ksr_request_route()
	n = n + 1
	local id = KSR.pv.get("$ci") .. n
	local mine = { id = id, list = {} }
	for i = 1, 10 do mine.list[i] = KSR.pv.get("$fu") .. n .. i end
	if current ~= nil then KSR.err("a message was seen by another one") end
	current = mine
	if KSR.pvx.avp_get("own" .. n - 1) ~= nil then KSR.err("a variable was seen by another one") end
	KSR.pv.sets("$var(text)", "text " .. n)
	KSR.pv.sets("$avp(name" .. n .. ")", id)
	if KSR.pv.get("$avp(name" .. n .. ")") ~= current.id or KSR.pv.get("$var(text)") ~= "text " .. n then KSR.err("not mine") end
	KSR.pvx.avp_sets("own" .. n, id)
	current = nil
end`, lua.Options{})
	n := 100_000
	if testing.Short() {
		n = 10_000
	}
	c := s.call(scripttest.Invite)
	main, _ := s.program.Lookup(module.RequestRoute, "")
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var before uint64
	for i := range n {
		if i == n/10 {
			before = heap()
		}
		c.Mem = transport.NewBuffer(0)
		s.program.Run(c, main)
		c.State.Reset()
		c.Mem.Release()
	}
	if after := heap(); after > before+before/4+1<<20 {
		t.Errorf("%d bytes after %d messages, %d after %d", after, n, before, n/10)
	}
	if got := s.Env.Host.Lines(); len(got) > 0 {
		t.Error(got[0])
	}
}

// What a script asks for most allocates nothing, once its texts were seen.
func TestAllocations(t *testing.T) {
	s := load(t, "", `
function ksr_request_route()
	if KSR.maxfwd.process_maxfwd(10) < 0 then return 1 end
	if KSR.is_OPTIONS() and KSR.is_myself_ruri() then return 1 end
	if KSR.pv.get("$rU") == "carol" then return 1 end
	if KSR.is_method_in("IBSU") then KSR.setflag(3) end
	return 1
end`, lua.Options{})
	c := s.call(scripttest.Invite)
	main, _ := s.program.Lookup(module.RequestRoute, "")
	if n := testing.AllocsPerRun(200, func() { c.Msg.Edits().Reset(); s.program.Run(c, main) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkRoute(b *testing.B) {
	s := load(b, "", `
function ksr_request_route()
	if KSR.maxfwd.process_maxfwd(10) < 0 then return 1 end
	if KSR.is_OPTIONS() and KSR.is_myself_ruri() then return 1 end
	if KSR.pv.get("$rU") == "carol" then return 1 end
	return 1
end`, lua.Options{})
	c := s.call(scripttest.Invite)
	main, _ := s.program.Lookup(module.RequestRoute, "")
	b.ReportAllocs()
	for b.Loop() {
		c.Msg.Edits().Reset()
		if s.program.Run(c, main).Result != module.True {
			b.Fatal("it failed")
		}
	}
}

func BenchmarkExit(b *testing.B) {
	s := load(b, "", "function ksr_request_route() KSR.x.exit() end", lua.Options{})
	c := s.call(scripttest.Invite)
	main, _ := s.program.Lookup(module.RequestRoute, "")
	b.ReportAllocs()
	for b.Loop() {
		if !s.program.Run(c, main).Exit {
			b.Fatal("it did not end")
		}
	}
}

func TestForms(t *testing.T) {
	s := load(t, "", "", lua.Options{})
	var names []string
	for _, f := range s.program.Forms() {
		names = append(names, f.Path())
	}
	if !slices.Contains(names, "hdr.append") || !slices.Contains(names, "x.exit") || !slices.Contains(names, "textops.search_hf") {
		t.Errorf("functions are missing: %q", names)
	}
	sorted := slices.Sorted(slices.Values(names))
	if len(slices.Compact(sorted)) != len(names) {
		t.Error("a function is there twice")
	}
}
