// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

var errRights = errors.New("no rights")

// host makes connections, of which those before the one called enough have no
// rights.
type host struct{ made, enough int }

func (h *host) Connect(context.Context) (driver.Conn, error) {
	h.made++
	return conn{h, h.made}, nil
}

func (h *host) Driver() driver.Driver { return nil }

type conn struct {
	h      *host
	number int
}

func (c conn) Prepare(string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }
func (c conn) Begin() (driver.Tx, error)           { return nil, errors.ErrUnsupported }
func (c conn) Close() error                        { return nil }

// ExecContext implements driver.ExecerContext.
func (c conn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	if c.number < c.h.enough {
		return nil, errRights
	}
	return driver.RowsAffected(0), nil
}

// TestRenewedAtTimes: an error that may be one of old connections has the next
// statement run on a new one, but does not have one connection per statement
// where new ones do not help.
func TestRenewedAtTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{enough: 3}
		d, err := Open(t.Context(), sql.OpenDB(h), Config{Dialect: Dialect{
			Class:    func(error) (error, bool) { return nil, false },
			Outdated: func(err error) bool { return errors.Is(err, errRights) },
		}})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		fails := func(made int) {
			t.Helper()
			if _, err := d.Raw(t.Context(), "CREATE"); !errors.Is(err, errRights) || h.made != made {
				t.Errorf("got %v with %d connections made, want that of the rights with %d", err, h.made, made)
			}
		}
		fails(1)
		for range 9 {
			fails(2)
		}
		time.Sleep(renewal)
		fails(2)
		if _, err := d.Raw(t.Context(), "CREATE"); err != nil || h.made != 3 {
			t.Errorf("got %v with %d connections made, want none with 3", err, h.made)
		}
	})
}
