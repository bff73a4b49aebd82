// SPDX-License-Identifier: Apache-2.0

package core

import (
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// blocker is a host that only runs what blocks.
type blocker struct{ module.Host }

func (blocker) Block(_ *module.Call, f func()) { f() }

func TestExec(t *testing.T) {
	file := filepath.Join(t.TempDir(), "out")
	c := &module.Call{Host: blocker{}}
	c.SetLog(slog.New(slog.NewTextHandler(io.Discard, nil)))
	for _, tt := range []struct{ command, want string }{
		{"printf one > " + file, "one"}, {"printf two > " + file + "; exit 3", "two"},
	} {
		if got := execute(c, module.Args{{Value: avp.String(tt.command), Given: true}}); got != module.True {
			t.Errorf("%s: got %v", tt.command, got)
		}
		if text, _ := os.ReadFile(file); string(text) != tt.want {
			t.Errorf("%s: wrote %q", tt.command, text)
		}
	}
}
