// SPDX-License-Identifier: Apache-2.0

package pcre_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/pcre"
)

func TestMatch(t *testing.T) {
	for _, row := range []struct {
		pattern string
		flags   pcre.Flags
		text    string
		want    bool
	}{
		{"^a.c$", 0, "abc", true},
		{"^a.c$", 0, "a\nc", false},
		{"^a.c$", pcre.DotAll, "a\nc", true},
		{"ABC", 0, "abc", false},
		{"ABC", pcre.Caseless, "xabcx", true},
		{"(?i)ABC", 0, "abc", true},
		{"^b", 0, "a\nb", false},
		{"^b", pcre.Multiline, "a\nb", true},
		{"a b # c", pcre.Extended, "ab", true},
		{`\d{3}(?!4)`, 0, "1235", true},
		{`^\d{3}(?!4)`, 0, "1234", false},
		{`(?<=\+)49`, 0, "+49", true},
		{`(a)\1`, 0, "aa", true},
		{"^.$", 0, "\xff", true},
		{"^.$", 0, "ä", false}, // two bytes
		{"ä", 0, "xäx", true},
		{"", 0, "", true},
	} {
		re, err := pcre.Compile(row.pattern, row.flags)
		if err != nil {
			t.Errorf("%q: %v", row.pattern, err)
			continue
		}
		if got, err := re.Match(row.text); got != row.want || err != nil {
			t.Errorf("%q on %q: %v, %v, want %v", row.pattern, row.text, got, err, row.want)
		}
	}
}

func TestFind(t *testing.T) {
	re, err := pcre.Compile(`(ä)(x)?(\d+)`, 0)
	if err != nil {
		t.Fatal(err)
	}
	got, err := re.Find("..ä12")
	if want := []pcre.Span{{2, 6}, {2, 4}, {-1, -1}, {4, 6}}; !slices.Equal(got, want) || err != nil {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if got, err := re.Find("nothing"); got != nil || err != nil {
		t.Errorf("got %v, %v for no match", got, err)
	}
}

func TestBadExpressions(t *testing.T) {
	for _, pattern := range []string{"(", "[a", "a{2,1}", `\`, "*", "(?<n"} {
		if re, err := pcre.Compile(pattern, 0); err == nil {
			t.Errorf("%q is taken: %v", pattern, re)
		}
	}
}

// TestLimit: a match that would take years ends.
func TestLimit(t *testing.T) {
	re, err := pcre.Compile("^(a+)+$", 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := re.Match(strings.Repeat("a", 60) + "b"); !errors.Is(err, pcre.ErrTime) {
		t.Errorf("got %v", err)
	}
}

func FuzzFind(f *testing.F) {
	f.Add(`^(\+|00)(\d+)$`, "0049123")
	f.Add("(a|b)*c", "abac")
	f.Fuzz(func(t *testing.T, pattern, text string) {
		re, err := pcre.Compile(pattern, 0)
		if err != nil {
			return
		}
		spans, err := re.Find(text)
		if err != nil {
			return
		}
		matched, err := re.Match(text)
		if err == nil && matched != (spans != nil) {
			t.Errorf("%q on %q: Match says %v, Find %v", pattern, text, matched, spans)
		}
		for _, s := range spans {
			if s.Start < -1 || s.End > len(text) || s.Start > s.End {
				t.Errorf("%q on %q: %v", pattern, text, spans)
			}
		}
	})
}
