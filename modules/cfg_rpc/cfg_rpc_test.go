// SPDX-License-Identifier: Apache-2.0

package cfgrpc

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/rpctest"
)

func host(t *testing.T) *rpctest.Host {
	t.Helper()
	var debug, v1 setting.Int
	var s1 setting.Str
	debug.Set(2)
	v1.Set(5)
	s1.Set("abc")
	h := rpctest.New()
	h.Reg.Declare(
		setting.Entry{Group: "core", Name: "debug", Int: &debug, Doc: "debug level"},
		setting.Entry{Group: "grp", Name: "v1", Int: &v1, Min: 0, Max: 100, Doc: "my value"},
		setting.Entry{Group: "grp", Name: "s1", Str: &s1, Doc: "my string"},
	)
	h.Load(t, "cfg_rpc", New())
	return h
}

func show(v any) string {
	s, ok := v.(*module.Struct)
	if !ok {
		return fmt.Sprint(v)
	}
	var parts []string
	for _, f := range s.Fields {
		parts = append(parts, fmt.Sprintf("%s: %v", f.Name, f.Value))
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// TestSession is a session with Kamailio 5.6.3, command by command.
func TestSession(t *testing.T) {
	const group = `400 Wrong group syntax. Use "group[id]"`
	const either = `400 Wrong group syntax. Use either "group", or "group[id]"`
	h := host(t)
	for _, tc := range []struct {
		command string
		args    string // numbers are sent as such
		want    string
	}{
		{"cfg.list", "", "core: debug|grp: v1|grp: s1"},
		{"cfg.list", "grp", "grp: v1|grp: s1"},
		{"cfg.list", "nix", ""},
		{"cfg.get", "", "500 Failed to get the parameters"},
		{"cfg.get", "core debug", "2"},
		{"cfg.get", "core nix", "400 Failed to get the variable"},
		{"cfg.get", "nix nix", "400 Failed to get the variable"},
		{"cfg.get", "nix", "{}"},
		{"cfg.get", "grp", "{v1: 5, s1: abc}"},
		{"cfg.get", "grp[x]", either},
		{"cfg.get", "grp[x] v1", either},
		{"cfg.help", "core debug", "debug level|(parameter type is integer)"},
		{"cfg.help", "grp s1", "my string|(parameter type is string)"},
		{"cfg.help", "core nix", "400 Failed to get the variable description"},
		{"cfg.help", "grp", "400 error at parameter 1: expected string type but end of packet encountered"},
		{"cfg.seti", "core debug 3", ""},
		{"cfg.set_now_int", "core debug 4", ""},
		{"cfg.get", "core debug", "4"},
		{"cfg.seti", "core debug abc", "400 error at parameter 2: expected integer type but record doesn't match type"},
		{"cfg.seti", "core nix 3", "400 Failed to set the variable"},
		{"cfg.seti", "grp v1 101", "400 Failed to set the variable"},
		{"cfg.seti", "grp[x] v1 5", either},
		{"cfg.seti", "grp[5] v1 5", "400 Failed to set the variable"},
		{"cfg.sets", "core debug abc", "400 Failed to set the variable"},
		{"cfg.set_now_string", "grp s1 x", ""},
		{"cfg.set", "grp s1 hello", ""},
		{"cfg.set", "core debug 2", ""},
		{"cfg.set", "grp v1 abc", "400 Failed to set the variable"},
		{"cfg.set", "grp v1", "400 error at parameter 2: expected string type but end of packet encountered"},
		{"cfg.set", "grp", "400 error at parameter 1: expected string type but end of packet encountered"},
		{"cfg.set", "", "400 error at parameter 0: expected string type but end of packet encountered"},
		{"cfg.diff", "", ""},
		{"cfg.set_delayed", "core debug 3", ""},
		{"cfg.set_delayed_string", "grp s1 x", ""},
		{"cfg.diff", "", "{group name: core, variable name: debug, old value: 2, new value: 3}|{group name: grp, variable name: s1, old value: hello, new value: x}"},
		{"cfg.rollback", "", ""},
		{"cfg.diff", "", ""},
		{"cfg.set_delayed_int", "core debug 1", ""},
		{"cfg.commit", "", ""},
		{"cfg.commit", "", ""},
		{"cfg.get", "core debug", "1"},
		{"cfg.reset", "grp", ""},
		{"cfg.get", "grp s1", "abc"},
		{"cfg.reset", "nix", "400 Failed to reset the group"},
		{"cfg.add_group_inst", "grp", group},
		{"cfg.add_group_inst", "grp[]", group},
		{"cfg.add_group_inst", "nix[1]", "400 Failed to add the group instance"},
		{"cfg.add_group_inst", "grp[1]", ""},
		{"cfg.seti", "grp[1] v1 77", ""},
		{"cfg.get", "grp[1]", "{v1: 77, s1: abc}"},
		{"cfg.get", "grp", "{v1: 5, s1: abc}"},
		{"cfg.del_delayed", "grp[1] v1", ""},
		{"cfg.diff", "", "{group name: grp, group id: 1, variable name: v1, old value: 77, new value: 5}"},
		{"cfg.rollback", "", ""},
		{"cfg.del", "grp[1] v1", ""},
		{"cfg.get", "grp[1] v1", "5"},
		{"cfg.del", "grp v1", group},
		{"cfg.del_group_inst", "grp[1]", ""},
		{"cfg.del_group_inst", "grp[1]", "400 Failed to delete the group instance"},
	} {
		var args []any
		for _, w := range strings.Fields(tc.args) {
			var n int64
			if _, err := fmt.Sscanf(w, "%d", &n); err == nil {
				args = append(args, n)
				continue
			}
			args = append(args, w)
		}
		r, err := rpc.Call(t.Context(), h, tc.command, args)
		var parts []string
		for _, v := range r.Values {
			parts = append(parts, show(v))
		}
		got := strings.Join(parts, "|")
		if err != nil {
			got = err.Error()
		}
		if got != tc.want {
			t.Errorf("%s %s: got %q, want %q", tc.command, tc.args, got, tc.want)
		}
	}
}
