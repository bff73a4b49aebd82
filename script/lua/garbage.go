// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"runtime"

	glua "github.com/yuin/gopher-lua"
)

// collectGarbage is collectgarbage. The memory is Go's, whose collector needs no
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
