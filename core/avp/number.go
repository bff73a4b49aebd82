// SPDX-License-Identifier: Apache-2.0

package avp

import "strconv"

// ParseInt reads a number as scripts convert strings: a sign and decimal
// digits, or 0x and hexadecimal ones, and nothing else. The empty string is 0.
func ParseInt(s string) (n int64, ok bool) {
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg, s = s[0] == '-', s[1:]
		if s == "" {
			return 0, false
		}
	}
	base, limit := int64(10), int64(1<<63-10)/10
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' {
		base, limit, s = 16, 1<<58, s[2:]
	}
	for i := 0; i < len(s); i++ {
		d := int64(hexDigit(s[i]))
		if d < 0 || d >= base || n > limit {
			return 0, false
		}
		n = n*base + d
	}
	if neg {
		n = -n
	}
	return n, true
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// Number returns the value as a number; ok is false where it has none. Null
// counts as 0.
func (v Value) Number() (n int64, ok bool) {
	switch v.Kind {
	case Int, Both:
		return v.Int, true
	case Str:
		return ParseInt(v.Str)
	}
	return 0, true
}

// AppendText appends the value as text; null appends nothing.
func (v Value) AppendText(dst []byte) []byte {
	if v.Kind == Int {
		return strconv.AppendInt(dst, v.Int, 10)
	}
	return append(dst, v.Str...)
}
