// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	glua "github.com/yuin/gopher-lua"
)

// tellResults makes a text of what an expression gives, as testdata/library.jsonl
// has it.
const tellResults = `
local function show(v)
	local t = type(v)
	if t == "string" then return string.format("%q", v) end
	if t == "table" then
		local keys = {}
		for k in pairs(v) do keys[#keys + 1] = k end
		table.sort(keys)
		for i, k in ipairs(keys) do keys[i] = k .. "=" .. show(v[k]) end
		return "{" .. table.concat(keys, ",") .. "}"
	end
	if t == "function" or t == "userdata" or t == "thread" then return t end
	return t .. ":" .. tostring(v)
end
local function all(ok, ...)
	local texts = {}
	for i = 1, select("#", ...) do texts[i] = show((select(i, ...))) end
	return ((ok and "ok " or "ERR ") .. table.concat(texts, " | "))
end
function tell(f) return all(pcall(f)) end`

func newLibrary(t testing.TB) *glua.LState {
	t.Helper()
	l := glua.NewState(glua.Options{CallStackSize: callDepth, RegistrySize: registrySize, SkipOpenLibs: true})
	t.Cleanup(l.Close)
	s := &state{program: &Program{}, lua: l}
	s.openLibraries()
	if err := l.DoString(tellResults); err != nil {
		t.Fatal(err)
	}
	return l
}

// tellOf runs an expression and returns its results as a text.
func tellOf(t testing.TB, l *glua.LState, expression string) string {
	t.Helper()
	f, err := l.LoadString("return " + expression)
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	l.Push(l.GetGlobal("tell"))
	l.Push(f)
	if err := l.PCall(1, 1, nil); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	defer l.Pop(1)
	return strings.TrimSpace(l.ToString(-1))
}

// The library does what that of Lua 5.1 does in Kamailio 5.6.3, which gave the
// expectations.
func TestLibraryIsThatOfLua51(t *testing.T) { compareLibrary(t, "testdata/library.jsonl", 300, true) }

// What differs, of which docs/lua.md tells, does so in truth: a case that is
// mended moves to the other file.
func TestLibraryDiffersWhereListed(t *testing.T) {
	compareLibrary(t, "testdata/library_differs.jsonl", 1, false)
}

func compareLibrary(t *testing.T, name string, least int, same bool) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	local := time.Local
	t.Cleanup(func() { time.Local = local })
	time.Local = time.UTC
	l := newLibrary(t)
	n := 0
	for line := range strings.Lines(string(text)) {
		n++
		var c struct{ Lua, Want string }
		if err := json.Unmarshal([]byte(line), &c); err != nil {
			t.Fatal(err)
		}
		got := tellOf(t, l, c.Lua)
		// The texts of the file have one character for each byte.
		want := make([]byte, 0, len(c.Want))
		for _, r := range strings.TrimSpace(c.Want) {
			want = append(want, byte(r))
		}
		switch equal := got == string(want); {
		case same && !equal:
			t.Errorf("%s:\n got %q\nwant %q", c.Lua, got, want)
		case !same && equal:
			t.Errorf("%s is as in Lua 5.1, and listed as different", c.Lua)
		}
	}
	if n < least {
		t.Errorf("%d cases", n)
	}
}
