// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"bufio"
	"encoding/json"
	"os"
	"strings"
	"testing"

	glua "github.com/yuin/gopher-lua"
)

// libraryDiffers are the cases that cannot be mended from outside of the
// interpreter, or not be told, with the reason.
var libraryDiffers = map[string]string{
	`string.gsub("abc","b",error)`: "error() finds a place where it is called by a function that is not Lua's",
	`("x"):match()`:                "a function does not know that it was called as a method, and counts the object",
}

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
// expectations. What cannot is in libraryDiffers, and has to differ.
func TestLibraryIsThatOfLua51(t *testing.T) {
	file, err := os.Open("testdata/library.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	t.Chdir(t.TempDir())
	l := newLibrary(t)
	n := 0
	for lines := bufio.NewScanner(file); lines.Scan(); n++ {
		var c struct{ Lua, Want string }
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		got := tellOf(t, l, c.Lua)
		// The texts of the file have one character for each byte.
		want := make([]byte, 0, len(c.Want))
		for _, r := range strings.TrimSpace(c.Want) {
			want = append(want, byte(r))
		}
		why, differs := libraryDiffers[c.Lua]
		switch {
		case differs && got == string(want):
			t.Errorf("%s is as in Lua 5.1, and listed as different (%s)", c.Lua, why)
		case !differs && got != string(want):
			t.Errorf("%s:\n got %q\nwant %q", c.Lua, got, want)
		}
	}
	if n < 200 {
		t.Errorf("%d cases", n)
	}
}
