// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// equality chooses the node of == or != (negated): the common forms, a
// variable against a constant, have nodes of their own.
func equality(x, y Node, negated bool) Node {
	want := truth(!negated)
	if IsNull(y) {
		return &IsNullTest{x, want}
	}
	if v, ok := IsConst(y); ok {
		switch v.Kind {
		case avp.Str:
			return &EqualsString{x, v.Str, want}
		case avp.Int:
			return &EqualsNumber{x, v.Int, want}
		}
	}
	if _, sum := y.(*Add); sum && x.Type() == Int {
		y = NewCast(Int, y)
	}
	return &Equal{x, y, want}
}

func relation(want int64) syntax.Op {
	if want == 1 {
		return syntax.OpEq
	}
	return syntax.OpNe
}

// operand is the value of one side of a comparison: a function counts as
// 1 or 0 there.
func operand(c *module.Call, n Node) module.Value {
	if k, ok := n.(Coded); ok {
		return avp.Number(k.Int(c))
	}
	return n.Value(c)
}

// IsNullTest is == $null or, with Want 0, != $null.
type IsNullTest struct {
	X    Node
	Want int64
}

// Value implements Node.
func (n *IsNullTest) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *IsNullTest) Int(c *module.Call) int64 { return truth(n.X.Value(c).IsNull() == (n.Want == 1)) }

// Type implements Node.
func (n *IsNullTest) Type() Type { return Int }

// String implements Node.
func (n *IsNullTest) String() string {
	return printBinary(relation(n.Want), n.X, Const{})
}

// EqualsString compares with a constant string.
type EqualsString struct {
	X    Node
	S    string
	Want int64
}

// Value implements Node.
func (n *EqualsString) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *EqualsString) Int(c *module.Call) int64 {
	v := operand(c, n.X)
	if n.S == "" && n.Want == 1 && v.Kind == avp.Int {
		return 0 // as in Kamailio, == "" asks for an empty text, != "" compares with 0
	}
	return truth(equalsString(v, n.S) == (n.Want == 1))
}

// equalsString compares with a text: a number with the number that it holds,
// which is 0 for any other text.
func equalsString(v module.Value, s string) bool {
	switch v.Kind {
	case avp.Int, avp.Both:
		m, _ := variable.ParseInt(s)
		return m == v.Int
	}
	return v.Str == s
}

// Type implements Node.
func (n *EqualsString) Type() Type { return Int }

// String implements Node.
func (n *EqualsString) String() string { return printBinary(relation(n.Want), n.X, String(n.S)) }

// EqualsNumber compares with a constant number.
type EqualsNumber struct {
	X    Node
	N    int64
	Want int64
}

// Value implements Node.
func (n *EqualsNumber) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *EqualsNumber) Int(c *module.Call) int64 {
	v := operand(c, n.X)
	return truth(equalsNumber(v, n.N) == (n.Want == 1))
}

func equalsNumber(v module.Value, m int64) bool {
	switch v.Kind {
	case avp.Int, avp.Both:
		return v.Int == m
	case avp.Str:
		var b [24]byte
		return v.Str == string(variable.AppendText(b[:0], avp.Number(m)))
	}
	return m == 0
}

// Type implements Node.
func (n *EqualsNumber) Type() Type { return Int }

// String implements Node.
func (n *EqualsNumber) String() string { return printBinary(relation(n.Want), n.X, Number(n.N)) }

// Equal is == or, with Want 0, !=. The left side's type decides: a number
// compares with the number of the right side, a string with its text. A null
// equals null, 0 and the empty string.
type Equal struct {
	X, Y Node
	Want int64
}

// Value implements Node.
func (n *Equal) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *Equal) Int(c *module.Call) int64 {
	return truth(equal(operand(c, n.X), operand(c, n.Y)) == (n.Want == 1))
}

func equal(x, y module.Value) bool {
	switch y.Kind {
	case avp.Str:
		return equalsString(x, y.Str)
	case avp.Int:
		return equalsNumber(x, y.Int)
	case avp.Both:
		if x.Kind == avp.Str {
			return x.Str == y.Str
		}
		return equalsNumber(x, y.Int)
	}
	switch x.Kind {
	case avp.Str:
		return x.Str == ""
	case avp.Null:
		return true
	}
	return x.Int == 0
}

// Type implements Node.
func (n *Equal) Type() Type { return Int }

// String implements Node.
func (n *Equal) String() string { return printBinary(relation(n.Want), n.X, n.Y) }

// EqualText is streq and, negated, strne.
type EqualText struct {
	X, Y    Node
	Negated bool
}

// Value implements Node.
func (n *EqualText) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *EqualText) Int(c *module.Call) int64 {
	x, y := operand(c, n.X), operand(c, n.Y)
	var bx, by [24]byte
	if x.Kind == avp.Int || y.Kind == avp.Int {
		return truth((string(variable.AppendText(bx[:0], x)) == string(variable.AppendText(by[:0], y))) != n.Negated)
	}
	return truth((x.Str == y.Str) != n.Negated)
}

// Type implements Node.
func (n *EqualText) Type() Type { return Int }

// String implements Node.
func (n *EqualText) String() string {
	op := syntax.OpStrEq
	if n.Negated {
		op = syntax.OpStrNe
	}
	return printBinary(op, n.X, n.Y)
}
