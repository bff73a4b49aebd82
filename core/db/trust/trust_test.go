// SPDX-License-Identifier: Apache-2.0

package trust_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kahea-sip/kahea/core/db/trust"
	"github.com/kahea-sip/kahea/tools/testserver"
)

func TestPool(t *testing.T) {
	c := testserver.NewCertificates(t)
	empty := t.TempDir()
	text := filepath.Join(empty, "text")
	if err := os.WriteFile(text, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		path    string
		isError bool
	}{{"", false}, {c.Root, false}, {filepath.Dir(c.Root), false}, {text, true}, {empty, true}, {empty + "/none", true}} {
		pool, err := trust.Pool(row.path)
		if (err != nil) != row.isError || (pool == nil) != (row.path == "" || row.isError) {
			t.Errorf("%q: %v, %v", row.path, pool, err)
		}
	}
}
