// SPDX-License-Identifier: Apache-2.0

package app_lua

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// rpcList is app_lua.list.
func (m *AppLua) rpcList(r *module.Request) error {
	for i, file := range m.load {
		r.Printf("%d: [%s]", i, file)
	}
	return nil
}

// rpcReload is app_lua.reload. The first words of a fault are Kamailio's, what
// follows says why.
func (m *AppLua) rpcReload(r *module.Request) error {
	if m.reload == 0 {
		return module.Faultf(500, "Reload Failed: the parameter reload is 0")
	}
	index := int64(-1)
	if r.Len() > 0 {
		var err error
		if index, err = r.Int(0); err != nil {
			return err
		}
	}
	if err := m.program.Reload(int(index)); err != nil {
		first, _, _ := strings.Cut(err.Error(), "\n")
		return module.Faultf(500, "Reload Failed: %s", first)
	}
	return nil
}

// rpcFunctions is app_lua.api_list.
func (m *AppLua) rpcFunctions(r *module.Request) error {
	forms := m.program.Forms()
	top := r.Struct().Add("msize", len(forms))
	list := top.Struct("methods")
	for _, f := range forms {
		types := make([]string, len(f.Args))
		for i, t := range f.Args {
			types[i] = t.String()
		}
		params := "none"
		if len(types) > 0 {
			params = strings.Join(types, ", ")
		}
		list.Struct("func").Add("ret", f.Result.String()).Add("module", f.Table).Add("name", f.Name).Add("params", params)
	}
	return nil
}
