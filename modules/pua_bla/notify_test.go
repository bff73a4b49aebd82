// SPDX-License-Identifier: Apache-2.0

package pua_bla

import "testing"

func TestLifetime(t *testing.T) {
	for _, row := range []struct {
		state string
		want  int
		ok    bool
	}{
		{"active;expires=60", 60, true}, {"Pending ; expires=7;x=y", 7, true}, {"active", 3600, true}, {"terminated;reason=timeout;expires=5", 0, true},
		{"active;expires=x", 0, false}, {"active;expires=99999999999", 0, false}, {"waiting", 0, false}, {"", 0, false},
	} {
		if n, ok := lifetime(row.state); ok != row.ok || ok && n != row.want {
			t.Errorf("%q: got %d %v", row.state, n, ok)
		}
	}
}

func TestIsSharedLine(t *testing.T) {
	for event, want := range map[string]bool{"dialog;sla": true, "Dialog; SLA ;id=1": true, "dialog;id=1;sla": true, "dialog": false, "presence;sla": false, "": false} {
		if isSharedLine(event) != want {
			t.Errorf("%q: got %v", event, !want)
		}
	}
}
