// SPDX-License-Identifier: Apache-2.0

package uac_redirect

import "testing"

func TestCompileLimits(t *testing.T) {
	for text, want := range map[string]limits{
		"*": {}, "0": {}, "3": {total: 3}, "3:1": {3, 1}, "*:2": {branch: 2}, "6:*": {total: 6}, "0:0": {}, " 2 : 4 ": {2, 4},
	} {
		if got, err := compileLimits(text); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", ":", "3:", ":3", "-1", "x", "1:x", "1:2:3", "99999999999", "1.5"} {
		if got, err := compileLimits(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}

func FuzzCompileLimits(f *testing.F) {
	f.Add("3:*")
	f.Fuzz(func(t *testing.T, text string) {
		if got, err := compileLimits(text); err == nil && (got.(limits).total < 0 || got.(limits).branch < 0) {
			t.Errorf("%q is %v", text, got)
		}
	})
}
