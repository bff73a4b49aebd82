// SPDX-License-Identifier: Apache-2.0

package counters

import "testing"

// FuzzParse: a counter that can be declared has a group and a name.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"a", "g.a text", "g.a:text", ".", " :", "a. ", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m := New()
		if c, err := m.parse(s); err == nil && (c.group == "" || c.name == "") {
			t.Errorf("%q is %q.%q", s, c.group, c.name)
		}
	})
}
