// SPDX-License-Identifier: Apache-2.0

package db_redis

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kahea-sip/kahea/core/db/gate"
)

// TestHangIsToldOnce: many operations fail because the server hangs, and the log
// has one line for them, and one for its end.
func TestHangIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		d := &database{m: New()}
		d.m.log = slog.New(slog.NewTextHandler(&log, nil))
		for range gate.MostWaiting {
			if err := d.gate.Enter(); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Minute)
		for range 9 {
			err := d.run(t.Context(), "ask", false, func(context.Context) error { return nil })
			if !errors.Is(err, gate.ErrHangs) {
				t.Errorf("got %v", err)
			}
		}
		d.there()
		d.there()
		if strings.Count(log.String(), "hangs") != 1 || strings.Count(log.String(), "answers again") != 1 {
			t.Errorf("the log is\n%s", log.String())
		}
	})
}
