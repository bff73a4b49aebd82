// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// Select is @path: what $sel(path) gives, but the empty text for null.
type Select struct{ Ref *variable.Ref }

// Value implements Node.
func (s Select) Value(c *module.Call) module.Value {
	v := s.Ref.Value(c)
	if v.IsNull() {
		return avp.String("")
	}
	return v
}

// Int implements Node.
func (s Select) Int(c *module.Call) int64 { return intOf(s.Ref.Value(c)) }

// Type implements Node.
func (s Select) Type() Type { return Unknown }

// String implements Node.
func (s Select) String() string { return s.Ref.String() }
