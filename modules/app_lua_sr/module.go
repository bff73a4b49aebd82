// SPDX-License-Identifier: Apache-2.0

// Package app_lua_sr gives scripts of app_lua the table sr, which they had before KSR.
package app_lua_sr

import "github.com/kahea-sip/kahea/core/module"

func init() {
	module.Register("app_lua_sr", func() module.Module { return &AppLuaSR{register: []string{}} })
}

// AppLuaSR is the module.
type AppLuaSR struct{ register []string }

// Exports implements module.Module.
func (m *AppLuaSR) Exports() module.Exports {
	return module.Exports{
		Doc:      "Gives scripts of app_lua the table sr, which they had before KSR.",
		Requires: []string{"app_lua"},
		Params: []module.Param{
			{Name: "register", Set: &m.register, Doc: "module whose functions scripts have as sr.module; sr, sr.hdr and sr.pv are always there"},
		},
	}
}

// OldAPI tells app_lua which modules the table sr has.
func (m *AppLuaSR) OldAPI() []string { return m.register }
