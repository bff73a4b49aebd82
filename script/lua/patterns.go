// SPDX-License-Identifier: Apache-2.0

package lua

import "strings"

// Bounds of a pattern. Lua 5.1 has 32 captures, and for the nesting only its
// stack; a script that repeats more items than this is ended with an error.
const (
	maxCaptures     = 32
	maxPatternDepth = 5000
)

// What is said of patterns that cannot be understood, in the words of Lua.
const (
	patternEndsPercent = "malformed pattern (ends with '%')"
	patternOpenSet     = "malformed pattern (missing ']')"
	patternFrontier    = "missing '[' after '%f' in pattern"
	patternUnbalanced  = "unbalanced pattern"
	patternCapture     = "invalid pattern capture"
	patternIndex       = "invalid capture index"
	patternCaptures    = "too many captures"
	patternUnfinished  = "unfinished capture"
	patternComplex     = "pattern too complex"
)

// Kinds of captures besides those that have a length.
const (
	captureOpen     = -1
	capturePosition = -2
)

type capture struct {
	start int
	// size is the length, captureOpen while its end is not reached, or
	// capturePosition for ().
	size int
}

// matcher matches one subject against a pattern of Lua 5.1, which is read anew
// at each step: most are short and used once. Positions count bytes from 0.
type matcher struct {
	subject, pattern string
	captures         [maxCaptures]capture
	levels, depth    int
	// fault is why the pattern cannot be understood; nothing matches then.
	fault string
	// steps counts what the matching takes, nil where there is no limit.
	steps *stepCounter
}

// newMatcher takes a pattern up to its first zero byte: Lua 5.1 sees no more
// of it.
func newMatcher(subject, pattern string) matcher {
	if i := strings.IndexByte(pattern, 0); i >= 0 {
		pattern = pattern[:i]
	}
	return matcher{subject: subject, pattern: pattern}
}

// reset forgets the captures of the last try.
func (m *matcher) reset() { m.levels, m.depth = 0, 0 }

func (m *matcher) fail(why string) int {
	if m.fault == "" {
		m.fault = why
	}
	return -1
}

// match matches the pattern from p on at the position s of the subject. It
// returns where the match ends, -1 for none.
func (m *matcher) match(s, p int) int {
	if m.depth++; m.depth > maxPatternDepth {
		return m.fail(patternComplex)
	}
	if m.steps != nil {
		if m.steps.n++; m.steps.exceeded() || m.fault != "" {
			return m.fail(errTooManySteps.Error()) // each way that is left fails too
		}
	}
	e := m.walk(s, p)
	m.depth--
	return e
}

// walk matches item by item; what may have to try again calls match.
func (m *matcher) walk(s, p int) int {
	for p < len(m.pattern) {
		switch c := m.pattern[p]; {
		case c == '(':
			return m.open(s, p+1)
		case c == ')':
			return m.close(s, p+1)
		case c == '$' && p+1 == len(m.pattern):
			if s == len(m.subject) {
				return s
			}
			return -1
		case c == '%' && p+1 < len(m.pattern) && isEscapeItem(m.pattern[p+1]):
			if s, p = m.escape(s, p+1); s < 0 {
				return -1
			}
			continue
		}
		end := m.itemEnd(p)
		if end < 0 {
			return -1
		}
		suffix := byte(0)
		if end < len(m.pattern) {
			suffix = m.pattern[end]
		}
		switch suffix {
		case '*':
			return m.longest(s, p, end, 0)
		case '+':
			return m.longest(s, p, end, 1)
		case '-':
			return m.shortest(s, p, end)
		case '?':
			if m.single(s, p, end) {
				if e := m.match(s+1, end+1); e >= 0 {
					return e
				}
			}
			p = end + 1
		default:
			if !m.single(s, p, end) {
				return -1
			}
			s, p = s+1, end
		}
	}
	return s
}

// isEscapeItem tells whether a byte after % makes an item that is not one
// character: %b, %f, a back reference.
func isEscapeItem(c byte) bool { return c == 'b' || c == 'f' || isDigit(c) }

// escape matches %b, %f or a back reference; the letter is at p. It returns
// what is left to match, or -1 and anything.
func (m *matcher) escape(s, p int) (int, int) {
	switch c := m.pattern[p]; c {
	case 'b':
		if p+2 >= len(m.pattern) {
			return m.fail(patternUnbalanced), p
		}
		return m.balanced(s, m.pattern[p+1], m.pattern[p+2]), p + 3
	case 'f':
		p++
		if p >= len(m.pattern) || m.pattern[p] != '[' {
			return m.fail(patternFrontier), p
		}
		end := m.itemEnd(p)
		if end < 0 || m.inSet(m.at(s-1), p, end-1) || !m.inSet(m.at(s), p, end-1) {
			return -1, p
		}
		return s, end
	default:
		i := m.finished(c)
		if i < 0 {
			return -1, p
		}
		// A position has no text, and nothing is as long as it.
		size := m.captures[i].size
		if size < 0 || len(m.subject)-s < size {
			return -1, p
		}
		if start := m.captures[i].start; m.subject[start:start+size] != m.subject[s:s+size] {
			return -1, p
		}
		return s + size, p + 1
	}
}

