// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// shortSource is how messages name a chunk: a file and =name as they are, else
// [string "first line"].
func shortSource(name string) string {
	const longest = 59
	switch {
	case strings.HasPrefix(name, "="):
		return name[1:min(len(name), longest+1)]
	case strings.HasPrefix(name, "@"):
		const before = "..."
		if name = name[1:]; len(name) > longest-len(before)-4 {
			return before + name[len(name)-(longest-len(before)-4):]
		}
		return name
	}
	const room = longest - len(`[string ""]`) - len("...") - 3
	line, _, more := strings.Cut(name, "\n")
	if len(line) > room {
		line, more = line[:room], true
	}
	if more {
		line += "..."
	}
	return `[string "` + line + `"]`
}

// standardDebug gives debug.getinfo the field short_src.
func standardDebug(l *glua.LState) {
	lib := l.GetGlobal("debug").(*glua.LTable)
	info := lib.RawGetString("getinfo").(*glua.LFunction).GFunction
	lib.RawSetString("getinfo", l.NewFunction(func(l *glua.LState) int {
		n := info(l)
		t, ok := l.Get(-1).(*glua.LTable)
		if !ok {
			return n
		}
		source, _ := t.RawGetString("source").(glua.LString)
		switch {
		case t.RawGetString("what") == glua.LString("G"):
			t.RawSetString("what", glua.LString("C"))
			t.RawSetString("source", glua.LString("=[C]"))
			t.RawSetString("short_src", glua.LString("[C]"))
		case source != "":
			t.RawSetString("short_src", source)
			if !strings.HasPrefix(string(source), "[string ") && !strings.HasPrefix(string(source), "<") {
				t.RawSetString("source", "@"+source)
			}
		}
		return n
	}))
}

// loadString is loadstring: the chunk's name is the text itself unless it is
// given.
func loadString(l *glua.LState) int {
	text := argString(l, 1, "loadstring")
	name := shortSource(optString(l, 2, "loadstring", text))
	f, err := l.Load(strings.NewReader(text), name)
	if err != nil {
		l.Push(glua.LNil)
		l.Push(glua.LString(err.Error()))
		return 2
	}
	l.Push(f)
	return 1
}
