// SPDX-License-Identifier: Apache-2.0

package wildcard

import "testing"

// The expectations without fold are those of fnmatch(3) in the C locale.
func TestWildcard(t *testing.T) {
	for _, row := range []struct {
		pattern, text string
		fold, want    bool
	}{
		{"a*c", "abbc", false, true}, {"a*c", "abbd", false, false}, {"*a*b*", "xxaxxbxx", false, true}, {"a*b*c", "abcbd", false, false},
		{"?", "", false, false}, {"", "", false, true}, {"*", "a/.b", false, true}, {"a?", "a", false, false},
		{"[a-c]x", "bx", false, true}, {"[a-c]x", "dx", false, false}, {"[!a-c]x", "dx", false, true}, {"[^a-c]x", "bx", false, false},
		{"[]a]", "]", false, true}, {"[a-]", "-", false, true}, {"[[:digit:]x]", "7", false, true}, {"[[:digit:]x]", "x", false, true},
		{"[[:digit:]]", "a", false, false}, {"[a", "[a", false, true}, {"[a", "a", false, false}, {`\*`, "*", false, true}, {`\*`, "a", false, false},
		{`[\]]`, "]", false, true}, {"A*", "abc", true, true}, {"[A-C]", "b", true, true}, {"[[:upper:]]", "b", true, true}, {"A*", "abc", false, false},
	} {
		if got := Match(row.pattern, row.text, row.fold); got != row.want {
			t.Errorf("%q on %q (fold %v) is %v", row.pattern, row.text, row.fold, got)
		}
	}
}

// slow is the definition: a star is nothing, or one character and a star.
func slow(pattern, text string, fold bool) bool {
	switch {
	case pattern == "":
		return text == ""
	case pattern[0] == '*':
		return slow(pattern[1:], text, fold) || text != "" && slow(pattern, text[1:], fold)
	case text == "":
		return false
	}
	n, ok := one(pattern, text[0], fold)
	return ok && slow(pattern[n:], text[1:], fold)
}

func FuzzWildcard(f *testing.F) {
	f.Add("a*[!b-d]*?", "axxcx", false)
	f.Add(`[[:alpha:]*\*`, "a*", true)
	f.Fuzz(func(t *testing.T, pattern, text string, fold bool) {
		pattern, text = pattern[:min(len(pattern), 12)], text[:min(len(text), 12)]
		if got, want := Match(pattern, text, fold), slow(pattern, text, fold); got != want {
			t.Errorf("%q on %q is %v, want %v", pattern, text, got, want)
		}
	})
}
