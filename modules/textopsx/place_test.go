// SPDX-License-Identifier: Apache-2.0

package textopsx

import "testing"

func TestPlaces(t *testing.T) {
	for _, row := range []struct {
		text string
		want place
	}{
		{"foo", place{header: "foo", index: 1}},
		{"foo[2]", place{header: "foo", index: 2, indexed: true}},
		{"foo[0]", place{header: "foo", index: 1}},
		{"foo[-1].bar", place{header: "foo", index: -1, indexed: true, param: "bar"}},
		{"foo[*].bar", place{header: "foo", index: 1, indexed: true, all: true, param: "bar"}},
	} {
		if p, err := parsePlace(row.text); err != nil || *p != row.want {
			t.Errorf("%q is %+v, %v", row.text, p, err)
		}
	}
	for _, text := range []string{"", "[1]", "foo[", "foo[x]", "foo.", "foo bar"} {
		if p, err := parsePlace(text); err == nil {
			t.Errorf("%q is %+v", text, *p)
		}
	}
	for _, row := range []struct {
		compile func(string) (any, error)
		text    string
		want    error
	}{
		{valuePlace, "foo.bar", errParam}, {valuePlace, "foo[*]", errAll}, {assignedPlace, "foo[*]", errAll}, {assignedPlace, "foo[*].x", nil},
		{anyPlace, "foo[*]", nil},
	} {
		if _, err := row.compile(row.text); err != row.want {
			t.Errorf("%q: %v, want %v", row.text, err, row.want)
		}
	}
}

func FuzzPlace(f *testing.F) {
	f.Add("foo[-1].bar")
	f.Add("foo[*]")
	f.Fuzz(func(t *testing.T, s string) {
		if p, err := parsePlace(s); err == nil && p.header == "" {
			t.Errorf("%q names no header", s)
		}
	})
}
