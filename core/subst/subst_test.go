// SPDX-License-Identifier: Apache-2.0

package subst_test

import (
	"testing"

	"github.com/kahea-sip/kahea/core/subst"
	"github.com/kahea-sip/kahea/script/scripttest"
)

func TestSubstitutionErrors(t *testing.T) {
	for _, row := range []struct{ text, want string }{
		{"", `a substitution is written "/expression/replacement/flags"`},
		{"/a", `a substitution is written "/expression/replacement/flags"`},
		{"/a/b", `a substitution is written "/expression/replacement/flags"`},
		{`/a\/b/`, `a substitution is written "/expression/replacement/flags"`},
		{"/a/b/x", `unknown flag 'x' of a substitution: it is i, g or s`},
		{`/a/\1/`, "replacement refers to group 1, the expression has 0"},
	} {
		_, err := subst.Parse(row.text)
		if err == nil || err.Error() != row.want {
			t.Errorf("%q: %v, want %s", row.text, err, row.want)
		}
	}
}

func TestSubstitution(t *testing.T) {
	env := scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{})
	c := env.Call(t, scripttest.Invite)
	for _, row := range []struct{ expression, text, want string }{
		{"/b/x/", "abcb", "axcb"},
		{"/b/x/g", "abcb", "axcx"},
		{"/B/x/gi", "abcb", "axcx"},
		{`/(a)(b)/\2\1\0/`, "abc", "baabc"},
		{`|a|/\||`, "a", "/|"},
		{`/a/\r\n\t\\/`, "a", "\r\n\t\\"},
		{"/a.b/x/", "a\nb", "a\nb"},
		{"/a.b/x/s", "a\nb", "x"},
	} {
		s, err := subst.Parse(row.expression)
		if err != nil {
			t.Errorf("%s: %v", row.expression, err)
			continue
		}
		if got, _, _ := s.Apply(c, row.text); got != row.want {
			t.Errorf("%s on %q is %q, want %q", row.expression, row.text, got, row.want)
		}
	}
	s, _ := subst.Parse("/a/$rU/")
	if _, _, err := s.Apply(c, "a"); err != subst.ErrNotCompiled {
		t.Errorf("a variable that nobody compiled: %v", err)
	}
}

func FuzzSubstitution(f *testing.F) {
	for _, s := range []string{"/a/b/", `/(a)(b)/\2\1/gi`, `|a|/\||s`, "/a/$b/", `/\//x/`, "///", `/^$/x/g`} {
		f.Add(s, "abcab\r\nab")
	}
	env := scripttest.Load("request_route { exit; }", scripttest.Options{})
	c := env.Call(f, scripttest.Invite)
	f.Fuzz(func(t *testing.T, expression, text string) {
		s, err := subst.Parse(expression)
		if err != nil {
			return
		}
		got, n, err := s.Apply(c, text)
		if (n == 0 || err != nil) && got != text {
			t.Errorf("%q changed %q to %q without a match", expression, text, got)
		}
	})
}
