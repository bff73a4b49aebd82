// SPDX-License-Identifier: Apache-2.0

package cipher

import (
	"slices"
	"testing"
)

func TestParse(t *testing.T) {
	names := func(list string) (out []string) {
		found, err := Parse(list)
		if err != nil {
			return []string{"error"}
		}
		for _, id := range found {
			out = append(out, Of(id).Name)
		}
		return out
	}
	for _, row := range []struct {
		list string
		want []string
	}{
		{"AES128-SHA", []string{"AES128-SHA"}},
		{"ECDHE+AESGCM+aRSA:!AES128", []string{"ECDHE-RSA-AES256-GCM-SHA384"}},
		{"AES128-SHA:AES256-SHA:-AES128-SHA", []string{"AES256-SHA"}},
		{"!AES128-SHA:AES128-SHA:AES256-SHA", []string{"AES256-SHA"}},
		{"RC4:@STRENGTH:+RC4", []string{"ECDHE-ECDSA-RC4-SHA", "ECDHE-RSA-RC4-SHA", "RC4-SHA"}},
		{"nonsense", []string{"error"}},
		{"ALL:!ALL", []string{"error"}},
		{"PSK:CAMELLIA, DHE", []string{"error"}},
	} {
		if got := names(row.list); !slices.Equal(got, row.want) {
			t.Errorf("%s: got %v, want %v", row.list, got, row.want)
		}
	}
	if all := names(""); len(all) != 17 || slices.Contains(all, "RC4-SHA") {
		t.Errorf("the default is %v", all)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("HIGH:!aNULL:ECDHE+AESGCM")
	f.Fuzz(func(t *testing.T, list string) {
		if found, err := Parse(list); err == nil && len(found) == 0 {
			t.Error("an empty list without an error")
		}
	})
}
