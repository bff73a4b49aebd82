// SPDX-License-Identifier: Apache-2.0

package arena

import (
	"strings"
	"testing"
)

// TestReuse puts texts of every class, lets them go and puts them again: the
// second time nothing is taken from Memory, and no text disturbs another.
func TestReuse(t *testing.T) {
	var m Memory
	a := Arena{Memory: &m}
	put := func() (refs []Ref, texts []string) {
		for n := 0; n < 3000; n += 7 {
			s := strings.Repeat(string(rune('a'+n%26)), n)
			refs, texts = append(refs, a.Put(s)), append(texts, s)
		}
		return refs, texts
	}
	refs, texts := put()
	size := a.Bytes()
	for round := range 3 {
		for i, r := range refs {
			if got := a.Text(r, 0, len(texts[i])); got != texts[i] {
				t.Fatalf("round %d: text %d is %.20q, want %.20q", round, i, got, texts[i])
			}
		}
		for i, r := range refs {
			a.Release(r, len(texts[i]))
		}
		refs, texts = put()
	}
	if a.Bytes() != size {
		t.Errorf("the arena grew from %d to %d bytes", size, a.Bytes())
	}
	if a.Put("") != 0 {
		t.Error("the empty text has a place")
	}
}

func TestNew(t *testing.T) {
	var m Memory
	type record [100]uint64
	a, b := New[record](&m), New[record](&m)
	a[99], b[0] = 1, 2
	if a[99] != 1 || b[0] != 2 || b[99] != 0 {
		t.Errorf("records share memory: %d %d %d", a[99], b[0], b[99])
	}
}
