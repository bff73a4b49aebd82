// SPDX-License-Identifier: Apache-2.0

package xlog

import "testing"

func TestLogColors(t *testing.T) {
	for _, tt := range []struct{ text, warn, bad string }{
		{"L_WARN=cr", "\x1b[0;36;41m", ""},
		{"L_ERR=xx;L_WARN=Px;", "\x1b[1;35;49m", ""},
		{"L_WARN=cr;L_WARN=gx", "\x1b[0;32;49m", ""},
		{"L_WARN", "", "a colour has two letters, foreground and background, as rx"},
		{"L_WARN=c", "", "a colour has two letters, foreground and background, as rx"},
		{"L_WARN=qx", "", `unknown colour 'q'`},
		{"L_DEBUG=cr", "", `unknown level "L_DEBUG": one of L_ALERT, L_BUG, L_CRIT2, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO, L_DBG`},
		{"L_WARN=cr;;L_ERR=cr", "", `unknown level "": one of L_ALERT, L_BUG, L_CRIT2, L_CRIT, L_ERR, L_WARN, L_NOTICE, L_INFO, L_DBG`},
	} {
		x, bad := New(), ""
		if err := x.setColors(tt.text); err != nil {
			bad = err.Error()
		}
		if bad != tt.bad || bad == "" && x.colors[5] != tt.warn {
			t.Errorf("%s: %q, error %q, want %q, %q", tt.text, x.colors[5], bad, tt.warn, tt.bad)
		}
	}
}
