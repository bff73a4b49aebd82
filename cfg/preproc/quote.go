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
	for i := 0; i < len(inner); i++ {
		c := inner[i]
		if c != '\\' || i+1 == len(inner) {
			b.WriteByte(c)
			continue
		}
		i++
		switch inner[i] {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'a':
			b.WriteByte('\a')
		case '\\', '"':
			b.WriteByte(inner[i])
		case '\n':
		case 'x':
			if v, n := digits(inner[i+1:], 16, 2); n > 0 {
				b.WriteByte(byte(v))
				i += n
			} else {
				b.WriteString(`\x`)
			}
		default:
			if v, n := digits(inner[i:], 8, 3); n > 1 {
				b.WriteByte(byte(v))
				i += n - 1
			} else {
				b.WriteByte('\\')
				b.WriteByte(inner[i])
			}
		}
	}
	return b.String()
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
