// SPDX-License-Identifier: Apache-2.0

package lua

import glua "github.com/yuin/gopher-lua"

// oldTables makes the table sr of app_lua_sr.
func (s *state) oldTables() *glua.LTable { return s.lua.NewTable() }
