// SPDX-License-Identifier: Apache-2.0

package sip

// lower maps an ASCII letter to its small form and leaves every other byte.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// equalFold compares ASCII without regard to case: SIP tokens are never anything else (RFC 3261 7.3.1).
func equalFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	if a == b {
		return true
	}
	for i := 0; i < len(a); i++ {
		if a[i] != b[i] && lower(a[i]) != lower(b[i]) {
			return false
		}
	}
	return true
}

// EqualFold compares two tokens without regard to the case of ASCII letters.
func EqualFold(a, b string) bool { return equalFold(a, b) }

// isLWS says whether c is linear white space, line ends included: what may stand between the parts of a folded header.
func isLWS(c byte) bool { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }

// trim cuts linear white space from both ends.
func trim(s string) string {
	for len(s) > 0 && isLWS(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isLWS(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}

// Character classes of RFC 3261 25.1.
const (
	classToken = 1 << iota
	classWord
	classHost
	classUser
	classDigit
	classHex
	classParam
	classList // what a list's reader must stop at: separators, quotes, brackets
)

var classes = buildClasses()

func buildClasses() (t [256]uint8) {
	set := func(class uint8, chars string) {
		for i := 0; i < len(chars); i++ {
			t[chars[i]] |= class
		}
	}
	const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	set(classToken|classWord|classUser|classHost|classParam, alnum)
	set(classToken, "-.!%*_+`'~")
	set(classWord, "-.!%*_+`'~()<>:\\\"/[]?{}")
	set(classHost, "-._")
	set(classUser, "-_.!~*'()&=+$,;?/%")
	set(classParam, "-_.!~*'()[]/:&+$%")
	set(classList, ",;\"<")
	set(classDigit|classHex, "0123456789")
	set(classHex, "abcdefABCDEF")
	return t
}

// IsToken says whether s is a token (RFC 3261 25.1), at least one character.
func IsToken(s string) bool { return all(s, classToken) }

// IsWord says whether s is a word (RFC 3261 25.1), as the parts of a Call-ID are.
func IsWord(s string) bool { return all(s, classWord) }

func all(s string, class uint8) bool {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&class == 0 {
			return false
		}
	}
	return len(s) > 0
}

// ParseUint reads an unsigned decimal number without sign or blanks; false when it is none or does not fit 32 bits.
func ParseUint(s string) (uint32, bool) {
	if len(s) == 0 || len(s) > 20 {
		return 0, false
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		c := s[i] - '0'
		if c > 9 {
			return 0, false
		}
		n = n*10 + uint64(c)
		if n > 1<<32-1 {
			return 0, false
		}
	}
	return uint32(n), true
}

// appendUint appends n in decimal.
func appendUint(dst []byte, n uint64) []byte {
	if n < 10 {
		return append(dst, byte('0'+n))
	}
	var b [20]byte
	i := len(b)
	for n >= 10 {
		i--
		b[i] = byte('0' + n%10)
		n /= 10
	}
	i--
	b[i] = byte('0' + n)
	return append(dst, b[i:]...)
}
