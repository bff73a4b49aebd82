// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"strings"
	"testing"
)

// A pattern that nests deeper than the bound ends in an error that can be
// caught; what the subject has of characters does not count.
func TestPatternsAreBounded(t *testing.T) {
	l := newLibrary(t)
	for expression, want := range map[string]string{
		`#string.match(("a"):rep(300), ("a?"):rep(300))`:  "ok number:300",
		`string.match(("a"):rep(6000), ("a?"):rep(6000))`: `ERR "<string>:1: pattern too complex"`,
		`#string.match(("ab"):rep(100000), "^(.-)%s*$")`:  "ok number:200000",
		`string.rep("x", 1e10)`:                           `ERR "<string>:1: not enough memory"`,
		`string.rep(("x"):rep(1024), 64 * 1024 + 1)`:      `ERR "<string>:1: not enough memory"`,
		`#string.rep("x", 64 * 1024)`:                     "ok number:65536",
		`string.dump`:                                     "ok nil:nil",
		`select("#", string.match("x", "%d"))`:            "ok number:1",
		`string.find("\195\132", "[\195][\132]")`:         "ok number:1 | number:2",
		`string.format("%5s|", "\195\132")`:               "ok \"   \xc3\x84|\"",
	} {
		if got := tellOf(t, l, expression); got != want {
			t.Errorf("%s is %s, want %s", expression, got, want)
		}
	}
}

// Matching takes no memory.
func TestMatcherDoesNotAllocate(t *testing.T) {
	subject := strings.Repeat("x", 40) + "<sip:alice@example.com;transport=udp>"
	n := testing.AllocsPerRun(100, func() {
		m := newMatcher(subject, "<sip:([^@]+)@([%w-_.]+);(.-)=(%l+)>$")
		if _, e := m.first(0); e != len(subject) || m.levels != 4 {
			t.Fatal("no match")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzPattern looks for patterns that read or match out of bounds.
func FuzzPattern(f *testing.F) {
	for _, pattern := range []string{"", "^(.-)%s*$", "[%w-_]+", "%b()", "%f[%a]%a+", "(()a)%1", "[]]", "[^", "%", "a-b?c*d+", "%b", "%f[", "(a"} {
		f.Add("sip:(alice)@example.com a", pattern)
	}
	f.Fuzz(func(t *testing.T, subject, pattern string) {
		if len(subject) > 40 || strings.Count(pattern, "*")+strings.Count(pattern, "+")+strings.Count(pattern, "-")+strings.Count(pattern, "?") > 4 {
			return // takes long, as in Lua
		}
		m := newMatcher(subject, pattern)
		s, e := m.first(0)
		if e < 0 {
			return
		}
		if m.fault != "" || s > e || e > len(subject) {
			t.Fatalf("%q matches %q from %d to %d, fault %q", pattern, subject, s, e, m.fault)
		}
		for i := range max(m.levels, 1) {
			m.capture(i, s, e)
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		m := newMatcher("sip:alice@example.com:5060;transport=udp", "^sip:(.-)@([^:;]+):?(%d*)")
		if _, e := m.first(0); e < 0 {
			b.Fatal("no match")
		}
	}
}
