// SPDX-License-Identifier: Apache-2.0

package xlog

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// TestLines looks at what is told the log beside the text, and at $C, which is
// empty where the log goes elsewhere than to stderr.
func TestLines(t *testing.T) {
	for _, row := range []struct{ params, want, colour string }{
		{"", "ab", ""},
		{`modparam("xlog", "log_facility", "LOG_LOCAL5")`, "facility=LOG_LOCAL5", ""},
		{`modparam("xlog", "force_color", 1)`, `a\x1b[0;31;49mb`, ""},
		{`modparam("xlog", "log_colors", "L_ERR=rx")`, "ab", "\x1b[0;31;49m"},
	} {
		env := scripttest.Load("loadmodule \"xlog\"\n"+row.params+`
			request_route { xlog("L_ERR", "a$C(rx)b\n"); }`, scripttest.Options{})
		colours := map[slog.Level]string{}
		env.Host.Core().LogColor = func(l slog.Level, escape string) { colours[l] = escape }
		env.Start(t)
		lines := strings.Join(env.Request(t, scripttest.Invite), "\n")
		if !strings.Contains(lines, row.want) || colours[module.LevelErr] != row.colour {
			t.Errorf("%s: %q %q, want %q %q", row.params, lines, colours[module.LevelErr], row.want, row.colour)
		}
	}
}
