// SPDX-License-Identifier: Apache-2.0

package check

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// warner makes warnings of the checker of what modules log about a place in the
// configuration, so that it is told by check, too, and with the place.
type warner struct {
	slog.Handler // for what is no warning
	c            *checker
	at           source.Span
}

// Enabled implements slog.Handler.
func (w warner) Enabled(ctx context.Context, level slog.Level) bool {
	return level == slog.LevelWarn || w.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (w warner) Handle(ctx context.Context, r slog.Record) error {
	if r.Level != slog.LevelWarn {
		return w.Handler.Handle(ctx, r)
	}
	var b strings.Builder
	b.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if a.Key != "module" {
			fmt.Fprintf(&b, " %s=%s", a.Key, a.Value)
		}
		return true
	})
	w.c.warn(w.at, "", "%s", b.String())
	return nil
}
