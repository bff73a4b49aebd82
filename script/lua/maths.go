// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"math"

	glua "github.com/yuin/gopher-lua"
)

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
