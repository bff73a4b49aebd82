// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"

	"github.com/kahea-sip/kahea/cfg/source"
)

// releaseNumber is KAMAILIO_VERSION within #!ifexp: major, minor and patch with three digits each for the last two.
const releaseNumber = 5006003

// ifexp handles #!ifexp expression, of the releases behind 5.6: the text is read when the expression is neither 0 nor "".
func (p *processor) ifexp(s *scanner, d directive) {
	at := s.here()
	text := s.argument()
	if !p.active() {
		p.push(d, false)
		return
	}
	v, err := p.calculate(text)
	if err != nil {
		p.errs.Add(&source.Error{Pos: at, End: s.here(), Message: "#!ifexp: " + err.Error()})
	}
	p.push(d, err == nil && v.truth())
}

// defineExpression handles #!defexp NAME expression; defexps gives the value quotes.
func (p *processor) defineExpression(s *scanner, d directive, quoted bool) {
	for s.off < len(s.text) && (s.text[s.off] == ' ' || s.text[s.off] == '\t') {
		s.off++
	}
	span := source.Span{Pos: s.here(), Fin: s.at(s.word(s.off))}
	name := s.text[s.off:s.word(s.off)]
	s.off += len(name)
	v, err := p.calculate(s.argument())
	switch {
	case name == "":
		p.errs.AddSpan(d.span, "write #!"+d.word+" NAME expression", "#!%s without a name", d.word)
	case err != nil:
		p.errs.AddSpan(span, "", "#!%s: %s", d.word, err)
	default:
		def := &Define{Name: name, Value: v.text(), Pos: span.Pos}
		if quoted {
			def.Value = Quote(def.Value)
		}
		p.defineAs(def, span, plainDefine)
	}
}

// value is a number or a string within an expression of the preprocessor.
type value struct {
	isString bool
	s        string
	n        float64
}

func (v value) truth() bool {
	if v.isString {
		return v.s != ""
	}
	return v.n != 0
}

func (v value) text() string {
	if v.isString {
		return v.s
	}
	return strconv.FormatFloat(v.n, 'f', -1, 64)
}

func truth(b bool) value {
	if b {
		return value{n: 1}
	}
	return value{}
}

// calculator reads || && == != < <= > >= + - * / % ! ( ) over numbers, strings and names.
type calculator struct {
	p     *processor
	toks  []Token
	depth int
}

var errTooDeep = errors.New("expression is nested too deep")

func (p *processor) calculate(text string) (value, error) {
	c := &calculator{p: p}
	s := newScanner("", text)
	var bad error
	for s.off < len(s.text) {
		if n := spaceLength(s.text[s.off:]); n > 0 {
			s.off += n
			continue
		}
		c.toks = append(c.toks, s.token(func(e *source.Error) { bad = errors.New(e.Message) }))
	}
	if bad != nil {
		return value{}, bad
	}
	v, err := c.binary(0)
	if err == nil && len(c.toks) > 0 {
		err = fmt.Errorf("unexpected %q", c.toks[0].Text)
	}
	return v, err
}

var precedence = map[string]int{"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 4, "<=": 4, ">": 4, ">=": 4, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}

func (c *calculator) peek() string {
	if len(c.toks) == 0 {
		return ""
	}
	return c.toks[0].Text
}

func (c *calculator) binary(above int) (value, error) {
	if c.depth++; c.depth > MaxDefineDepth {
		return value{}, errTooDeep
	}
	defer func() { c.depth-- }()
	left, err := c.unary()
	for err == nil {
		op := c.peek()
		level := precedence[op]
		if level <= above {
			return left, nil
		}
		c.toks = c.toks[1:]
		var right value
		if right, err = c.binary(level); err == nil {
			left, err = apply(op, left, right)
		}
	}
	return value{}, err
}

func apply(op string, a, b value) (value, error) {
	switch op {
	case "||":
		return truth(a.truth() || b.truth()), nil
	case "&&":
		return truth(a.truth() && b.truth()), nil
	}
	if a.isString || b.isString {
		x, y := a.text(), b.text()
		if holds, ok := order(op, x, y); ok {
			return truth(holds), nil
		}
		if op == "+" {
			return value{isString: true, s: x + y}, nil
		}
		return value{}, fmt.Errorf("%s works on numbers only", op)
	}
	x, y := a.n, b.n
	if holds, ok := order(op, x, y); ok {
		return truth(holds), nil
	}
	switch op {
	case "+":
		return value{n: x + y}, nil
	case "-":
		return value{n: x - y}, nil
	case "*":
		return value{n: x * y}, nil
	}
	if y == 0 {
		return value{}, errors.New("division by zero")
	}
	if op == "%" {
		if int64(y) == 0 {
			return value{}, errors.New("division by zero")
		}
		return value{n: float64(int64(x) % int64(y))}, nil
	}
	return value{n: x / y}, nil
}

// order tells whether a comparison holds; not ok is an operator that is none.
func order[T cmp.Ordered](op string, x, y T) (holds, ok bool) {
	switch op {
	case "==":
		return x == y, true
	case "!=":
		return x != y, true
	case "<":
		return x < y, true
	case "<=":
		return x <= y, true
	case ">":
		return x > y, true
	case ">=":
		return x >= y, true
	}
	return false, false
}

func (c *calculator) unary() (value, error) {
	if len(c.toks) == 0 {
		return value{}, errors.New("expression expected")
	}
	if c.depth++; c.depth > MaxDefineDepth {
		return value{}, errTooDeep
	}
	defer func() { c.depth-- }()
	t := c.toks[0]
	c.toks = c.toks[1:]
	switch {
	case t.Text == "!":
		v, err := c.unary()
		return truth(!v.truth()), err
	case t.Text == "-":
		v, err := c.unary()
		v.n = -v.n
		return v, err
	case t.Text == "(":
		v, err := c.binary(0)
		if err == nil && c.peek() != ")" {
			return v, errors.New("a ) is missing")
		}
		if err == nil {
			c.toks = c.toks[1:]
		}
		return v, err
	case t.Kind == Number:
		return number(t.Text), nil
	case t.Kind == String:
		return value{isString: true, s: t.Text[1 : len(t.Text)-1]}, nil
	case t.Kind == Ident:
		return c.name(t.Text)
	}
	return value{}, fmt.Errorf("unexpected %q", t.Text)
}

// number reads an integer of the language.
func number(text string) value {
	n, err := strconv.ParseInt(text, 0, 64)
	if err != nil {
		n, _ = strconv.ParseInt(text[:max(len(text)-1, 0)], 2, 64)
	}
	return value{n: float64(n)}
}

// name gives the value of a define; a name that is not defined is 0, one that is defined without a value 1.
func (c *calculator) name(name string) (value, error) {
	if name == "KAMAILIO_VERSION" {
		return value{n: releaseNumber}, nil
	}
	d := c.p.defines[name]
	switch {
	case d == nil:
		return value{}, nil
	case d.Value == "":
		return value{n: 1}, nil
	}
	if len(c.toks) > 1<<12 {
		return value{}, errTooDeep
	}
	c.toks = append(parenthesized(d.Value), c.toks...)
	return c.unary()
}

// parenthesized gives the tokens of a define's value in parentheses.
func parenthesized(text string) []Token {
	toks := []Token{{Kind: Op, Text: "("}}
	s := newScanner("", text)
	for s.off < len(s.text) {
		if n := spaceLength(s.text[s.off:]); n > 0 {
			s.off += n
			continue
		}
		toks = append(toks, s.token(func(*source.Error) {}))
	}
	return append(toks, Token{Kind: Op, Text: ")"})
}
