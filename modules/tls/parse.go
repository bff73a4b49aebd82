// SPDX-License-Identifier: Apache-2.0

package tls

import (
	"fmt"
	"strings"
)

// The grammar of tls.cfg, a line each:
//
//	line    = [ section | setting ] [ "#" comment ]
//	section = "[" ( "server" | "client" ) ":" domain "]"
//	domain  = "default" | "any" | address [ ":" port ]    an IPv6 address stands in brackets
//	setting = name "=" value
//	value   = word, or text in double quotes with \ before " and \

// position is a place in a file.
type position struct {
	file      string
	line, col int
}

func (p position) String() string { return fmt.Sprintf("%s:%d:%d", p.file, p.line, p.col) }

// mistake is an error in tls.cfg.
type mistake struct {
	position
	text string
}

// Error begins with file:line:col.
func (m *mistake) Error() string { return m.position.String() + ": " + m.text }

func (p position) errorf(format string, args ...any) error {
	return &mistake{p, fmt.Sprintf(format, args...)}
}

// section is a profile as it is written.
type section struct {
	position
	role     string // "server" or "client"
	domain   string
	settings []assignment
}

// assignment is one setting of a section.
type assignment struct {
	position    // of the name
	name, value string
	valueAt     position
}

// parse reads the text of a file.
func parse(file, text string) ([]*section, error) {
	var out []*section
	for i, line := range strings.Split(text, "\n") {
		l := scanner{line: strings.TrimSuffix(line, "\r"), position: position{file, i + 1, 1}}
		l.space()
		switch {
		case l.done():
		case l.peek() == '[':
			s, err := l.section()
			if err != nil {
				return nil, err
			}
			out = append(out, s)
		default:
			a, err := l.assignment()
			switch {
			case err != nil:
				return nil, err
			case len(out) == 0:
				return nil, a.errorf("%s stands outside of a profile, expected [server:…] or [client:…] before it", a.name)
			}
			last := out[len(out)-1]
			last.settings = append(last.settings, a)
		}
	}
	return out, nil
}

// scanner reads one line.
type scanner struct {
	line string
	position
}

func (l *scanner) rest() string { return l.line[l.col-1:] }
func (l *scanner) peek() byte   { return l.line[l.col-1] }
func (l *scanner) done() bool   { return l.col > len(l.line) || l.peek() == '#' }

func (l *scanner) space() {
	for l.col <= len(l.line) && strings.IndexByte(" \t\f\v", l.peek()) >= 0 {
		l.col++
	}
}

// end refuses what stands behind the end of a section or setting.
func (l *scanner) end() error {
	l.space()
	if !l.done() {
		return l.errorf("found %q, expected the end of the line", l.rest())
	}
	return nil
}

// section reads [role:domain].
func (l *scanner) section() (*section, error) {
	s := &section{position: l.position}
	l.col++
	l.space()
	// The bracket of the section is the last one: an IPv6 address has its own.
	text, _, _ := strings.Cut(l.rest(), "#")
	close := strings.LastIndexByte(text, ']')
	if close < 0 {
		return nil, s.errorf("the ] of the profile is missing")
	}
	role, domain, ok := strings.Cut(text[:close], ":")
	s.role, s.domain = strings.TrimSpace(role), strings.TrimSpace(domain)
	if s.role != "server" && s.role != "client" {
		return nil, l.errorf("found %q, expected server or client", s.role)
	}
	if !ok || s.domain == "" {
		return nil, l.errorf("expected [%s:default], [%s:any] or [%s:IP:port]", s.role, s.role, s.role)
	}
	l.col += close + 1
	return s, l.end()
}

// assignment reads name = value.
func (l *scanner) assignment() (a assignment, err error) {
	a.position = l.position
	for !l.done() && isWord(l.peek()) {
		l.col++
	}
	a.name = l.line[a.col-1 : l.col-1]
	l.space()
	switch {
	case a.name == "":
		return a, l.errorf("found %q, expected a name", l.rest())
	case l.done() || l.peek() != '=':
		return a, l.errorf("expected = behind %s", a.name)
	}
	l.col++
	l.space()
	a.valueAt = l.position
	if !l.done() && l.peek() == '"' {
		a.value, err = l.quoted()
	} else {
		for !l.done() && strings.IndexByte(" \t", l.peek()) < 0 {
			l.col++
		}
		a.value = l.line[a.valueAt.col-1 : l.col-1]
	}
	if err != nil {
		return a, err
	}
	return a, l.end()
}

func isWord(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

func (l *scanner) quoted() (string, error) {
	begin := l.position
	var b strings.Builder
	for l.col++; l.col <= len(l.line); l.col++ {
		switch c := l.peek(); {
		case c == '"':
			l.col++
			return b.String(), nil
		case c == '\\' && l.col < len(l.line):
			l.col++
			b.WriteByte(l.peek())
		default:
			b.WriteByte(c)
		}
	}
	return "", begin.errorf("the closing \" is missing")
}
