// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"math"
	"runtime"
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

// options of collectgarbage. The memory is Go's, whose collector needs no
// steps and is not stopped: these answer as Lua does when it has nothing to
// do.
func collectGarbage(l *glua.LState) int {
	const fn = "collectgarbage"
	switch option := optString(l, 1, fn, "collect"); option {
	case "collect":
		runtime.GC()
		l.Push(glua.LNumber(0))
	case "count":
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		l.Push(glua.LNumber(float64(m.HeapAlloc) / 1024))
	case "step":
		l.Push(glua.LFalse)
	case "stop", "restart":
		l.Push(glua.LNumber(0))
	case "setpause", "setstepmul":
		l.Push(glua.LNumber(200))
	default:
		badArgument(l, 1, fn, "invalid option '"+option+"'")
	}
	return 1
}

// standardMath mends the constants and bounds of the library math.
func standardMath(l *glua.LState) {
	lib := l.GetGlobal("math").(*glua.LTable)
	lib.RawSetString("huge", glua.LNumber(math.Inf(1)))
	random := lib.RawGetString("random").(*glua.LFunction).GFunction
	lib.RawSetString("random", l.NewFunction(func(l *glua.LState) int {
		n := l.GetTop()
		if n > 2 {
			l.RaiseError("wrong number of arguments")
		}
		least := 1
		for i := 1; i <= n; i++ {
			v := argInt(l, i, "random")
			if i == n && v < least {
				badArgument(l, n, "random", "interval is empty")
			}
			least = v
			l.Replace(i, glua.LNumber(v))
		}
		return random(l)
	}))
	for name, better := range map[string]func(a, b float64) float64{"max": math.Max, "min": math.Min} {
		lib.RawSetString(name, l.NewFunction(func(l *glua.LState) int {
			best := argNumber(l, 1, name)
			for i := 2; i <= l.GetTop(); i++ {
				best = better(best, argNumber(l, i, name))
			}
			l.Push(glua.LNumber(best))
			return 1
		}))
	}
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
