// SPDX-License-Identifier: Apache-2.0

package dbtest

import (
	"testing"

	"github.com/kahea-sip/kahea/core/db"
)

// Parse returns the parts of a URL.
func Parse(t *testing.T, url string) db.URL {
	t.Helper()
	u, err := db.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// Open opens a database until the end of the test.
func Open(t *testing.T, d db.Driver, url string) db.Database {
	t.Helper()
	database, err := d.Open(t.Context(), Parse(t, url))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := database.Close(); err != nil {
			t.Error(err)
		}
	})
	return database
}

// Raw runs a statement.
func Raw(t *testing.T, d db.Database, statement string) *db.Result {
	t.Helper()
	r, err := d.(db.Querier).Raw(t.Context(), statement)
	if err != nil {
		t.Fatal(err)
	}
	return r
}
