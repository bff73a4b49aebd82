// SPDX-License-Identifier: Apache-2.0

package lua

// standard puts our own functions in place of those of the standard library
// that do not do what Lua 5.1 does.
func (s *state) standard() {
	l := s.lua
	openString(l)
	l.SetGlobal("tonumber", l.NewFunction(toNumber))
}
