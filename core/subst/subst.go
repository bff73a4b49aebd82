// SPDX-License-Identifier: Apache-2.0

// Package subst replaces what an expression finds in a text.
package subst

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

// A substitution expression is written as for sed:
//
//	expression  = delimiter re delimiter replacement delimiter [flags]
//	delimiter   = any character; it stands for itself behind a backslash
//	replacement = *( text / "\" digit / escape / variable )
//	escape      = "\n" / "\r" / "\t" / "\\" / "\" delimiter
//	flags       = *( "i" / "g" / "s" )
//
// Flag i ignores case, g replaces all matches instead of the first, s treats
// line ends as ordinary characters.

var (
	errNoExpression = errors.New(`a substitution is written "/expression/replacement/flags"`)
	// ErrNotCompiled is the error of a replacement whose variables Bind did not see.
	ErrNotCompiled = errors.New("variables in a replacement need a constant substitution")
	errEmptyFound  = errors.New("the expression matches the empty text")
)

// Expression is a compiled one.
type Expression struct {
	re     *ere.Regexp
	global bool
	pieces []piece
}

// piece is a part of a replacement: a group of the match, a template, or text.
type piece struct {
	text     string
	group    int // -1 for none
	template module.Template
}

// Parse reads an expression; the variables of its replacement are compiled by
// Bind.
func Parse(text string) (*Expression, error) {
	if len(text) < 3 {
		return nil, errNoExpression
	}
	delimiter := text[0]
	pattern, rest, ok := cutDelimited(text[1:], delimiter)
	if !ok {
		return nil, errNoExpression
	}
	replacement, flags, ok := cutDelimited(rest, delimiter)
	if !ok {
		return nil, errNoExpression
	}
	s := new(Expression)
	options := ere.Newline
	for i := range len(flags) {
		switch flags[i] {
		case 'i':
			options |= ere.IgnoreCase
		case 's':
			options &^= ere.Newline
		case 'g':
			s.global = true
		default:
			return nil, fmt.Errorf("unknown flag %q of a substitution: it is i, g or s", flags[i])
		}
	}
	var err error
	if s.re, err = ere.Compile(pattern, options); err != nil {
		return nil, err
	}
	return s, s.readReplacement(replacement)
}

// cutDelimited cuts text at the first delimiter without a backslash in front.
func cutDelimited(text string, delimiter byte) (before, after string, ok bool) {
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case delimiter:
			return text[:i], text[i+1:], true
		}
	}
	return "", "", false
}

func (s *Expression) readReplacement(text string) error {
	var plain []byte
	flush := func() {
		if len(plain) > 0 {
			s.pieces = append(s.pieces, piece{text: string(plain), group: -1})
			plain = nil
		}
	}
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' || i+1 == len(text) {
			plain = append(plain, c)
			continue
		}
		i++
		switch c = text[i]; {
		case c >= '0' && c <= '9':
			if n := int(c - '0'); n > s.re.NumSubexp() {
				return fmt.Errorf("replacement refers to group %d, the expression has %d", n, s.re.NumSubexp())
			}
			flush()
			s.pieces = append(s.pieces, piece{group: int(c - '0')})
		case c == 'n':
			plain = append(plain, '\n')
		case c == 'r':
			plain = append(plain, '\r')
		case c == 't':
			plain = append(plain, '\t')
		default:
			plain = append(plain, c)
		}
	}
	flush()
	return nil
}

// Bind compiles the variables of the replacement.
func (s *Expression) Bind(b module.Binder) error {
	for i := range s.pieces {
		p := &s.pieces[i]
		if p.template != nil || !strings.Contains(p.text, "$") {
			continue
		}
		t, err := b.Template(p.text)
		if err != nil {
			return err
		}
		p.template = t
	}
	return nil
}

// Each calls f for each match that is to be replaced, with what to put there.
// It returns how many there were.
func (s *Expression) Each(c *module.Call, text string, f func(start, end int, repl string)) (n int, err error) {
	s.re.FindAll(text, func(loc []int) bool {
		if loc[0] == loc[1] {
			if n == 0 {
				err = errEmptyFound
			}
			return false
		}
		var repl string
		if repl, err = s.replacement(c, text, loc); err != nil {
			return false
		}
		f(loc[0], loc[1], repl)
		n++
		return s.global
	})
	return n, err
}

// replacement returns the text for one match. It lives as long as the message.
func (s *Expression) replacement(c *module.Call, text string, loc []int) (string, error) {
	if len(s.pieces) == 1 && s.pieces[0].group < 0 && s.pieces[0].template == nil {
		if strings.Contains(s.pieces[0].text, "$") {
			return "", ErrNotCompiled
		}
		return s.pieces[0].text, nil
	}
	var out []byte
	for i := range s.pieces {
		switch p := &s.pieces[i]; {
		case p.group >= 0:
			if start, end := loc[2*p.group], loc[2*p.group+1]; start >= 0 {
				out = append(out, text[start:end]...)
			}
		case p.template != nil:
			out = append(out, p.template.Eval(c)...)
		case strings.Contains(p.text, "$"):
			return "", ErrNotCompiled
		default:
			out = append(out, p.text...)
		}
	}
	return string(out), nil
}

// Apply returns text with the replacements, and how many there were.
func (s *Expression) Apply(c *module.Call, text string) (string, int, error) {
	var out []byte
	at := 0
	n, err := s.Each(c, text, func(start, end int, repl string) {
		out = append(append(out, text[at:start]...), repl...)
		at = end
	})
	if n == 0 || err != nil {
		return text, 0, err
	}
	return string(append(out, text[at:]...)), n, nil
}
