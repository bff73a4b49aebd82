// SPDX-License-Identifier: Apache-2.0

// Package pcre has regular expressions as Perl has them, over bytes.
package pcre

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
)

// Flags say how an expression is read.
type Flags uint8

// The flags, with their letters in Perl.
const (
	Caseless  Flags = 1 << iota // i
	Multiline                   // m
	DotAll                      // s
	Extended                    // x
)

// limit bounds one match, and limitAll those in one text together: an expression
// that goes back and forth can take longer than anybody waits. The second one is far
// from what a machine may stand still between two fast matches.
const (
	limit    = 200 * time.Millisecond
	limitAll = 2 * time.Second
)

// ErrTime is the error of a match that took too long.
var ErrTime = errors.New("the expression takes too long for this text")

// Regexp is a compiled expression. It is safe for concurrent use.
type Regexp struct {
	re     *regexp2.Regexp
	source string
	all    time.Duration // limitAll but in tests
}

// Compile compiles an expression.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	options := regexp2.None
	for _, o := range [...]struct {
		flag Flags
		to   regexp2.RegexOptions
	}{{Caseless, regexp2.IgnoreCase}, {Multiline, regexp2.Multiline}, {DotAll, regexp2.Singleline}, {Extended, regexp2.IgnorePatternWhitespace}} {
		if flags&o.flag != 0 {
			options |= o.to
		}
	}
	re, err := regexp2.Compile(string(runes(pattern)), options)
	if err != nil {
		return nil, fmt.Errorf("bad expression %q: %w", pattern, err)
	}
	re.MatchTimeout = limit
	return &Regexp{re, strings.Clone(pattern), limitAll}, nil
}

// runes are the bytes of a text, one rune each: PCRE looks at bytes.
func runes(s string) []rune {
	r := make([]rune, len(s))
	for i := range len(s) {
		r[i] = rune(s[i])
	}
	return r
}

// String returns the source text.
func (r *Regexp) String() string { return r.source }

// Match tells whether the expression matches somewhere in a text.
func (r *Regexp) Match(s string) (bool, error) {
	ok, err := r.re.MatchRunes(runes(s))
	if err != nil {
		return false, ErrTime
	}
	return ok, nil
}

// Span is where a group has matched, in bytes; Start is -1 where it has not.
type Span struct{ Start, End int }

// Find returns where the expression matches first, and behind that its groups by
// their numbers; nil where it does not match.
func (r *Regexp) Find(s string) ([]Span, error) {
	var first []Span
	err := r.FindAll(s, func(spans []Span) bool { first = spans; return false })
	return first, err
}

// FindAll calls f for each match as Find has it, left to right, until f returns
// false. What f does counts for the time limit.
func (r *Regexp) FindAll(s string, f func(spans []Span) bool) error {
	begin := time.Now()
	m, err := r.re.FindRunesMatch(runes(s))
	for ; m != nil && err == nil; m, err = r.re.FindNextMatch(m) {
		groups := m.Groups()
		spans := make([]Span, len(groups))
		for i := range groups {
			spans[i] = Span{-1, -1}
			if g := &groups[i]; len(g.Captures) > 0 {
				spans[i] = Span{g.Index, g.Index + g.Length}
			}
		}
		if !f(spans) {
			return nil
		}
		if time.Since(begin) >= r.all {
			return ErrTime
		}
	}
	if err != nil {
		return ErrTime
	}
	return nil
}

// Groups is the number of groups.
func (r *Regexp) Groups() int { return len(r.re.GetGroupNumbers()) - 1 }
