// SPDX-License-Identifier: Apache-2.0

// Package ere matches POSIX extended regular expressions.
//
// The syntax is that of glibc's regcomp with REG_EXTENDED, in the C locale:
// brackets with classes, intervals, \< \> \b \B \w \W \s \S \` \', any other
// escaped character for itself (\d is the letter d), no lazy repetition. Of
// all matches the leftmost and of those the longest is found. Back-references
// are refused.
//
// Expressions of simple forms, which is what configurations mostly hold, are
// matched without the general engine; see fast.go.
package ere

import (
	"fmt"
	"regexp"
	"unsafe"

	"github.com/kahea-sip/kahea/core/pcre"
)

// Flags change how an expression matches.
type Flags uint8

const (
	// IgnoreCase matches ASCII letters without regard to case (REG_ICASE).
	IgnoreCase Flags = 1 << iota
	// Newline keeps . and negated brackets from matching a line end and lets
	// ^ and $ match at line ends (REG_NEWLINE).
	Newline
)

// Regexp is a compiled expression. It is safe for concurrent use.
type Regexp struct {
	source string
	flags  Flags
	re     *regexp.Regexp
	back   *pcre.Regexp // has back-references, instead of re
	fast   *sequences   // nil when only re can tell
	needs  []*sequences // what a text must hold for re to be asked
	groups int
}

// Error says why an expression does not compile.
type Error struct {
	// Offset is where in the expression, in bytes.
	Offset int
	// Message says what was found.
	Message string
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s at offset %d of the regular expression", e.Message, e.Offset)
}

// Compile translates an expression. The error is an *Error.
func Compile(pattern string, flags Flags) (*Regexp, error) {
	t := translator{src: pattern, flags: flags}
	text, err := t.translate()
	if err != nil {
		return nil, err
	}
	if t.back {
		back, err := pcre.Compile(text, 0)
		if err != nil {
			return nil, &Error{0, "cannot be matched: " + err.Error()}
		}
		return &Regexp{source: pattern, flags: flags, back: back, groups: t.groups}, nil
	}
	re, err := regexp.Compile(text)
	if err != nil {
		return nil, &Error{0, "cannot be matched: " + err.Error()}
	}
	re.Longest()
	r := &Regexp{source: pattern, flags: flags, re: re, groups: t.groups}
	if r.fast = simplify(text); r.fast == nil {
		r.needs = required(text, flags&IgnoreCase != 0)
	}
	return r, nil
}

// MustCompile is Compile for expressions that stand in the program.
func MustCompile(pattern string, flags Flags) *Regexp {
	r, err := Compile(pattern, flags)
	if err != nil {
		panic(err)
	}
	return r
}

// String returns the expression as it was given.
func (r *Regexp) String() string { return r.source }

// Flags returns what it was compiled with.
func (r *Regexp) Flags() Flags { return r.flags }

// NumSubexp returns the number of groups.
func (r *Regexp) NumSubexp() int { return r.groups }

// MatchString reports whether s holds a match; one with back-references that takes
// too long to find is none.
func (r *Regexp) MatchString(s string) bool {
	if r.fast != nil {
		return r.fast.match(s)
	}
	if r.back != nil {
		ok, err := r.back.Match(s)
		return err == nil && ok
	}
	return r.possible(s) && r.re.MatchString(s)
}

// possible reports whether s has what every match needs.
func (r *Regexp) possible(s string) bool {
	for _, q := range r.needs {
		if !q.match(s) {
			return false
		}
	}
	return true
}

// Match reports whether b holds a match.
func (r *Regexp) Match(b []byte) bool {
	return r.MatchString(unsafe.String(unsafe.SliceData(b), len(b)))
}

// Find returns begin and end of the leftmost longest match and of its groups,
// two offsets each, -1 for a group that took no part; nil when there is none.
func (r *Regexp) Find(s string) (loc []int) {
	switch {
	case r.back != nil:
		r.findBack(s, func(first []int) bool { loc = first; return false })
		return loc
	case r.fast == nil && !r.possible(s):
		return nil
	case r.fast != nil && r.groups == 0:
		if begin, end := r.fast.find(s, 0); begin >= 0 {
			return []int{begin, end}
		}
		return nil
	case r.fast != nil && !r.fast.match(s):
		return nil
	}
	return r.re.FindStringSubmatchIndex(s)
}

// FindAll calls f for each match, left to right, until f returns false.
// Matches do not overlap; after an empty one the search goes on one byte
// further. f must not keep loc.
func (r *Regexp) FindAll(s string, f func(loc []int) bool) {
	switch {
	case r.back != nil:
		r.findBack(s, f)
		return
	case r.fast == nil && !r.possible(s):
		return
	case r.fast != nil && r.groups == 0:
		r.fast.findAll(s, f)
		return
	case r.fast != nil && !r.fast.match(s):
		return
	}
	for _, loc := range r.re.FindAllStringSubmatchIndex(s, -1) {
		if !f(loc) {
			return
		}
	}
}

// findBack is FindAll with back-references. A search that takes too long ends, with
// the matches that it has.
func (r *Regexp) findBack(s string, f func(loc []int) bool) {
	r.back.FindAll(s, func(spans []pcre.Span) bool {
		loc := make([]int, 0, 2*len(spans))
		for _, p := range spans {
			loc = append(loc, p.Start, p.End)
		}
		return f(loc)
	})
}
