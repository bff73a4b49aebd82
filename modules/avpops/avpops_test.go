// SPDX-License-Identifier: Apache-2.0

package avpops

import (
	"slices"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for text, want := range map[string][]string{
		"$avp(a)/g":                 {"$avp(a)", "g"},
		"$(hdr(x){s.select,0,/})/g": {"$(hdr(x){s.select,0,/})", "g"},
		"":                          {""},
		"a/":                        {"a", ""},
		")/(/":                      {")", "(/"},
	} {
		if got := split(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestOperations(t *testing.T) {
	for _, row := range []struct{ text, op, flags, value string }{
		{"eq/s:x/g", "eq", "g", "x"},
		{"EQ/x/GI", "eq", "gi", "x"},
		{"re/a/b/c", "re", "", "a/b/c"},
		{"re/^sip:.*@a/g", "re", "g", "^sip:.*@a"},
		{"fm/*/i", "fm", "i", "*"},
	} {
		got, err := compileCheck(row.text)
		if err != nil {
			t.Errorf("%q: %v", row.text, err)
			continue
		}
		o := got.(*operation)
		if o.op != row.op || o.flags != row.flags || o.constant.Str != row.value {
			t.Errorf("%q: got %q %q %q", row.text, o.op, o.constant.Str, o.flags)
		}
	}
	for _, text := range []string{"", "eq", "eq/", "eqq/x", "eq/i:x", "and/s:x", "re/(", "re/i:5", "eq/i:5/x", "eq/$avp(a)/x"} {
		if _, err := compileCheck(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
	for _, text := range []string{"add/x", "pow/i:2", "add/i:1/x", "add"} {
		if _, err := compileOp(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func TestCalculate(t *testing.T) {
	for _, row := range []struct {
		op         string
		a, b, want int64
	}{
		{"add", 2, 3, 5}, {"sub", 2, 3, -1}, {"mul", 2, 3, 6}, {"div", 7, 2, 3}, {"mod", 7, 4, 3}, {"div", 7, 0, 0}, {"mod", 7, 0, 0},
		{"and", 6, 3, 2}, {"or", 6, 3, 7}, {"xor", 6, 3, 5}, {"not", 9, 0, -1},
	} {
		if got := calculate(row.op, row.a, row.b); got != row.want {
			t.Errorf("%d %s %d is %d, want %d", row.a, row.op, row.b, got, row.want)
		}
	}
}

func TestSchemes(t *testing.T) {
	m := New()
	if err := m.addScheme("one: table=t; value_col=v;uuid_col=u;username_col=n;domain_col=d;value_type=integer;"); err != nil {
		t.Fatal(err)
	}
	if got, want := *m.schemes["one"], (scheme{"t", "u", "n", "d", "v", true}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	for text, want := range map[string]string{
		"": "not of the form", "x": "not of the form", "x:table=t": "needs table and value_col", "x:value_col=v": "needs table and value_col",
		"x:table=t;value_col=v;color=red": "is not understood", "x:table=t;value_col=v;value_type=float": "is not understood",
		"one:table=t;value_col=v": "defined twice", "x:table=": "is not understood",
	} {
		if err := m.addScheme(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", text, err, want)
		}
	}
}

// FuzzArguments: whatever an argument is, it is read or refused.
func FuzzArguments(f *testing.F) {
	for _, s := range []string{"$avp(a)/$avp(b)/gd", "eq/s:x/g", "a/table", "$ru/username", "/a/b/gi", "one:table=t;value_col=v", "i", "$avp(a);$avp(b)"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		m := New()
		m.addScheme(text)
		for _, compile := range []func(string) (any, error){m.compileSource, m.compileStored, compileDelete, compileCheck, compileOp, compileSubst,
			compileValues, compileDestination, compileList, compilePair("gd"), compileAVP("gdns")} {
			if v, err := compile(text); err == nil && v == nil {
				t.Fatalf("%q gives nothing", text)
			}
		}
	})
}
