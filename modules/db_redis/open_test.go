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

	"github.com/alicebob/miniredis/v2"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/db/dbtest"
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

// TestForeignKey: a row whose key has something else is refused; that the user may
// not write is not its fault, and may change.
func TestForeignKey(t *testing.T) {
	s := miniredis.RunT(t)
	d := dbtest.Open(t, newModule(t), "redis://"+s.Addr())
	if err := s.Set("things:entry::1", "text"); err != nil {
		t.Fatal(err)
	}
	put := func() error {
		return d.Put(t.Context(), dbtest.Table, []string{"id", "name"}, []string{"id"}, []db.Value{int64(1), "x"})
	}
	if err := put(); !errors.Is(err, db.ErrRefused) {
		t.Errorf("got %v, want that it is refused", err)
	}
	s.SetError("NOPERM this user has no permissions to run the 'evalsha' command")
	if err := put(); err == nil || db.Refused(err) || errors.Is(err, db.ErrUnavailable) {
		t.Errorf("got %v, want an error that is not about the row", err)
	}
}
