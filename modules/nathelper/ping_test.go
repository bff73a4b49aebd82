// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/usrloc"
	"github.com/kahea-sip/kahea/script/scripttest"
)

// TestFilter: with filter_server_id the contacts of other servers get no keepalives from this one.
func TestFilter(t *testing.T) {
	for filter, others := range map[string]bool{"0": true, "1": false} {
		env := scripttest.MustLoad(t, "loadmodule \"probe.so\"\nloadmodule \"nathelper.so\"\nmodparam(\"nathelper\", \"filter_server_id\", "+filter+")\nrequest_route { drop; }\n",
			scripttest.Options{Modules: map[string]module.New{"probe": func() module.Module { return scripttest.Probe{} }}})
		n := env.Modules[1].Module.(*NATHelper)
		own := n.host.Core().ServerID
		if !n.wants(&usrloc.Contact{ServerID: own}) || n.wants(&usrloc.Contact{ServerID: own + 1}) != others {
			t.Errorf("filter_server_id %s: the wrong contacts", filter)
		}
	}
}