// at is the byte at a position, 0 before and behind the subject.
func (m *matcher) at(s int) byte {
	if s < 0 || s >= len(m.subject) {
		return 0
	}
	return m.subject[s]
}

// finished is the index of the capture with a digit, -1 with a fault when it
// is not there or not at its end.
func (m *matcher) finished(digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.levels || m.captures[i].size == captureOpen {
		return m.fail(patternIndex)
	}
	return i
}

// balanced returns the end of a text that begins with open and ends with the
// end that belongs to it.
func (m *matcher) balanced(s int, open, end byte) int {
	if s >= len(m.subject) || m.subject[s] != open {
		return -1
	}
	depth := 1
	for s++; s < len(m.subject); s++ {
		switch m.subject[s] {
		case end:
			if depth--; depth == 0 {
				return s + 1
			}
		case open:
			depth++
		}
	}
	return -1
}

// open begins a capture; p is behind its parenthesis.
func (m *matcher) open(s, p int) int {
	size := captureOpen
	if p < len(m.pattern) && m.pattern[p] == ')' {
		size, p = capturePosition, p+1
	}
	if m.levels >= maxCaptures {
		return m.fail(patternCaptures)
	}
	m.captures[m.levels] = capture{start: s, size: size}
	m.levels++
	e := m.match(s, p)
	if e < 0 {
		m.levels--
	}
	return e
}

// close ends the innermost capture that is open.
func (m *matcher) close(s, p int) int {
	i := m.levels - 1
	for i >= 0 && m.captures[i].size != captureOpen {
		i--
	}
	if i < 0 {
		return m.fail(patternCapture)
	}
	m.captures[i].size = s - m.captures[i].start
	e := m.match(s, p)
	if e < 0 {
		m.captures[i].size = captureOpen
	}
	return e
}

// longest matches an item as often as it can, at least least times, and gives
// back until the rest matches.
func (m *matcher) longest(s, p, end, least int) int {
	n := 0
	for m.single(s+n, p, end) {
		n++
	}
	for ; n >= least && m.fault == ""; n-- {
		if e := m.match(s+n, end+1); e >= 0 {
			return e
		}
	}
	return -1
}

// shortest matches an item as seldom as it can.
func (m *matcher) shortest(s, p, end int) int {
	for m.fault == "" {
		if e := m.match(s, end+1); e >= 0 {
			return e
		}
		if !m.single(s, p, end) {
			break
		}
		s++
	}
	return -1
}

// itemEnd is where the item of one character at p ends.
func (m *matcher) itemEnd(p int) int {
	c := m.pattern[p]
	p++
	switch c {
	case '%':
		if p >= len(m.pattern) {
			return m.fail(patternEndsPercent)
		}
		return p + 1
	case '[':
		if p < len(m.pattern) && m.pattern[p] == '^' {
			p++
		}
		// The first character is one of the set, also when it is ].
		for first := true; ; first = false {
			switch {
			case p >= len(m.pattern):
				return m.fail(patternOpenSet)
			case m.pattern[p] == ']' && !first:
				return p + 1
			case m.pattern[p] == '%':
				p++ // what it escapes is no end
			}
			p++
		}
	}
	return p
}

// single tells whether the item in pattern[p:end] matches the character at s.
func (m *matcher) single(s, p, end int) bool {
	if s >= len(m.subject) {
		return false
	}
	c := m.subject[s]
	switch m.pattern[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pattern[p+1])
	case '[':
		return m.inSet(c, p, end-1)
	}
	return m.pattern[p] == c
}

// inSet tells whether c is in the set whose brackets are at p and last.
func (m *matcher) inSet(c byte, p, last int) bool {
	in := true
	p++
	if m.pattern[p] == '^' {
		in = false
		p++
	}
	for p < last {
		switch {
		case m.pattern[p] == '%' && p+1 < last:
			if inClass(c, m.pattern[p+1]) {
				return in
			}
			p += 2
		case p+2 < last && m.pattern[p+1] == '-':
			if m.pattern[p] <= c && c <= m.pattern[p+2] {
				return in
			}
			p += 3
		default:
			if m.pattern[p] == c {
				return in
			}
			p++
		}
	}
	return !in
}

// inClass tells whether c is of the class that a letter names, of the others
// for a capital; what is no letter of a class is itself. Only ASCII has
// letters, as in the locale C.
func inClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isLetter(c)
	case 'c':
		in = c < 0x20 || c == 0x7f
	case 'd':
		in = isDigit(c)
	case 'l':
		in = 'a' <= c && c <= 'z'
	case 'p':
		in = 0x20 < c && c < 0x7f && !isLetter(c) && !isDigit(c)
	case 's':
		in = isSpace(c)
	case 'u':
		in = 'A' <= c && c <= 'Z'
	case 'w':
		in = isLetter(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return c == class
	}
	return in == (class&0x20 != 0)
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isSpace(c byte) bool  { return c == ' ' || '\t' <= c && c <= '\r' }
