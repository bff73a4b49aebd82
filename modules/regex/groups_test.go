// SPDX-License-Identifier: Apache-2.0

package regex

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	r := New()
	r.maxGroups, r.maxSize = 3, 40
	for _, row := range []struct{ name, text, want string }{
		{"groups", "# x\n[0]\n^a\n b\n\tc\n#d\n^e$\r\n[9]\n\n[1]\nx", "((^a)|(^e$));;((x))"},
		{"nothing", "", ""},
		{"comments alone", "# x\n\n", ""},
	} {
		groups, err := r.parse(row.text)
		var list []string
		for _, g := range groups {
			if g == nil {
				list = append(list, "")
			} else {
				list = append(list, g.String())
			}
		}
		if got := strings.Join(list, ";"); err != nil || got != row.want {
			t.Errorf("%s: got %q, %v, want %q", row.name, got, err, row.want)
		}
	}
	for _, row := range []struct{ text, want string }{
		{"a\n", "line 1: an expression stands before the first group"},
		{"[1]\na\n", "line 1: the first group is [0]"},
		{"[0]\na\n(\n", `line 3: bad expression "("`},
		{"[0]\n[1]\n[2]\n[3]\n", "line 4: there are more than 3 groups"},
		{"[0]\n" + strings.Repeat("abcdef\n", 9), "group 0 has"},
	} {
		if _, err := r.parse(row.text); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%q: got %v, want %q", row.text, err, row.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("[0]\n^a\n[1]\n(b|c)\n")
	f.Fuzz(func(t *testing.T, text string) {
		r := New()
		if groups, err := r.parse(text); err == nil && len(groups) > r.maxGroups {
			t.Errorf("%q has %d groups", text, len(groups))
		}
	})
}
