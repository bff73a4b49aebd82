// SPDX-License-Identifier: Apache-2.0

package variable

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// Parse compiles one variable, which must be the whole text. The error is an
// *Error.
func Parse(t Table, text string) (*Ref, error) {
	if text == "" || text[0] != '$' {
		return nil, errorf(0, len(text), "expected a variable, found %q", text)
	}
	ref, n, err := parse(t, text, 0)
	if err != nil {
		return nil, err
	}
	if rest := text[n:]; rest != "" {
		e := errorf(n, len(rest), "unexpected %q behind variable %s", rest, text[:n])
		if rest[0] == '{' || rest[0] == '[' {
			e.Advice = "indexes and transformations stand inside parentheses: $(" + text[1:n] + rest + ")"
		}
		return nil, e
	}
	return ref, nil
}

// parser reads one variable of text, which is at text[at].
type parser struct {
	table Table
	text  string
	at    int
}

// parse compiles the variable at text[at], where a dollar sign stands, and
// says how many bytes it has.
func parse(t Table, text string, at int) (*Ref, int, error) {
	p := &parser{t, text, at + 1}
	ref, err := p.variable()
	if err != nil {
		return nil, 0, err
	}
	ref.source = text[at:p.at]
	return ref, p.at - at, nil
}

func (p *parser) peek() byte {
	if p.at < len(p.text) {
		return p.text[p.at]
	}
	return 0
}

func (p *parser) blanks() {
	for c := p.peek(); c == ' ' || c == '\t' || c == '\r' || c == '\n'; c = p.peek() {
		p.at++
	}
}

func (p *parser) variable() (*Ref, error) {
	if p.peek() != '(' {
		return p.named(false)
	}
	start := p.at - 1
	p.at++
	p.blanks()
	ref, err := p.named(true)
	if err != nil {
		return nil, err
	}
	p.blanks()
	for p.peek() == '{' {
		s, err := p.step()
		if err != nil {
			return nil, err
		}
		ref.steps = append(ref.steps, s)
		p.blanks()
	}
	if p.peek() != ')' {
		if p.at >= len(p.text) {
			return nil, errorf(start, 2, "variable %s is not closed: expected )", p.text[start:])
		}
		return nil, errorf(p.at, 1, "unexpected %q in variable %s", p.peek(), p.text[start:p.at])
	}
	p.at++
	return ref, nil
}

// named reads name, inner text and, within parentheses, the index.
func (p *parser) named(enclosed bool) (*Ref, error) {
	start := p.at
	for p.at < len(p.text) && isNameByte(p.text[p.at]) {
		p.at++
	}
	name := p.text[start:p.at]
	if name == "" && p.peek() == '?' {
		p.at++
		name = "rc" // $? as in a shell
	}
	if name == "" {
		return nil, &Error{Offset: max(start-1, 0), Length: 1, Message: "expected the name of a variable behind $",
			Advice: "write $$ for a dollar sign"}
	}
	v, err := p.table.Variable(name)
	if err != nil && strings.HasSuffix(name, ".") {
		err = &Error{Length: len(name), Message: "unknown variable $" + name,
			Advice: "a dot belongs to the name: write $(" + strings.TrimRight(name, ".") + ")."}
	}
	if err != nil {
		return nil, shift(err, start-1, p.at-start+1)
	}
	ref := &Ref{name: name}
	var inner string
	hasInner := false
	innerAt := p.at
	if p.peek() == '(' && v.Bind != nil {
		if inner, err = p.inner(); err != nil {
			return nil, err
		}
		hasInner = true
	}
	if enclosed {
		p.blanks()
		if p.peek() == '[' {
			if err := p.index(ref); err != nil {
				return nil, err
			}
		}
	}
	return ref, p.bind(ref, v, inner, hasInner, start, innerAt)
}

// bind connects the Ref to the variable's functions.
func (p *parser) bind(ref *Ref, v *module.Variable, inner string, hasInner bool, start, innerAt int) error {
	if v.Get != nil && !hasInner {
		ref.get = v.Get
		if v.Set != nil {
			set := v.Set
			ref.set = func(c *module.Call, _ module.Index, val module.Value) error { return set(c, val) }
		}
		return nil
	}
	if !hasInner {
		return errorf(start-1, len(ref.name)+1, "variable $%s needs a name in parentheses, as $%s(x)", ref.name, ref.name)
	}
	acc, err := v.Bind(p.table.Binder(), inner)
	if err != nil {
		return shift(err, innerAt+1, len(inner))
	}
	ref.acc = acc
	if a, ok := acc.(module.Assignable); ok {
		ref.set = a.Set
	}
	return nil
}

// inner reads the text between parentheses, which may hold further ones.
func (p *parser) inner() (string, error) {
	start := p.at
	depth := 0
	for ; p.at < len(p.text); p.at++ {
		switch p.text[p.at] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				p.at++
				return p.text[start+1 : p.at-1], nil
			}
		}
	}
	return "", errorf(start, len(p.text)-start, "variable %s is not closed: expected )", p.text[max(start-8, 0):])
}

func (p *parser) index(ref *Ref) error {
	start := p.at
	p.at++
	p.blanks()
	switch c := p.peek(); {
	case c == '*':
		p.at++
		ref.index = module.Index{Given: true, All: true}
	case c == '$':
		r, n, err := parse(p.table, p.text, p.at)
		if err != nil {
			return err
		}
		p.at += n
		ref.indexRef, ref.index.Given = r, true
	default:
		from := p.at
		for p.at < len(p.text) && p.text[p.at] != ']' {
			p.at++
		}
		text := strings.TrimSpace(p.text[from:p.at])
		n, ok := ParseInt(text)
		ok = ok || text == "-" // Kamailio reads it as 0
		if !ok || from == p.at {
			return errorf(from, p.at-from, "index %q of a variable is not a number", p.text[from:p.at])
		}
		ref.index = module.Index{Given: true, N: int(n)}
	}
	p.blanks()
	if p.peek() != ']' {
		return errorf(start, p.at-start, "the index of the variable is not closed: expected ]")
	}
	p.at++
	return nil
}

func isNameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_' || c == '.'
}
