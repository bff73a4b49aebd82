// SPDX-License-Identifier: Apache-2.0

package dialplan

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/db"
)

func row(op int64, match, subst, replace string) []db.Value {
	return []db.Value{colPlan: int64(1), colPriority: int64(1), colOp: op, colMatch: match, colLength: int64(0), colSubst: subst, colReplace: replace, colAttrs: ""}
}

func TestBadRules(t *testing.T) {
	for _, r := range []struct {
		op                          int64
		match, subst, replace, want string
	}{
		{3, "x", "", "", "match_op is 0, 1 or 2"},
		{-1, "x", "", "", "match_op is 0, 1 or 2"},
		{0, "", "", "", "nothing to be compared with"},
		{1, "(", "", "", "bad expression"},
		{1, "x", "(", "", "bad expression"},
		{1, "x", "(a)", `\2`, "refers to group 2, subst_exp has 1"},
		{1, "x", "", `\1`, "refers to group 1, subst_exp has 0"},
	} {
		if _, err := New().newRule(row(r.op, r.match, r.subst, r.replace)); err == nil || !strings.Contains(err.Error(), r.want) {
			t.Errorf("%v: got %v, want %q", r, err, r.want)
		}
	}
}

func TestTranslate(t *testing.T) {
	for _, r := range []struct{ subst, replace, text, want string }{
		{`^0(.*)$`, `0049\1`, "0123", "0049123"},
		{`a`, `\0x\`, "baab", `ax\`},
		{`(b)(c)?`, `<\1\2>`, "abd", "<b>"},
		{"", "110", "police", "110"},
		{`(.)(.)`, `\\\2\1\x`, "ab", `\bax`},
	} {
		u, err := New().newRule(row(opShell, "*", r.subst, r.replace))
		if err != nil {
			t.Errorf("%v: %v", r, err)
			continue
		}
		if out, changed, err := u.translate(nil, r.text); out != r.want || !changed || err != nil {
			t.Errorf("%v: got %q, %v, %v", r, out, changed, err)
		}
	}
}

func FuzzRule(f *testing.F) {
	f.Add(`^0(.*)$`, `0049\1`, "0123")
	f.Add("", `\\`, "x")
	f.Fuzz(func(t *testing.T, subst, replace, text string) {
		if strings.Contains(replace, "$") {
			return // variables need an engine
		}
		u, err := New().newRule(row(opShell, "*", subst, replace))
		if err != nil {
			return
		}
		if out, changed, err := u.translate(nil, text); err == nil && !changed && (out != "" || replace != "") {
			t.Errorf("%q %q on %q: nothing changes, but %q", subst, replace, text, out)
		}
	})
}
