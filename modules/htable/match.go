// SPDX-License-Identifier: Apache-2.0

package htable

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
)

// pattern is what keys or values are compared with.
type pattern struct {
	text string
	re   *ere.Regexp
	err  error // why text is no regular expression
	op   func(p *pattern, s string) bool
}

func (p *pattern) match(s string) bool { return p.op(p, s) }

var (
	isEqual  = func(p *pattern, s string) bool { return s == p.text }
	isOther  = func(p *pattern, s string) bool { return s != p.text }
	isMatch  = func(p *pattern, s string) bool { return p.re.MatchString(s) }
	isPrefix = func(p *pattern, s string) bool { return strings.HasPrefix(s, p.text) }
	isSuffix = func(p *pattern, s string) bool { return strings.HasSuffix(s, p.text) }
)

// newPattern takes a text that may be a regular expression or not: which it is
// the operator says.
func newPattern(text string) *pattern {
	p := &pattern{text: text}
	p.re, p.err = ere.Compile(text, ere.IgnoreCase)
	return p
}

var (
	errOperator       = errors.New("the operator is none of eq, ne, re, sw")
	errRemoveOperator = errors.New("the operator is neither re nor sw")
)

// with sets the operator of a function.
func (p pattern) with(op string) (*pattern, error) {
	switch op {
	case "eq":
		p.op = isEqual
	case "ne":
		p.op = isOther
	case "re":
		p.op = isMatch
		return &p, p.err
	case "sw":
		p.op = isPrefix
	default:
		return nil, errOperator
	}
	return &p, nil
}

// countPattern reads what $shtcn and $shtcv have behind =>.
func countPattern(text string) (*pattern, error) {
	if len(text) > 2 {
		p := &pattern{text: text[2:]}
		switch text[:2] {
		case "==":
			p.op = isEqual
			return p, nil
		case "~%":
			p.op = isSuffix
			return p, nil
		case "%~":
			p.op = isPrefix
			return p, nil
		case "~~":
			text = text[2:]
		}
	}
	return newPattern(text).with("re")
}

// byName and byText are what of an item is compared: false leaves it out.
func byName(i item) (string, bool) { return i.key, true }

func byText(i item) (string, bool) { return i.value.Str, i.value.Kind == avp.Str }

// matching counts the items that match.
func (t *Table) matching(of func(i item) (string, bool), p *pattern) (n int64) {
	t.sweep(func(i item) bool {
		if s, ok := of(i); ok && p.match(s) {
			n++
		}
		return false
	})
	return n
}

// has tells whether any item matches.
func (t *Table) has(of func(i item) (string, bool), p *pattern) (found bool) {
	t.sweepWhile(func(i item) (remove, more bool) {
		s, ok := of(i)
		found = ok && p.match(s)
		return false, !found
	})
	return found
}

// removeMatching removes the items that match.
func (t *Table) removeMatching(of func(i item) (string, bool), p *pattern) {
	t.sweep(func(i item) bool {
		s, ok := of(i)
		return ok && p.match(s)
	})
}
