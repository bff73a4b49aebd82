// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"slices"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

var stringFunctions = map[string]glua.LGFunction{
	concatName: stringConcat, "byte": stringByte, "char": stringChar, "find": stringFind, "format": stringFormat, "gfind": stringGmatch,
	"gmatch": stringGmatch, "gsub": stringGsub, "len": stringLen, "lower": stringLower, "match": stringMatch,
	"rep": stringRep, "reverse": stringReverse, "sub": stringSub, "upper": stringUpper,
}

// openString makes the library string, which is also what strings are indexed
// with. Strings are bytes; only those of ASCII have an upper and a lower case.
func openString(l *glua.LState) {
	lib := l.RegisterModule(glua.StringLibName, stringFunctions).(*glua.LTable)
	meta := l.NewTable()
	meta.RawSetString("__index", lib)
	l.SetMetatable(emptyText, meta)
}

// span makes the range that Lua's first and last mean one of a text of n
// bytes.
func span(first, last, n int) (from, to int) {
	if first < 0 {
		first = max(first+n+1, 0)
	}
	if last < 0 {
		last += n + 1
	}
	first, last = max(first, 1), min(last, n)
	if first > last {
		return 0, 0
	}
	return first - 1, last
}

func stringSub(l *glua.LState) int {
	s := argString(l, 1, "sub")
	from, to := span(argInt(l, 2, "sub"), optInt(l, 3, "sub", -1), len(s))
	l.Push(glua.LString(s[from:to]))
	return 1
}

func stringByte(l *glua.LState) int {
	s := argString(l, 1, "byte")
	first := optInt(l, 2, "byte", 1)
	from, to := span(first, optInt(l, 3, "byte", first), len(s))
	if first == 0 && l.Get(3) == glua.LNil {
		return 0
	}
	for _, c := range []byte(s[from:to]) {
		l.Push(glua.LNumber(c))
	}
	return to - from
}

func stringChar(l *glua.LState) int {
	text := make([]byte, l.GetTop())
	for i := range text {
		c := argInt(l, i+1, "char")
		if c < 0 || c > 255 {
			badArgument(l, i+1, "char", "invalid value")
		}
		text[i] = byte(c)
	}
	l.Push(glua.LString(text))
	return 1
}

func stringLen(l *glua.LState) int {
	l.Push(glua.LNumber(len(argString(l, 1, "len"))))
	return 1
}

func stringRep(l *glua.LState) int {
	s, n := argString(l, 1, "rep"), argInt(l, 2, "rep")
	if n <= 0 || s == "" {
		l.Push(emptyText)
		return 1
	}
	if n > maxText/len(s) {
		l.RaiseError("%s", errText)
	}
	room(l, n*len(s))
	l.Push(glua.LString(strings.Repeat(s, n)))
	return 1
}

func stringReverse(l *glua.LState) int {
	text := []byte(argString(l, 1, "reverse"))
	room(l, len(text))
	slices.Reverse(text)
	l.Push(glua.LString(text))
	return 1
}

func stringUpper(l *glua.LState) int { return mapBytes(l, "upper", 'a') }
func stringLower(l *glua.LState) int { return mapBytes(l, "lower", 'A') }

// mapBytes turns the letters of the alphabet that begins with first into those
// of the other case.
func mapBytes(l *glua.LState, fn string, first byte) int {
	s := argString(l, 1, fn)
	i := 0
	for i < len(s) && s[i]-first >= 26 {
		i++
	}
	if i == len(s) {
		l.Push(glua.LString(s))
		return 1
	}
	room(l, len(s))
	text := []byte(s)
	for ; i < len(text); i++ {
		if text[i]-first < 26 {
			text[i] ^= 'a' - 'A'
		}
	}
	l.Push(glua.LString(text))
	return 1
}
