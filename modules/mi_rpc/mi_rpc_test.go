// SPDX-License-Identifier: Apache-2.0

package mi_rpc_test

import (
	"testing"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/modules/mi_rpc"
	_ "github.com/kahea-sip/kahea/modules/standard"
	"github.com/kahea-sip/kahea/rpc"
)

// TestSuccessors: each command that a name leads to is one of a module that
// ships, or of the core.
func TestSuccessors(t *testing.T) {
	have := map[string]bool{}
	add := func(list []module.Command) {
		for _, c := range list {
			have[c.Name] = true
		}
	}
	add(rpc.Core(rpc.Info{}))
	for _, name := range module.Names() {
		add(module.Lookup(name)().Exports().RPC)
	}
	for old, now := range mi_rpc.Successors {
		if !have[now] {
			t.Errorf("%s leads to %s, which there is not", old, now)
		}
		if have[old] {
			t.Errorf("%s is a command itself", old)
		}
	}
}
