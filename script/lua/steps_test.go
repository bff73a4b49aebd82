// SPDX-License-Identifier: Apache-2.0

package lua_test

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/lua"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// A failure is told by the name that was called, also where names share what
// they run.
func TestFailuresHaveTheNameCalled(t *testing.T) {
	for _, tt := range []struct{ call, want string }{
		{`KSR.pv.get("")`, "KSR.pv.get failed"},
		{`KSR.pv.sets("$x?", "v")`, "KSR.pv.sets failed"},
		{`KSR.x.modf("nothing")`, "KSR.x.modf failed"},
	} {
		s := load(t, "", "function ksr_request_route() KSR.info('x') "+tt.call+" end", lua.Options{})
		if got := s.lines(scripttest.Invite); !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %s", tt.call, got)
		}
	}
}
