// SPDX-License-Identifier: Apache-2.0

package cipher

import (
	"os"
	"slices"
	"strings"
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

// TestOpenSSL compares with what OpenSSL made of lists. It was built without the
// weak suites.
func TestOpenSSL(t *testing.T) {
	data, err := os.ReadFile("testdata/openssl.tsv")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		list, want, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if line[0] == '#' {
			continue
		}
		seen[list] = true
		var got []string
		found, _ := Parse(list)
		for _, id := range found {
			if s := Of(id); !s.weak() {
				got = append(got, s.Name)
			}
		}
		slices.Sort(got)
		if got := strings.Join(got, ":"); got != want {
			t.Errorf("%s: got %s, want %s", list, got, want)
		}
	}
	for word := range words {
		if !seen[word] {
			t.Errorf("%s was not compared", word)
		}
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
