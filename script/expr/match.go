// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"sync"

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

	mu   sync.Mutex
	last *ere.Regexp // guarded by mu
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

// compile returns the expression that By names, nil when it is none. The last
// one is kept: most often it is the same again.
func (n *Match) compile(c *module.Call) *ere.Regexp {
	text := variable.Text(c, n.By.Value(c))
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.last != nil && n.last.String() == text {
		return n.last
	}
	re, err := ere.Compile(string([]byte(text)), ere.IgnoreCase)
	if err != nil {
		c.Log().Error("bad regular expression", "err", err, "at", c.Line)
		return nil
	}
	n.last = re
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
