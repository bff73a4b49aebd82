// SPDX-License-Identifier: Apache-2.0

package htable_test

import (
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	_ "github.com/kahea-sip/kahea/modules/htable"
	_ "github.com/kahea-sip/kahea/modules/pv"
	"github.com/kahea-sip/kahea/script/scripttest"
)

const usual = `
	if ($sht(banned=>$si) != $null) { exit; }
	$sht(auth=>$si::count) = 1;
	if ($shtinc(auth=>$si::count) != 2 || $sht(auth=>$si::count) != 2) { exit; }
	$sht(auth=>$si::last) = "a text";
	if ($sht(auth=>$si::last) != "a text") { exit; }
`

// TestScriptDoesNotAllocate runs what configurations mostly do with tables.
func TestScriptDoesNotAllocate(t *testing.T) {
	env := scripttest.MustLoad(t, `loadmodule "pv.so"
loadmodule "htable.so"
modparam("htable", "htable", "banned=>size=8;autoexpire=300")
modparam("htable", "htable", "auth=>size=8")
request_route {`+usual+"}\n", scripttest.Options{})
	c := env.Call(t, scripttest.Invite)
	r, _ := env.Program.Lookup(module.RequestRoute, "")
	msg, packet := c.Msg, c.Packet
	n := testing.AllocsPerRun(100, func() {
		c.Reset(msg, packet)
		c.Target.URI = msg.RequestURI
		if env.Program.Run(c, r).Exit {
			t.Fatal("the route took a wrong way")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations per message", n)
	}
}
