// SPDX-License-Identifier: Apache-2.0

package pv

import "testing"

// The types of AVP names are as the reference takes them.
func TestPlainName(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"x", "x"}, {"s:x", "x"}, {"S:a:b", "a:b"}, {"i:5", "i:5"}, {"I:5", "i:5"}, {":b", ":b"}, {"ab:c", "ab:c"}, {"a:b", ""}, {"i:b", ""},
	} {
		got, err := plainName(c.name)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("$avp(%s): %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}
