// SPDX-License-Identifier: Apache-2.0

// Package json reads and writes JSON documents that keep their order and their numbers.
package json

import (
	"errors"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Kind is what a Value is.
type Kind uint8

// The kinds.
const (
	Null Kind = iota
	False
	True
	Number
	String
	Array
	Object
)

// Value is a part of a document.
type Value struct {
	Kind Kind
	// Text is the text of a string, or a number as it was written.
	Text string
	// Items are those of an array.
	Items []*Value
	// Members are those of an object, in their order.
	Members []Member
}

// Member is a name of an object with its value.
type Member struct {
	Name  string
	Value *Value
}

// ErrSyntax is the error of a text that is no document.
var ErrSyntax = errors.New("the text is no JSON")

// maxDepth bounds how deep arrays and objects lie in each other.
const maxDepth = 256

// Rules say what Parse takes beside RFC 8259.
type Rules uint8

const (
	// Lax takes single quotes for double ones, a comma behind the last member or
	// item, and what stands behind the document, as json-c does.
	Lax Rules = 1 << iota
	// Unique refuses an object with two members of one name.
	Unique
)

// Parse reads a document.
func Parse(text string, rules Rules) (*Value, error) {
	p := parser{text: text, rules: rules}
	v, ok := p.value(0)
	p.blank()
	if !ok || rules&Lax == 0 && p.at < len(text) {
		return nil, ErrSyntax
	}
	return v, nil
}

// parser reads by recursive descent; at is the next byte.
type parser struct {
	text  string
	at    int
	rules Rules
}

func (p *parser) blank() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// next is the next byte behind blanks, 0 at the end.
func (p *parser) next() byte {
	p.blank()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) take(c byte) bool {
	if p.next() != c {
		return false
	}
	p.at++
	return true
}

func (p *parser) value(depth int) (*Value, bool) {
	if depth > maxDepth {
		return nil, false
	}
	switch c := p.next(); {
	case c == '{':
		return p.object(depth)
	case c == '[':
		return p.array(depth)
	case c == '"', c == '\'' && p.rules&Lax != 0:
		s, ok := p.string()
		return &Value{Kind: String, Text: s}, ok
	case c == '-', '0' <= c && c <= '9':
		return p.number()
	}
	for _, w := range words {
		if strings.HasPrefix(p.text[p.at:], w.text) {
			p.at += len(w.text)
			return &Value{Kind: w.kind}, true
		}
	}
	return nil, false
}

var words = [...]struct {
	text string
	kind Kind
}{{"null", Null}, {"true", True}, {"false", False}}

func (p *parser) object(depth int) (*Value, bool) {
	p.at++
	v := &Value{Kind: Object}
	if p.take('}') {
		return v, true
	}
	for {
		if c := p.next(); c != '"' && (c != '\'' || p.rules&Lax == 0) {
			return nil, false
		}
		name, ok := p.string()
		if !ok || !p.take(':') {
			return nil, false
		}
		m, ok := p.value(depth + 1)
		if !ok || p.rules&Unique != 0 && v.Member(name) != nil {
			return nil, false
		}
		v.Set(name, m)
		if p.take('}') {
			return v, true
		}
		if !p.take(',') {
			return nil, false
		}
		if p.rules&Lax != 0 && p.take('}') {
			return v, true
		}
	}
}

func (p *parser) array(depth int) (*Value, bool) {
	p.at++
	v := &Value{Kind: Array}
	if p.take(']') {
		return v, true
	}
	for {
		item, ok := p.value(depth + 1)
		if !ok {
			return nil, false
		}
		v.Items = append(v.Items, item)
		if p.take(']') {
			return v, true
		}
		if !p.take(',') {
			return nil, false
		}
		if p.rules&Lax != 0 && p.take(']') {
			return v, true
		}
	}
}

// number reads -1.5e3 and the like.
func (p *parser) number() (*Value, bool) {
	start := p.at
	digits := func() bool {
		from := p.at
		for p.at < len(p.text) && '0' <= p.text[p.at] && p.text[p.at] <= '9' {
			p.at++
		}
		return p.at > from
	}
	here := func(set string) bool { return p.at < len(p.text) && strings.IndexByte(set, p.text[p.at]) >= 0 }
	if here("-") {
		p.at++
	}
	first := p.at
	if !digits() || p.text[first] == '0' && p.at > first+1 {
		return nil, false
	}
	if here(".") {
		p.at++
		if !digits() {
			return nil, false
		}
	}
	if here("eE") {
		p.at++
		if here("+-") {
			p.at++
		}
		if !digits() {
			return nil, false
		}
	}
	return &Value{Kind: Number, Text: p.text[start:p.at]}, true
}

// string reads a string with its quotes.
func (p *parser) string() (string, bool) {
	quote := p.text[p.at]
	p.at++
	var b strings.Builder
	for p.at < len(p.text) {
		c := p.text[p.at]
		p.at++
		switch {
		case c == quote:
			return b.String(), utf8.ValidString(b.String())
		case c < ' ':
			return "", false
		case c != '\\':
			b.WriteByte(c)
		case !p.escape(&b):
			return "", false
		}
	}
	return "", false
}

var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escape reads what stands behind a backslash.
func (p *parser) escape(b *strings.Builder) bool {
	if p.at == len(p.text) {
		return false
	}
	c := p.text[p.at]
	p.at++
	if c != 'u' {
		plain, ok := escapes[c]
		if c == '\'' && p.rules&Lax != 0 {
			plain, ok = c, true
		}
		b.WriteByte(plain)
		return ok
	}
	r, ok := p.hex()
	if !ok {
		return false
	}
	if utf16.IsSurrogate(r) {
		if !strings.HasPrefix(p.text[p.at:], `\u`) {
			return false
		}
		p.at += 2
		low, ok := p.hex()
		if r = utf16.DecodeRune(r, low); !ok || r == utf8.RuneError {
			return false
		}
	}
	b.WriteRune(r)
	return r != 0 // no text of a script holds it
}

// hex reads four digits.
func (p *parser) hex() (r rune, ok bool) {
	if len(p.text)-p.at < 4 {
		return 0, false
	}
	for range 4 {
		i := strings.IndexByte("0123456789abcdef", p.text[p.at]|0x20)
		if p.text[p.at] >= '0' && p.text[p.at] <= '9' {
			i = int(p.text[p.at] - '0')
		}
		if i < 0 {
			return 0, false
		}
		r = r<<4 | rune(i)
		p.at++
	}
	return r, true
}
