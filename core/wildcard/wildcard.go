// SPDX-License-Identifier: Apache-2.0

// Package wildcard matches texts with patterns as the shell has them.
package wildcard

import "strings"

// Match matches as fnmatch(3) does without flags: * and ? match slashes and
// leading dots too. On a mismatch it goes back to the last star only, so the
// time is bounded by the product of the lengths.
func Match(pattern, text string, fold bool) bool {
	p, t := 0, 0
	star, mark := -1, 0
	for t < len(text) {
		if p < len(pattern) && pattern[p] == '*' {
			star, mark = p, t
			p++
			continue
		}
		if p < len(pattern) {
			if n, ok := one(pattern[p:], text[t], fold); ok {
				p, t = p+n, t+1
				continue
			}
		}
		if star < 0 {
			return false
		}
		mark++
		p, t = star+1, mark
	}
	return strings.Trim(pattern[p:], "*") == ""
}

// one matches a character with the beginning of a pattern that is no star,
// and returns how long that is.
func one(pattern string, c byte, fold bool) (n int, ok bool) {
	switch pattern[0] {
	case '?':
		return 1, true
	case '\\':
		if len(pattern) > 1 {
			return 2, equal(pattern[1], c, fold)
		}
	case '[':
		if n, ok, valid := bracket(pattern, c, fold); valid {
			return n, ok
		}
	}
	return 1, equal(pattern[0], c, fold)
}

func equal(a, b byte, fold bool) bool { return a == b || fold && lower(a) == lower(b) }

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// bracket matches a character with a bracket expression; valid is false when
// the pattern begins with none, as it is not closed.
func bracket(pattern string, c byte, fold bool) (n int, ok, valid bool) {
	i := 1
	negated := i < len(pattern) && (pattern[i] == '!' || pattern[i] == '^')
	if negated {
		i++
	}
	for first := true; i < len(pattern); first = false {
		if pattern[i] == ']' && !first {
			return i + 1, ok != negated, true
		}
		if name, isClass := className(pattern[i:]); isClass {
			ok = ok || inClass(name, c) || fold && (inClass(name, lower(c)) || inClass(name, upper(c)))
			i += len(name) + 4
			continue
		}
		low := pattern[i]
		if low == '\\' && i+1 < len(pattern) {
			i++
			low = pattern[i]
		}
		high := low
		if i+2 < len(pattern) && pattern[i+1] == '-' && pattern[i+2] != ']' {
			high = pattern[i+2]
			i += 2
		}
		i++
		if c >= low && c <= high || fold && (lower(c) >= low && lower(c) <= high || upper(c) >= low && upper(c) <= high) {
			ok = true
		}
	}
	return 0, false, false
}

func upper(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

// className reads "[:alpha:]".
func className(s string) (string, bool) {
	rest, ok := strings.CutPrefix(s, "[:")
	if !ok {
		return "", false
	}
	name, _, ok := strings.Cut(rest, ":]")
	return name, ok
}

func inClass(name string, c byte) bool {
	letter := lower(c) >= 'a' && lower(c) <= 'z'
	digit := c >= '0' && c <= '9'
	switch name {
	case "alpha":
		return letter
	case "digit":
		return digit
	case "alnum":
		return letter || digit
	case "upper":
		return c >= 'A' && c <= 'Z'
	case "lower":
		return c >= 'a' && c <= 'z'
	case "space":
		return c == ' ' || c >= '\t' && c <= '\r'
	case "blank":
		return c == ' ' || c == '\t'
	case "punct":
		return c > ' ' && c < 0x7f && !letter && !digit
	case "print":
		return c >= ' ' && c < 0x7f
	case "graph":
		return c > ' ' && c < 0x7f
	case "cntrl":
		return c < ' ' || c == 0x7f
	case "xdigit":
		return digit || lower(c) >= 'a' && lower(c) <= 'f'
	}
	return false
}
