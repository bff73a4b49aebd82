// SPDX-License-Identifier: Apache-2.0

package module

import (
	"context"
	"log/slog"
	"time"
)

// Log levels of Kamailio as slog levels. Scripts and the debug parameter name
// them by Kamailio's numbers: -5 ALERT, -4 BUG, -3 CRIT2, -2 CRIT, -1 ERR,
// 0 WARN, 1 NOTICE, 2 INFO, 3 DBG.
const (
	LevelDebug  = slog.LevelDebug
	LevelInfo   = slog.LevelInfo
	LevelNotice = slog.Level(2)
	LevelWarn   = slog.LevelWarn
	LevelErr    = slog.LevelError
	LevelCrit   = slog.Level(12)
	LevelCrit2  = slog.Level(14)
	LevelBug    = slog.Level(16)
	LevelAlert  = slog.Level(20)
)

var levels = [...]slog.Level{LevelAlert, LevelBug, LevelCrit2, LevelCrit, LevelErr, LevelWarn, LevelNotice, LevelInfo, LevelDebug}

// LevelOf returns the slog level of Kamailio's level n; n is clamped to -5..3.
func LevelOf(n int) slog.Level { return levels[min(max(n, -5), 3)+5] }

// LevelNumber is the reverse of LevelOf, for levels in between the nearest
// more severe one.
func LevelNumber(l slog.Level) int {
	for i, v := range levels {
		if l >= v {
			return i - 5
		}
	}
	return 3
}

// LevelName returns Kamailio's name of a level, as log lines have it.
func LevelName(l slog.Level) string {
	return [...]string{"ALERT", "BUG", "CRITICAL", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"}[LevelNumber(l)+5]
}

// LogLine writes a line that a script or a record of accounting is the author
// of. It is Logger.LogAttrs without the search for the place in the program, which
// says nothing about a line of theirs and costs more than the line.
func LogLine(ctx context.Context, log *slog.Logger, level slog.Level, text string, attrs ...slog.Attr) {
	h := log.Handler()
	if !h.Enabled(ctx, level) {
		return
	}
	r := slog.NewRecord(time.Now(), level, text, 0)
	r.AddAttrs(attrs...)
	h.Handle(ctx, r)
}
