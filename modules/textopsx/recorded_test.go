// SPDX-License-Identifier: Apache-2.0

package textopsx_test

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

func TestMessages(t *testing.T) {
	scripttest.Recorded(t, "testdata/messages.txtar", load, map[string]string{
		"fnmatch":     "Kamailio takes flag i and heeds the case nonetheless",
		"blit-noeol":  "Kamailio adds a zero byte to a last line without line end",
		"rep-status2": "Kamailio prints both reasons, one behind the other",
	})
}
