// SPDX-License-Identifier: Apache-2.0

package db_sqlite

import (
	"testing"
	"time"
)

func TestDate(t *testing.T) {
	evening := time.Date(2026, 11, 29, 18, 30, 15, 0, time.UTC)
	noon := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	for _, row := range []struct {
		kept any
		want time.Time
	}{
		{arg(evening, time.UTC), evening},
		{arg(noon, time.UTC), noon},
		{int64(arg(noon, time.UTC).(float64)), noon}, // as SQLite gives it back
		{evening.Unix(), evening},
		{int64(0), time.Unix(0, 0).UTC()},
		{"2026-11-29 18:30:15", evening},
	} {
		if got, ok := date(row.kept, time.UTC); !ok || !got.Equal(row.want) {
			t.Errorf("%v: got %v %v, want %v", row.kept, got, ok, row.want)
		}
	}
}
