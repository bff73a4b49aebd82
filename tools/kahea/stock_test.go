// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestStock runs the scripts of testdata/stock with the configuration of Debian's
// package, $STOCK: what takes minutes, in time that is made up.
func TestStock(t *testing.T) {
	if _, err := os.Stat(stock); err != nil {
		if os.Getenv("KAHEA_REQUIRE_SERVERS") == "1" {
			t.Fatalf("%s is missing: apt-get install kamailio", stock)
		}
		t.Skipf("skipped: %s is missing (apt-get install kamailio)", stock)
	}
	p := parameters()
	p.Dir = "testdata/stock"
	setup := p.Setup
	p.Setup = func(env *testscript.Env) error {
		env.Setenv("STOCK", stock)
		return setup(env)
	}
	testscript.Run(t, p)
}
