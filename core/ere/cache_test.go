// SPDX-License-Identifier: Apache-2.0

package ere

import (
	"fmt"
	"testing"
)

func TestCache(t *testing.T) {
	var c Cache
	buf := []byte("^a[0-9]$")
	first, err := c.Compile(string(buf), 0)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := c.Compile("^a[0-9]$", 0); again != first {
		t.Error("compiled twice")
	}
	if other, _ := c.Compile("^a[0-9]$", IgnoreCase); other == first || !other.MatchString("A1") || first.MatchString("A1") {
		t.Error("the flags do not count")
	}
	if _, err := c.Compile("a(", 0); err == nil {
		t.Error("no error for a bad expression")
	}
	for i := range 40 {
		if r, err := c.Compile(fmt.Sprint("x", i), 0); err != nil || !r.MatchString(fmt.Sprint("x", i)) {
			t.Fatal(i, err)
		}
	}
	if again, _ := c.Compile("^a[0-9]$", 0); again == first || !again.MatchString("a7") {
		t.Error("the oldest is still there, or wrong")
	}
	if n := testing.AllocsPerRun(100, func() { c.Compile("x39", 0) }); n != 0 {
		t.Errorf("%v allocations for one that is there", n)
	}
}

func BenchmarkCache(b *testing.B) {
	var c Cache
	var patterns [16]string
	for i := range patterns {
		patterns[i] = fmt.Sprint("^sip:user", i, "@.*$")
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := c.Compile(patterns[i%len(patterns)], IgnoreCase); err != nil {
			b.Fatal(err)
		}
	}
}
