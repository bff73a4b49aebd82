// SPDX-License-Identifier: Apache-2.0

package module

import (
	"unsafe"

	"github.com/kahea-sip/kahea/core/avp"
)

// keepChunk is the size in bytes of the memory that many short strings share.
const keepChunk = 2048

// Keep returns s in memory that lives as long as State: the message's, and
// the collector's once the state is a transaction's. What a script assigns to
// a Target, an AVP or the like goes through it.
func (c *Call) Keep(s string) string {
	if s == "" {
		return ""
	}
	if c.State == &c.own && !c.Adopted {
		return c.Mem.Copy(s)
	}
	return c.Lasting(s)
}

// KeepValue is Keep for a value that a variable stores: of a number with its
// text only the number, as in Kamailio.
func (c *Call) KeepValue(v Value) Value {
	if v.Kind == avp.Both {
		return avp.Number(v.Int)
	}
	v.Str = c.Keep(v.Str)
	return v
}

// Lasting returns a copy of s that lives as long as anything refers to it.
// Unlike strings.Clone it allocates only when a chunk is full; a string keeps
// its whole chunk alive, so it is not for stores with many entries.
func (c *Call) Lasting(s string) string {
	if len(s) > keepChunk/4 {
		return string([]byte(s))
	}
	if s == "" {
		return ""
	}
	if cap(c.chunk)-len(c.chunk) < len(s) {
		c.chunk = make([]byte, 0, keepChunk)
	}
	at := len(c.chunk)
	c.chunk = append(c.chunk, s...)
	return unsafe.String(&c.chunk[at], len(s))
}
