// SPDX-License-Identifier: Apache-2.0

package db_test

import (
	"testing"

	"github.com/kahea-sip/kahea/core/db"
)

func TestCheckName(t *testing.T) {
	for _, name := range []string{"acc", "acc_2026", "A1", "_"} {
		if err := db.CheckName(name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	for _, name := range []string{"", "a b", "a;b", "a.b", "a-b", "a`b", "ä", "a\x00", "a@", "a["} {
		if db.CheckName(name) == nil {
			t.Errorf("%q is taken", name)
		}
	}
}
