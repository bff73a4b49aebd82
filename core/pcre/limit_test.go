// SPDX-License-Identifier: Apache-2.0

package pcre

import (
	"testing"
	"time"
)

// TestLimitOfAll: matches that are found fast each have a limit together.
func TestLimitOfAll(t *testing.T) {
	re, err := Compile("a", 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		all  time.Duration
		n    int
		want error
	}{{time.Hour, 3, nil}, {0, 1, ErrTime}} {
		re.all = row.all
		n := 0
		if err := re.FindAll("aaa", func([]Span) bool { n++; return true }); err != row.want || n != row.n {
			t.Errorf("limit %v: %d matches, %v, want %d, %v", row.all, n, err, row.n, row.want)
		}
	}
	if _, err := re.Find("aaa"); err != nil {
		t.Errorf("the first match: %v", err)
	}
}
