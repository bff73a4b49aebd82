// SPDX-License-Identifier: Apache-2.0

package module

import (
	"log/slog"
	"testing"
)

func TestLevels(t *testing.T) {
	var none *Levels
	if none.Wants(LevelAlert) || !none.Passes("tm", LevelDebug, LevelInfo) || none.Facility("tm") != "" {
		t.Error("a table that is nil decides something")
	}
	l := new(Levels)
	l.Set("tm", LevelDebug)
	l.Set("core", LevelErr)
	l.SetFacility("tm", "LOG_LOCAL1")
	if l.Wants(LevelDebug) || l.Facility("tm") != "" {
		t.Error("levels that are not in use count")
	}
	l.Use(true)
	l.UseFacilities(true)
	for _, tc := range []struct {
		name string
		v    slog.Level
		want bool
	}{{"tm", LevelDebug, true}, {"core", LevelInfo, false}, {"core", LevelErr, true}, {"pike", LevelDebug, false}, {"pike", LevelInfo, true}} {
		if got := l.Passes(tc.name, tc.v, LevelInfo); got != tc.want {
			t.Errorf("%s %v: got %v", tc.name, tc.v, got)
		}
	}
	if !l.Wants(LevelDebug) || l.Facility("tm") != "LOG_LOCAL1" || l.Facility("core") != "" {
		t.Error("levels in use do not count")
	}
}
