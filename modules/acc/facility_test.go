// SPDX-License-Identifier: Apache-2.0

package acc

import (
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/script/scripttest"
)

// TestFacility: records of transactions and of calls have facilities of their own.
func TestFacility(t *testing.T) {
	a := New()
	for _, p := range a.Exports().Params {
		var err error
		switch p.Name {
		case "log_facility":
			err = p.Set.(func(string) error)("LOG_LOCAL5")
		case "cdr_facility":
			err = p.Set.(func(string) error)("LOG_LOCAL6")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	env := scripttest.MustLoad(t, "request_route { exit; }", scripttest.Options{})
	c := env.Call(t, scripttest.Invite)
	a.print(c, []byte("one"), a.facility)
	a.print(c, []byte("two"), a.cdrFacility)
	lines := env.Host.Lines()
	if len(lines) != 2 || !strings.Contains(lines[0], "facility=LOG_LOCAL5") || !strings.Contains(lines[1], "facility=LOG_LOCAL6") {
		t.Errorf("got %q", lines)
	}
}
