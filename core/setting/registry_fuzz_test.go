// SPDX-License-Identifier: Apache-2.0

package setting

import "testing"

// FuzzSplit: a group is named, whatever stands there.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{"core", "tm[1]", "tm[", "[1]", "a[4294967296]", "a[1]]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if name, _, instance, err := split(s); err == nil && (instance && name == "" || len(name) > len(s)) {
			t.Errorf("%q has the group %q", s, name)
		}
	})
}
