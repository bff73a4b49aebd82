// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"strconv"
	"strings"
)

// Unquote takes the quotes off a string constant. In double quotes \n \r \t \a \\ \" \oo \ooo \xh and \xhh stand for bytes, a backslash
// at the end of a line joins the lines, and any other backslash stays. In single quotes nothing has a meaning.
func Unquote(raw string) string {
	inner := raw[1 : len(raw)-1]
	if raw[0] == '\'' || strings.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var b strings.Builder
	for i := 0; i < len(inner); {
		n, text := unescape(inner[i:])
		b.WriteString(text)
		i += n
	}
	return b.String()
}

// RawOffset gives where in a string constant the byte stands that is at an offset in what Unquote makes of it.
func RawOffset(raw string, at int) int {
	inner := raw[1 : len(raw)-1]
	if raw[0] == '\'' {
		return 1 + min(at, len(inner))
	}
	i := 0
	for i < len(inner) && at > 0 {
		n, text := unescape(inner[i:])
		i += n
		at -= len(text)
	}
	return 1 + i
}

// unescape gives what the byte or escape at the start of s means, and its length.
func unescape(s string) (n int, text string) {
	if s[0] != '\\' || len(s) == 1 {
		return 1, s[:1]
	}
	switch s[1] {
	case 'n':
		return 2, "\n"
	case 'r':
		return 2, "\r"
	case 't':
		return 2, "\t"
	case 'a':
		return 2, "\a"
	case '\\', '"':
		return 2, s[1:2]
	case '\n':
		return 2, ""
	case 'x':
		if v, n := digits(s[2:], 16, 2); n > 0 {
			return 2 + n, string([]byte{byte(v)})
		}
		return 2, s[:2]
	}
	if v, n := digits(s[1:], 8, 3); n > 1 {
		return 1 + n, string([]byte{byte(v)})
	}
	return 2, s[:2]
}

// digits reads up to most digits of a number system, and tells how many there were.
func digits(s string, base, most int) (value, n int) {
	for n < most && n < len(s) {
		d, err := strconv.ParseUint(s[n:n+1], base, 8)
		if err != nil {
			break
		}
		value = value*base + int(d)
		n++
	}
	return value, n
}

// Quote makes a constant in double quotes, from which Unquote gives the same text back.
func Quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\a", `\a`).Replace(s) + `"`
}
