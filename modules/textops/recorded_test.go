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

// length is where Kamailio sends a wrong Content-Length: it corrects it only
// after the functions that are for the body.
const length = "Content-Length is corrected"

func TestHeaders(t *testing.T) {
	scripttest.Recorded(t, "testdata/headers.txtar", load, map[string]string{
		"replace-all2": length,
		"replace-str2": length,
		"replace-str3": "Kamailio's replace_hdrs_str with \"a\" changes the body too",
	})
}

func TestBodies(t *testing.T) {
	scripttest.Recorded(t, "testdata/bodies.txtar", load, map[string]string{
		"subst-s":       length,
		"set-body-nocl": "Kamailio leaves the old body behind the new one where Content-Length is missing",
	})
}
