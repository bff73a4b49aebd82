// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"strings"

	glua "github.com/yuin/gopher-lua"
)

const patternSpecials = "^$*+?.([%-"

func stringFind(l *glua.LState) int  { return search(l, "find", true) }
func stringMatch(l *glua.LState) int { return search(l, "match", false) }

// search is find and match: a failed one gives nil.
func search(l *glua.LState, fn string, find bool) int {
	subject, pattern := argString(l, 1, fn), argString(l, 2, fn)
	at := optInt(l, 3, fn, 1)
	if at < 0 {
		at += len(subject) + 1
	}
	at = min(max(at-1, 0), len(subject))
	m := newMatcher(subject, pattern)
	m.steps = stepsOf(l)
	if find && (glua.LVAsBool(l.Get(4)) || !strings.ContainsAny(m.pattern, patternSpecials)) {
		i := strings.Index(subject[at:], pattern)
		if i < 0 {
			l.Push(glua.LNil)
			return 1
		}
		l.Push(glua.LNumber(at + i + 1))
		l.Push(glua.LNumber(at + i + len(pattern)))
		return 2
	}
	s, e := m.first(at)
	if e < 0 {
		raiseFault(l, &m)
		l.Push(glua.LNil)
		return 1
	}
	if !find {
		return pushCaptures(l, &m, s, e)
	}
	l.Push(glua.LNumber(s + 1))
	l.Push(glua.LNumber(e))
	if m.levels == 0 {
		return 2
	}
	return 2 + pushCaptures(l, &m, s, e)
}

// first finds the first match at or behind a position; the end is -1 without
// one.
func (m *matcher) first(at int) (start, end int) {
	p := 0
	if strings.HasPrefix(m.pattern, "^") {
		p = 1
	}
	for s := at; s <= len(m.subject); s++ {
		m.reset()
		if e := m.match(s, p); e >= 0 {
			return s, e
		}
		if p == 1 || m.fault != "" {
			break
		}
	}
	return 0, -1
}

func raiseFault(l *glua.LState, m *matcher) {
	if m.fault != "" {
		l.RaiseError("%s", m.fault)
	}
}

// capture is the value of the capture i of a match from s to e, which itself
// is the only one of a pattern without captures.
func (m *matcher) capture(i, s, e int) glua.LValue {
	if i >= m.levels {
		if i > 0 {
			m.fail(patternIndex)
			return glua.LNil
		}
		return glua.LString(m.subject[s:e])
	}
	switch c := m.captures[i]; c.size {
	case captureOpen:
		m.fail(patternUnfinished)
		return glua.LNil
	case capturePosition:
		return glua.LNumber(c.start + 1)
	default:
		return glua.LString(m.subject[c.start : c.start+c.size])
	}
}

func pushCaptures(l *glua.LState, m *matcher, s, e int) int {
	n := max(m.levels, 1)
	for i := range n {
		v := m.capture(i, s, e)
		raiseFault(l, m)
		l.Push(v)
	}
	return n
}

// stringGmatch gives one match after the other. A ^ is a character here.
func stringGmatch(l *glua.LState) int {
	m := newMatcher(argString(l, 1, "gmatch"), argString(l, 2, "gmatch"))
	m.steps = stepsOf(l)
	at := 0
	l.Push(l.NewFunction(func(l *glua.LState) int {
		for ; at <= len(m.subject); at++ {
			m.reset()
			e := m.match(at, 0)
			if e < 0 {
				raiseFault(l, &m)
				continue
			}
			s := at
			if at = e; e == s {
				at++ // an empty match: go on behind the next character
			}
			return pushCaptures(l, &m, s, e)
		}
		l.Push(glua.LNil)
		return 1
	}))
	return 1
}

// stringGsub replaces matches by a text, a table's value or what a function
// returns.
func stringGsub(l *glua.LState) int {
	const fn = "gsub"
	subject, pattern := argString(l, 1, fn), argString(l, 2, fn)
	with := l.Get(3)
	switch with.Type() {
	case glua.LTNumber:
		with = glua.LString(argString(l, 3, fn))
	case glua.LTString, glua.LTTable, glua.LTFunction:
	default:
		badArgument(l, 3, fn, "string/function/table expected")
	}
	most := optInt(l, 4, fn, len(subject)+1)
	m := newMatcher(subject, pattern)
	m.steps = stepsOf(l)
	p := 0
	if strings.HasPrefix(m.pattern, "^") {
		p = 1
	}
	var out []byte
	s, n, copied := 0, 0, 0
	for n < most {
		m.reset()
		e := m.match(s, p)
		raiseFault(l, &m)
		if e >= 0 {
			n++
			out = append(out, subject[copied:s]...)
			out = m.replace(l, out, with, s, e)
			copied = e
			if len(out) > maxText {
				l.RaiseError("%s", errText)
			}
		}
		switch {
		case e > s:
			s = e
		case s < len(subject):
			s++
		default:
			most = n
		}
		if p == 1 {
			break
		}
	}
	if n == 0 {
		l.Push(glua.LString(subject))
	} else {
		room(l, len(out)+len(subject)-copied)
		l.Push(glua.LString(append(out, subject[copied:]...)))
	}
	l.Push(glua.LNumber(n))
	return 2
}

// replace appends what stands for the match from s to e.
func (m *matcher) replace(l *glua.LState, out []byte, with glua.LValue, s, e int) []byte {
	var v glua.LValue
	switch w := with.(type) {
	case glua.LString:
		return m.template(l, out, string(w), s, e)
	case *glua.LTable:
		key := m.capture(0, s, e)
		raiseFault(l, m)
		v = l.GetTable(w, key)
	default:
		l.Push(w)
		l.Call(pushCaptures(l, m, s, e), 1)
		v = l.Get(-1)
		l.Pop(1)
	}
	switch v := v.(type) {
	case glua.LString:
		return append(out, v...)
	case glua.LNumber:
		return append(out, numberText(float64(v))...)
	}
	if glua.LVAsBool(v) {
		l.RaiseError("invalid replacement value (a %s)", v.Type())
	}
	return append(out, m.subject[s:e]...)
}

// template appends a text in which %1 to %9 are captures and %0 is the match.
func (m *matcher) template(l *glua.LState, out []byte, text string, s, e int) []byte {
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			out = append(out, text[i])
			continue
		}
		c := byte(0) // what Lua sees behind the end
		if i++; i < len(text) {
			c = text[i]
		}
		switch {
		case !isDigit(c):
			out = append(out, c)
		case c == '0':
			out = append(out, m.subject[s:e]...)
		default:
			v := m.capture(int(c-'1'), s, e)
			raiseFault(l, m)
			out = append(out, argText(v)...)
		}
	}
	return out
}

// argText is the text of a capture.
func argText(v glua.LValue) string {
	if n, ok := v.(glua.LNumber); ok {
		return numberText(float64(n))
	}
	return string(v.(glua.LString))
}
