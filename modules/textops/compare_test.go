// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// The expectations were seen with Kamailio 5.6.3, but for str_any_in and
// str_all_in, which are newer.
func TestCompare(t *testing.T) {
	env := scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{})
	c := env.Call(t, scripttest.Invite)
	for _, row := range []struct {
		function string
		args     []string
		want     module.Result
	}{
		{"cmp_str", []string{"abc", "abc"}, 1},
		{"cmp_str", []string{"abc", "abd"}, -2},
		{"cmp_str", []string{"abc", "abC"}, -1},
		{"cmp_str", []string{"abc", "ab"}, -1},
		{"cmp_istr", []string{"abc", "ABC"}, 1},
		{"cmp_istr", []string{"abc", "ABD"}, -2},
		{"starts_with", []string{"bob", "bo"}, 1},
		{"starts_with", []string{"bob", ""}, 1},
		{"starts_with", []string{"", "a"}, -1},
		{"ends_with", []string{"bob", "ob"}, 1},
		{"ends_with", []string{"bob", "bo"}, -1},
		{"str_find", []string{"bob", "ob"}, 2},
		{"str_find", []string{"bob", ""}, 4},
		{"str_find", []string{"bob", "x"}, -1},
		{"str_ifind", []string{"bOb\xff", "OB"}, 2},
		{"str_any_in", []string{"abc", "xc"}, 1},
		{"str_any_in", []string{"abc", "xy"}, -1},
		{"str_all_in", []string{"abc", "ca"}, 1},
		{"str_all_in", []string{"abc", "cx"}, -1},
		{"in_list", []string{"b", "a, b ,c", ","}, 1},
		{"in_list", []string{"b", "a,bb", ","}, -1},
		{"in_list", []string{"", "a,,b", ","}, -1},
		{"in_list_prefix", []string{"bcd", "a,b", ","}, 1},
		{"in_list_prefix", []string{"x", "a,,b", ","}, -1},
	} {
		f := function(t, row.function)
		if got := f.Run(c, texts(f, row.args...)); got != row.want {
			t.Errorf("%s%q is %d, want %d", row.function, row.args, got, row.want)
		}
	}
}
