// SPDX-License-Identifier: Apache-2.0

package db_postgres

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/kahea-sip/kahea/core/db"
)

// TestRefused: an error is about a row only where that row would never fit; all
// others may pass.
func TestRefused(t *testing.T) {
	for code, want := range map[string]bool{
		"22001": true, "22003": true, "22P02": true, "22021": true, "23502": true, "23503": true, "23505": true, "23514": true, "P0001": true, "54000": true,
		"25006": false, "53100": false, "42501": false, "42P01": false, "42703": false, "28P01": false, "53200": false, "XX000": false, "": false,
	} {
		class, _ := class(&pgconn.PgError{Code: code})
		if got := class == db.ErrRefused || class == db.ErrDuplicate; got != want {
			t.Errorf("%s is %v", code, class)
		}
	}
}
