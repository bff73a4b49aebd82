// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/scripttest"
)

// The expectations were seen with Kamailio 5.6.3.
func TestIsMethod(t *testing.T) {
	env := scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{})
	reply := "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\nCSeq: 1 BYE\r\n\r\n"
	for _, row := range []struct {
		method, list string
		want         bool
	}{
		{"INVITE", "INVITE", true},
		{"INVITE", "invite", true},
		{"INVITE", "BYE|INVITE", true},
		{"INVITE", "BYE|ACK", false},
		{"invite", "INVITE", true},
		{"FOO", "FOO", true},
		{"FOO", "foo", true},
		{"FOO", "BAR", false},
		{"FOO", "INVITE", false},
		{"INVITE", "FOO", false},
		{"", "BYE", true},
		{"", "INVITE|CANCEL", false},
	} {
		text := strings.ReplaceAll(scripttest.Invite, "INVITE", row.method)
		if row.method == "" {
			text = reply
		}
		f := function(t, "is_method")
		if got := f.Run(env.Call(t, text), texts(f, row.list)) > 0; got != row.want {
			t.Errorf("is_method(%q) for %q is %v", row.list, row.method, got)
		}
	}
}
