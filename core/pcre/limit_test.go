// SPDX-License-Identifier: Apache-2.0

package pcre

import "testing"

// TestLimitOfAll: matches that are found fast each take no longer together than one
// may.
func TestLimitOfAll(t *testing.T) {
	re, err := Compile("a", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		over bool
		n    int
		want error
	}{{false, 3, nil}, {true, 1, ErrTime}} {
		if row.over {
			re.limit = 0
		}
		n := 0
		if err := re.FindAll("aaa", func([]Span) bool { n++; return true }); err != row.want || n != row.n {
			t.Errorf("over %v: %d matches, %v, want %d, %v", row.over, n, err, row.n, row.want)
		}
	}
	if _, err := re.Find("aaa"); err != nil {
		t.Errorf("the first match: %v", err)
	}
}
