// SPDX-License-Identifier: Apache-2.0

package db_mysql

import (
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/kahea-sip/kahea/core/db"
)

// TestRefused: an error is about a row only where that row would never fit; all
// others may pass.
func TestRefused(t *testing.T) {
	for _, row := range []struct {
		number uint16
		state  string
		want   bool
	}{
		{1406, "22001", true}, {1264, "22003", true}, {1292, "22007", true}, {1366, "22007", true}, {1366, "HY000", true},
		{1048, "23000", true}, {1062, "23000", true}, {1452, "23000", true}, {3819, "HY000", true}, {4025, "23000", true}, {1644, "45000", true},
		{1290, "HY000", false}, {1146, "42S02", false}, {1045, "28000", false}, {1226, "42000", false}, {1142, "42000", false},
		{1364, "HY000", false}, {1054, "42S22", false}, {1792, "25006", false}, {1114, "HY000", false}, {1461, "42000", false}, {1105, "HY000", false},
	} {
		e := &mysql.MySQLError{Number: row.number, SQLState: [5]byte([]byte(row.state))}
		class, _ := class(e)
		if got := class == db.ErrRefused || class == db.ErrDuplicate; got != row.want {
			t.Errorf("%d %s is %v", row.number, row.state, class)
		}
	}
}
