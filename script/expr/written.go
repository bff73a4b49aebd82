// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// Written is a variable whose number is taken as it is written; what is null
// stays null.
type Written struct{ X Var }

// Value implements Node.
func (n Written) Value(c *module.Call) module.Value {
	v := n.X.Value(c)
	if v.Kind == avp.Int {
		return avp.String(variable.Decimal(c, v.Int))
	}
	return v
}

// Int implements Node.
func (n Written) Int(c *module.Call) int64 { return n.X.Int(c) }

// Type implements Node.
func (n Written) Type() Type { return Unknown }

// String implements Node.
func (n Written) String() string { return n.X.String() }
