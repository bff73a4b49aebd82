// SPDX-License-Identifier: Apache-2.0

package module

import (
	"fmt"
	"strings"
	"testing"
)

func TestForms(t *testing.T) {
	two := []Arg{{Name: "a"}, {Name: "b", Type: ArgInt, Optional: true}}
	get := func(*Call, Args) Value { return Value{} }
	tests := []struct {
		f    Function
		want string
	}{
		{Function{Name: "f"}, "m.f() int"},
		{Function{Name: "f", Lua: "-"}, ""},
		{Function{Name: "f", Args: two}, "m.f(str) int"},
		{Function{Name: "f", Args: two, Lua: "g"}, "m.g(str) int"},
		{Function{Name: "f", Args: two, Lua: "f; f_b(str, int) bool"}, "m.f(str) int, m.f_b(str,int) bool"},
		{Function{Name: "f", Args: two, Lua: "f(fmt)"}, "m.f(str) int"},
		{Function{Name: "x.f", Get: get}, "x.f() xval"},
		{Function{Name: "f", Lua: "f none"}, "m.f() none"},
		{Function{Name: "f", Lua: "f(str)"}, `function f: form "f(str)": it has 1 arguments, the function 0`},
		{Function{Name: "f", Lua: "f("}, `function f: form "f(": there is no closing parenthesis`},
		{Function{Name: "f", Args: two, Lua: "f(xval)"}, `function f: form "f(xval)": "xval" is no type of an argument`},
		{Function{Name: "f", Lua: "f str"}, `function f: form "f str": "str" is no type of a result`},
		{Function{Name: "f", Lua: "f;"}, `function f: form "": there is no name`},
	}
	for _, tt := range tests {
		forms, err := tt.f.Forms("m")
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			var words []string
			for _, f := range forms {
				words = append(words, fmt.Sprint(f))
			}
			got = strings.Join(words, ", ")
		}
		if got != tt.want {
			t.Errorf("%q %q: got %s, want %s", tt.f.Name, tt.f.Lua, got, tt.want)
		}
	}
}
