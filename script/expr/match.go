// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// Match is =~ and, negated, !~. Letters match without regard to case.
type Match struct {
	X       Node
	Negated bool
	// Re is the expression where it is constant; else By gives its text.
	Re *ere.Regexp
	By Node

	cache ere.Cache // of what By gave
}

// Value implements Node.
func (n *Match) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *Match) Int(c *module.Call) int64 {
	v := operand(c, n.X)
	re := n.Re
	if re == nil {
		if re = n.compile(c); re == nil {
			return truth(n.Negated)
		}
	}
	if v.Kind == avp.Int {
		var b [24]byte
		return truth(re.Match(variable.AppendText(b[:0], v)) != n.Negated)
	}
	return truth(re.MatchString(v.Str) != n.Negated)
}

// compile returns the expression that By names, nil when it is none.
func (n *Match) compile(c *module.Call) *ere.Regexp {
	re, err := n.cache.Compile(variable.Text(c, n.By.Value(c)), ere.IgnoreCase)
	if err != nil {
		c.Log().Error("bad regular expression", "err", err, "at", c.Line)
		return nil
	}
	return re
}

// Type implements Node.
func (n *Match) Type() Type { return Int }

// String implements Node.
func (n *Match) String() string {
	op, y := syntax.OpMatch, n.By
	if n.Negated {
		op = syntax.OpNotMatch
	}
	if n.Re != nil {
		y = String(n.Re.String())
	}
	return printBinary(op, n.X, y)
}
