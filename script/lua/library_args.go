// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"math"

	glua "github.com/yuin/gopher-lua"
)

// badArgument ends a function of the library with an error in the words of
// Lua 5.1.
func badArgument(l *glua.LState, n int, fn, why string) {
	l.RaiseError("bad argument #%d to '%s' (%s)", n, fn, why)
}

func wrongType(l *glua.LState, n int, fn, want string) {
	got := "no value"
	if n <= l.GetTop() {
		got = l.Get(n).Type().String()
	}
	badArgument(l, n, fn, want+" expected, got "+got)
}

// argString is a string, or a number as Lua prints it.
func argString(l *glua.LState, n int, fn string) string {
	switch v := l.Get(n).(type) {
	case glua.LString:
		return string(v)
	case glua.LNumber:
		return numberText(float64(v))
	}
	wrongType(l, n, fn, "string")
	return ""
}

// argNumber is a number, or a string that is one.
func argNumber(l *glua.LState, n int, fn string) float64 {
	switch v := l.Get(n).(type) {
	case glua.LNumber:
		return float64(v)
	case glua.LString:
		if f, ok := parseNumber(string(v)); ok {
			return f
		}
	}
	wrongType(l, n, fn, "number")
	return 0
}

// argInt is a number without its fraction.
func argInt(l *glua.LState, n int, fn string) int { return int(toInteger(argNumber(l, n, fn))) }

func optInt(l *glua.LState, n int, fn string, d int) int {
	if l.Get(n) == glua.LNil {
		return d
	}
	return argInt(l, n, fn)
}

func optString(l *glua.LState, n int, fn, d string) string {
	if l.Get(n) == glua.LNil {
		return d
	}
	return argString(l, n, fn)
}

func argTable(l *glua.LState, n int, fn string) *glua.LTable {
	t, ok := l.Get(n).(*glua.LTable)
	if !ok {
		wrongType(l, n, fn, "table")
	}
	return t
}

// argAny demands that there is an argument, be it nil.
func argAny(l *glua.LState, n int, fn string) glua.LValue {
	if n > l.GetTop() {
		badArgument(l, n, fn, "value expected")
	}
	return l.Get(n)
}

// toInteger cuts a fraction off. What 64 bits do not hold is the least one, as
// the processor has it.
func toInteger(f float64) int64 {
	if f >= -(1<<63) && f < 1<<63 {
		return int64(f)
	}
	return math.MinInt64
}
