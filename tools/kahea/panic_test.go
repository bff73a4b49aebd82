// SPDX-License-Identifier: Apache-2.0

package main

import "github.com/kahea-sip/kahea/core/module"

func init() { module.Register("panicky", func() module.Module { return panicky{} }) }

// panicky is a module with a mistake in it, for the test of what one costs.
type panicky struct{}

// Exports implements module.Module.
func (panicky) Exports() module.Exports {
	return module.Exports{
		Doc: "Fails inside the engine.",
		Functions: []module.Function{{
			Name: "panic_now", Routes: module.AnyRoute, Doc: "Divides by zero, or worse.",
			Run: func(c *module.Call, _ module.Args) module.Result {
				var nobody *module.Call
				return module.Result(nobody.RC)
			},
		}},
		RPC: []module.Command{{Name: "panicky.command", Doc: "Fails.", Run: func(*module.Request) error { panic("a command that fails") }}},
	}
}
