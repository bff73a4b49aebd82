// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"errors"
	"math"
	"strconv"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

const whitespace = " \t\n\v\f\r"

// parseNumber reads a text as Lua 5.1 does: decimal or hexadecimal with
// fraction and exponent, inf and nan, spaces around it.
func parseNumber(s string) (float64, bool) {
	s = strings.Trim(cString(s), whitespace)
	if s == "" || strings.Contains(s, "_") {
		return 0, false
	}
	digits := strings.TrimLeft(s, "+-")
	if len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'x' && !strings.ContainsAny(digits, "pP") {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return f, true
}

// toNumber is tonumber.
func toNumber(l *glua.LState) int {
	const fn = "tonumber"
	base := optInt(l, 2, fn, 10)
	var f float64
	var ok bool
	if base == 10 {
		switch v := argAny(l, 1, fn).(type) {
		case glua.LNumber:
			l.Push(v)
			return 1
		case glua.LString:
			f, ok = parseNumber(string(v))
		}
	} else {
		s := argString(l, 1, fn)
		if base < 2 || base > 36 {
			badArgument(l, 2, fn, "base out of range")
		}
		f, ok = parseBase(s, base)
	}
	if !ok {
		l.Push(glua.LNil)
		return 1
	}
	l.Push(glua.LNumber(f))
	return 1
}

// parseBase reads an integer without sign; a negative one counts from 2^64
// down, and one that 64 bits do not hold is their greatest.
func parseBase(s string, base int) (float64, bool) {
	s = strings.Trim(cString(s), whitespace)
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	if base == 16 && len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		s = s[2:]
	}
	v, err := strconv.ParseUint(s, base, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		v = math.MaxUint64
	case err != nil:
		return 0, false
	case negative:
		v = -v
	}
	return float64(v), true
}
