// SPDX-License-Identifier: Apache-2.0

package expr

import "github.com/kahea-sip/kahea/core/module"

// Choose is selval(condition, then, else).
type Choose struct{ Cond, Then, Else Node }

func (n *Choose) chosen(c *module.Call) Node {
	if n.Cond.Int(c) != 0 {
		return n.Then
	}
	return n.Else
}

// Value implements Node.
func (n *Choose) Value(c *module.Call) module.Value { return n.chosen(c).Value(c) }

// Int implements Node.
func (n *Choose) Int(c *module.Call) int64 { return n.chosen(c).Int(c) }

// Type implements Node.
func (n *Choose) Type() Type {
	if t := n.Then.Type(); t == n.Else.Type() {
		return t
	}
	return Unknown
}

// String implements Node.
func (n *Choose) String() string {
	return "selval(" + n.Cond.String() + ", " + n.Then.String() + ", " + n.Else.String() + ")"
}
