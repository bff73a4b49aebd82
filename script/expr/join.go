// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// MaxText is how long a text may become that a script puts together, in bytes. It is about what fits into the memory that Kamailio
// gives a worker by default; there too the text is not made, the assignment is left out, and the script goes on.
const MaxText = 2 << 20

// tooLong refuses a text of that length.
func tooLong(c *module.Call, n int) bool {
	if n <= MaxText {
		return false
	}
	FrameOf(c).Failed = true
	c.Log().Error("text is too long, its assignment is left out", "length", n, "limit", MaxText, "at", c.Line)
	return true
}

// Join is the text of several nodes, one behind the other.
type Join struct{ Parts []Node }

// join makes x + y of strings; neighbouring constants become one.
func join(x, y Node) Node {
	var parts []Node
	for _, n := range []Node{x, y} {
		if j, ok := n.(*Join); ok {
			parts = append(parts, j.Parts...)
			continue
		}
		parts = append(parts, n)
	}
	merged := parts[:1:1]
	for _, n := range parts[1:] {
		a, okA := IsConst(merged[len(merged)-1])
		b, okB := IsConst(n)
		if okA && okB {
			merged[len(merged)-1] = String(string(variable.AppendText(variable.AppendText(nil, a), b)))
			continue
		}
		merged = append(merged, n)
	}
	if len(merged) == 1 {
		if v, ok := IsConst(merged[0]); ok {
			return String(string(variable.AppendText(nil, v)))
		}
	}
	return &Join{merged}
}

// textValue is the value that a joined text takes of a node: a function gives
// 1 or 0.
func textValue(c *module.Call, n Node) module.Value { return operand(c, n) }

// Value implements Node. The parts are computed before the text is put
// together: they may use the message's scratch themselves.
func (n *Join) Value(c *module.Call) module.Value {
	var few [8]module.Value
	values := few[:0]
	if len(n.Parts) > len(few) {
		values = make([]module.Value, 0, len(n.Parts))
	}
	for _, p := range n.Parts {
		values = append(values, textValue(c, p))
	}
	length := 0
	for i := range values {
		length += len(values[i].Str)
	}
	if tooLong(c, length) {
		return module.Value{}
	}
	b := c.Mem.Begin()
	for _, v := range values {
		b = variable.AppendText(b, v)
	}
	return avp.String(c.Mem.Keep(b))
}

func joinValues(c *module.Call, x, y module.Value) module.Value {
	if tooLong(c, len(x.Str)+len(y.Str)) {
		return module.Value{}
	}
	return avp.String(c.Mem.Keep(variable.AppendText(variable.AppendText(c.Mem.Begin(), x), y)))
}

// Int implements Node.
func (n *Join) Int(c *module.Call) int64 { return intOf(n.Value(c)) }

// Type implements Node.
func (n *Join) Type() Type { return Str }

// String implements Node.
func (n *Join) String() string {
	parts := make([]string, len(n.Parts))
	for i, p := range n.Parts {
		parts[i] = p.String()
	}
	return "(" + strings.Join(parts, " . ") + ")"
}
