// SPDX-License-Identifier: Apache-2.0

package siputils_test

import (
	"testing"

	_ "github.com/kahea-sip/kahea/modules/pv"
	_ "github.com/kahea-sip/kahea/modules/siputils"
	"github.com/kahea-sip/kahea/script/scripttest"
)

const load = `loadmodule "pv.so"
loadmodule "sl.so"
loadmodule "siputils.so"
modparam("siputils", "rpid_avp", "$avp(rpid)")`

func TestQuestions(t *testing.T) {
	scripttest.Recorded(t, "testdata/questions.txtar", load, map[string]string{
		"add-uri-param2": "Kamailio loses the semicolon in front of a parameter that is there",
	})
}
