// SPDX-License-Identifier: Apache-2.0

package ctl

import (
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// The owner of the socket is written as a number or as a name.
func TestOwner(t *testing.T) {
	for _, row := range []struct{ name, value, want string }{
		{"number", `0`, "0"},
		{"text", `"0"`, "0"},
		{"name", `"root"`, "root"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c := New()
			env := scripttest.Load("loadmodule \"owned.so\"\nmodparam(\"owned\", \"user\", "+row.value+")\nmodparam(\"owned\", \"group\", "+row.value+")\nrequest_route { exit; }\n",
				scripttest.Options{Modules: map[string]module.New{"owned": func() module.Module { return c }}})
			if err := env.Errors.Err(); err != nil {
				t.Fatal(err)
			}
			if c.user != row.want || c.group != row.want {
				t.Errorf("user %q, group %q, want %q", c.user, c.group, row.want)
			}
		})
	}
}
