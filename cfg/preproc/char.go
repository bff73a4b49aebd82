// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"fmt"
	"unicode/utf8"
)

// decodeRune gives the first character and its length; a byte that is no UTF-8 is one character.
func decodeRune(s string) (rune, int) {
	r, n := utf8.DecodeRuneInString(s)
	return r, max(n, 1)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

func hexByte(c byte) string { return fmt.Sprintf("0x%02x", c) }

// spaceLength gives the length of the space at the start of s: 0 where there is none. The no-break space of web pages counts, and
// the zero byte, as in the reference.
func spaceLength(s string) int {
	switch s[0] {
	case ' ', '\t', '\n', '\r', '\f', '\v', 0:
		return 1
	case 0xc2:
		if len(s) > 1 && s[1] == 0xa0 {
			return 2
		}
	case '\\':
		if len(s) > 1 && s[1] == '\n' {
			return 2
		}
		if len(s) > 2 && s[1] == '\r' && s[2] == '\n' {
			return 3
		}
	}
	return 0
}
