// SPDX-License-Identifier: Apache-2.0

package permissions

import (
	"strings"
	"testing"
)

func TestRules(t *testing.T) {
	r, err := parseRules(strings.NewReader("# none\n\nALL : \"^sip:1\" EXCEPT \"^sip:13\" # some\n\"a\",\"b\" EXCEPT \"c\" : ALL\n"), "x")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		left, right string
		want        bool
	}{{"x", "sip:12", true}, {"x", "sip:13", false}, {"a", "sip:13", true}, {"ac", "sip:13", false}, {"xb", "y", true}, {"x", "y", false}} {
		if got := r.match(tt.left, tt.right); got != tt.want {
			t.Errorf("%s %s: got %v", tt.left, tt.right, got)
		}
	}
	if (*rules)(nil).match("a", "b") {
		t.Error("a file that is not there has a rule")
	}
	for text, want := range map[string]string{
		"ALL":                  "x:1: " + errColon.Error(),
		"ALL ALL":              "x:1: " + errColon.Error(),
		"\n\"a : ALL":          "x:2: " + errQuotes.Error(),
		"a : ALL":              "x:1: " + errList.Error(),
		"ALL : ":               "x:1: " + errList.Error(),
		"ALL : ALL EXCEPT ALL": "x:1: " + errList.Error(),
		"\"a\", : ALL":         "x:1: " + errList.Error(),
		"ALL : \"a\" \"b\"":    "x:1: " + errList.Error(),
	} {
		if _, err := parseRules(strings.NewReader(text), "x"); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func FuzzRules(f *testing.F) {
	f.Add("ALL : \"^sip:1\" EXCEPT \"^sip:13\" # some")
	f.Add("\"a\",\"b\" EXCEPT \"c\" : ALL")
	f.Add("ALL : ALL : ALL")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := parseRules(strings.NewReader(text), "x"); err == nil {
			r.match("sip:a@b", text)
		}
	})
}

func FuzzAddresses(f *testing.F) {
	f.Add("1 127.0.0.1 32 0 tag # x\n2 [::1]\n3 example.org 0 5060\n1 10.0.0.0 8")
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseAddresses(text, "x")
		if err != nil {
			return
		}
		n := len(all)
		table, err := newAddresses(all, n)
		if err != nil || len(table.all) != n {
			t.Fatalf("%d of %d entries, %v", len(table.all), n, err)
		}
		for i := range table.all {
			e := &table.all[i]
			name := e.domain
			if e.prefix.IsValid() {
				name = e.prefix.Addr().String()
			}
			if got := table.look(name, e.port, e.group); got == nil || got.group != e.group {
				t.Errorf("%s of group %d is not found", name, e.group)
			}
		}
	})
}

// TestFirst: a whole address counts before a prefix, the lower group before the
// longer prefix; port and group must fit.
func TestFirst(t *testing.T) {
	all, err := parseAddresses("4 10.1.0.0 16 0 long\n1 10.0.0.0 8 5060 short\n9 10.1.1.1 32 5070 whole\n4 10.1.0.0 16 5080 other\n", "x")
	if err != nil {
		t.Fatal(err)
	}
	table, err := newAddresses(all, 3)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		address     string
		port, group int
		want        string
	}{{"10.1.1.1", 5070, anyGroup, "whole"}, {"10.1.1.1", 5060, anyGroup, "short"}, {"10.1.1.1", 5061, anyGroup, "long"}, {"10.1.1.1", 5060, 4, "long"},
		{"::ffff:10.1.1.1", 5070, 9, "whole"}, {"10.2.0.0", 5061, anyGroup, ""}, {"11.0.0.0", 5060, anyGroup, ""}, {"10.1.1.1", 5060, 2, ""}} {
		got := ""
		if e := table.look(tt.address, tt.port, tt.group); e != nil {
			got = e.tag
		}
		if got != tt.want {
			t.Errorf("%s port %d group %d: got %q, want %q", tt.address, tt.port, tt.group, got, tt.want)
		}
	}
	if _, err := newAddresses(all, 2); err == nil {
		t.Error("three prefixes where two are allowed")
	}
}

func TestBadAddresses(t *testing.T) {
	for _, text := range []string{"1", "x 10.0.0.1", "1 10.0.0.1 33", "1 10.0.0.1 -1", "1 ::1 129", "1 10.0.0.1 32 65536", "-1 10.0.0.1", "1 10.0.0.1/8", "1 a 0 0 b c", "1 10.0.0.1 32 x"} {
		if _, err := parseAddresses(text, "x"); err == nil || !strings.HasPrefix(err.Error(), "x:1: ") {
			t.Errorf("%q: got %v", text, err)
		}
	}
}
