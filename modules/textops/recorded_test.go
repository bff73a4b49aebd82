// SPDX-License-Identifier: Apache-2.0

package textops_test

import (
	"testing"

	_ "github.com/kahea-sip/kahea/modules/pv"
	_ "github.com/kahea-sip/kahea/modules/textops"
	_ "github.com/kahea-sip/kahea/modules/textopsx"
	"github.com/kahea-sip/kahea/script/scripttest"
)

const load = `loadmodule "pv.so"
loadmodule "textops.so"
loadmodule "textopsx.so"`

func TestHeaders(t *testing.T) {
	scripttest.Recorded(t, "testdata/headers.txtar", load, map[string]string{})
}

func TestBodies(t *testing.T) {
	scripttest.Recorded(t, "testdata/bodies.txtar", load, map[string]string{})
}
