// SPDX-License-Identifier: Apache-2.0

package sippflows

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/kahea-sip/kahea/tools/difftest/refserver"
)

const reloadCfg = `
debug=2
log_stderror=yes
auto_aliases=no
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "siputils.so"
loadmodule "ctl.so"
loadmodule "kemix.so"
loadmodule "app_lua.so"
modparam("app_lua", "load", "SCRIPT")
cfgengine "lua"
`

// reloadScript is one version of the script. Whatever a message calls must be of the version that it began with.
const reloadScript = `
local version = "VERSION"
function current() return version end
local served = false
local function check(where)
	for _ = 1, 10 do -- so that a reload falls into it
		if current() ~= version or KSR.pv.getvs("$avp(version)", version) ~= version then
			KSR.err("two versions in one message: " .. where .. "\n")
			KSR.x.drop()
		end
	end
end
function ksr_request_route()
	if KSR.is_OPTIONS() then KSR.sl.send_reply(200, "Here") return end
	KSR.pv.sets("$avp(version)", version)
	check("request")
	if KSR.siputils.has_totag() > 0 then
		if KSR.rr.loose_route() > 0 then KSR.tm.t_relay() end
		return
	end
	KSR.rr.record_route()
	KSR.seturi("sip:callee@127.0.0.1:PORT")
	KSR.tm.t_on_branch("on_branch")
	KSR.tm.t_on_reply("on_reply")
	if not served then
		served = true
		KSR.err("the first call of " .. version .. "\n")
	end
	if KSR.tm.t_relay() < 0 then KSR.sl.sl_reply_error() end
	check("request, behind its branches")
end
function on_branch() check("branch") end
function on_reply()
	if current() ~= version then KSR.err("two versions in one message: reply\n") end
end
function ksr_reply_route()
	if current() ~= version then KSR.err("two versions in one message: reply route\n") end
end
`

// reloadCalls is how many calls are made, 500 in a second where the machine can (100 at a time: one that is slow is no lost call), and once more
// as long as the script was not loaded anew leastReloads times and half of that many versions have served calls: how fast kamcmd is beside
// sipp is up to the machine.
const reloadCalls, leastReloads = 1500, 20

// TestReloadUnderCalls: app_lua.reload while calls are made loses none of them, no message sees two versions of the script, and a broken
// one is refused with its line.
func TestReloadUnderCalls(t *testing.T) {
	command := refserver.KaheaCommand(t, "../kahea")
	refserver.Needs(t, "sipp", "kamcmd")
	run, port := t.TempDir(), freePort(t)
	script, cfg := filepath.Join(run, "script.lua"), filepath.Join(run, "reload.cfg")
	write := func(file, text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	version := func(name string) string {
		return strings.NewReplacer("VERSION", name, "PORT", fmt.Sprint(port)).Replace(reloadScript)
	}
	write(script, version("first"))
	write(cfg, strings.ReplaceAll(reloadCfg, "SCRIPT", script))
	server, err := refserver.Start(command, cfg, run)
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()

	reload := func() (string, error) {
		out, err := exec.Command("kamcmd", "-s", "unixs:"+filepath.Join(run, "kamailio_ctl"), "app_lua.reload").CombinedOutput()
		return string(out), err
	}
	reloads := 0
	reloadOnce := func() {
		if reloads++; reloads%5 == 0 {
			write(script, "\n\nfunction ksr_request_route( KSR.x.exit() end")
			if out, _ := reload(); !strings.Contains(out, "script.lua:3") {
				t.Errorf("a broken script: %s", out)
			}
			return
		}
		write(script, version(fmt.Sprint("v", reloads)))
		if out, err := reload(); err != nil || strings.Contains(out, "error") {
			t.Errorf("reload %d: %v %s", reloads, err, out)
		}
	}
	served := func() map[string]bool {
		text, err := os.ReadFile(filepath.Join(run, "log"))
		if err != nil {
			t.Fatal(err)
		}
		versions := map[string]bool{}
		for _, m := range regexp.MustCompile(`the first call of (\w+)`).FindAllStringSubmatch(string(text), -1) {
			versions[m[1]] = true
		}
		return versions
	}
	end := time.Now().Add(2 * flowLimit)
	for enough := false; !enough && !t.Failed(); enough = reloads >= leastReloads && len(served()) >= leastReloads/2 {
		if time.Now().After(end) {
			t.Fatalf("%d versions served calls, after %d reloads", len(served()), reloads)
		}
		callsDuring(t, server, port, reloadOnce)
	}
	text, err := os.ReadFile(filepath.Join(run, "log"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "two versions") || strings.Contains(string(text), "error in a Lua script") {
		t.Errorf("the log:\n%s", server.LogTail())
	}
}

// callsDuring makes calls, and does something again and again until they are over.
func callsDuring(t *testing.T, server *refserver.Server, port int, do func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), flowLimit)
	defer cancel()
	callee := sipp{scenario: "uas_short", user: "callee", port: port, calls: reloadCalls}.start(ctx, t, server)
	awaitListening(t, port, false)
	caller := sipp{scenario: "uac_short", user: "callee", calls: reloadCalls, args: []string{"-r", "500", "-l", "100"}}.start(ctx, t, server)
	var err error
	for calling := true; calling; {
		select {
		case err = <-caller:
			calling = false
		default:
			do()
		}
	}
	if err == nil {
		err = <-callee
	}
	if err != nil {
		t.Error(err)
	}
}
