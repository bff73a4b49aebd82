// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"hash/maphash"
	"strings"

	glua "github.com/yuin/gopher-lua"
)

// Texts that are asked for again and again (methods, addresses, names of
// hosts) are kept per state, each with the hash as its place.
const (
	keptTexts   = 256
	keptTextMax = 48
)

var textSeed = maphash.MakeSeed()

// text makes a string of Lua of one that dies with the message. Who gets it
// may keep it: it is the collector's.
//
// Hot path: a copy and its box are two allocations; a text that the state has
// seen last in its place costs a hash and a comparison instead.
func (s *state) text(t string) glua.LValue {
	if len(t) == 0 {
		return emptyText
	}
	if len(t) > keptTextMax {
		return glua.LString(strings.Clone(t))
	}
	kept := &s.texts[maphash.String(textSeed, t)%keptTexts]
	if string(kept.text) != t {
		kept.text = glua.LString(strings.Clone(t))
		kept.value = kept.text
	}
	return kept.value
}

var emptyText glua.LValue = glua.LString("")

type keptText struct {
	text  glua.LString
	value glua.LValue
}
