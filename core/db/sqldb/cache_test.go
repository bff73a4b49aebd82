// SPDX-License-Identifier: Apache-2.0

package sqldb

import (
	"database/sql"
	"fmt"
	"testing"

	_ "modernc.org/sqlite"
)

func TestCacheIsBounded(t *testing.T) {
	pool, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	c := cache{limit: 3}
	use := func(n int) *prepared {
		t.Helper()
		p, err := c.get(t.Context(), pool, fmt.Appendf(nil, "SELECT %d", n))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	works := func(p *prepared) bool {
		var n int
		return p.stmt.QueryRow().Scan(&n) == nil
	}
	first := use(0)
	for n := 1; n < 10; n++ {
		if err := c.release(use(n), false); err != nil {
			t.Fatal(err)
		}
	}
	if len(c.known) != 3 || c.order.Len() != 3 {
		t.Errorf("%d statements are kept, want 3", len(c.known))
	}
	if !works(first) {
		t.Error("a statement was closed while it was used")
	}
	if err := c.release(first, false); err != nil || works(first) {
		t.Errorf("a statement that was dropped is open after its use, %v", err)
	}
	last := use(9)
	if again := use(9); again != last {
		t.Error("the last statement was prepared once more")
	}
	if err := c.release(last, true); err != nil || len(c.known) != 2 {
		t.Errorf("a statement that went wrong is kept: %d, %v", len(c.known), err)
	}
	if err := c.close(); err != nil || len(c.known) != 0 {
		t.Errorf("%d statements are kept after the end, %v", len(c.known), err)
	}
}
