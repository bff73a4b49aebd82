// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/kahea-sip/kahea/cfg/syntax"
	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// Binary makes the node of a binary operator but =~ and !~; constants are
// folded. The error says which side does not fit.
func Binary(op syntax.Op, x, y Node) (Node, error) {
	n, err := binary(op, x, y)
	if err != nil {
		return nil, err
	}
	_, kx := IsConst(x)
	_, ky := IsConst(y)
	if kx && ky && !divides(op, y) {
		if op == syntax.OpAnd || op == syntax.OpOr {
			return Number(truth(n.Int(nil) != 0)), nil
		}
		return Const{n.Value(nil)}, nil
	}
	return n, nil
}

// divides tells that the operation may fail, so that it is not folded.
func divides(op syntax.Op, y Node) bool {
	return (op == syntax.OpDiv || op == syntax.OpMod) && y.Int(nil) == 0
}

func binary(op syntax.Op, x, y Node) (Node, error) {
	switch op {
	case syntax.OpAnd:
		// As in Kamailio, && with a true constant leaves the number of the
		// other side, and so does || with 0.
		if constantIs(y, true) {
			return NewCast(Int, x), nil
		}
		return &And{x, y}, nil
	case syntax.OpOr:
		if constantIs(y, false) {
			return NewCast(Int, x), nil
		}
		return &Or{x, y}, nil
	case syntax.OpEq, syntax.OpNe:
		if err := Comparable(x, y); err != nil {
			return nil, err
		}
		return equality(x, y, op == syntax.OpNe), nil
	case syntax.OpStrEq, syntax.OpStrNe:
		if err := Comparable(x, y); err != nil {
			return nil, err
		}
		return &EqualText{x, y, op == syntax.OpStrNe}, nil
	case syntax.OpJuxtapose:
		return join(x, y), nil
	case syntax.OpAdd:
		if x.Type() == Str {
			return join(x, y), nil
		}
		if x.Type() == Int {
			if err := wantInt(y); err != nil {
				return nil, err
			}
			return &Arith{op, x, y}, nil
		}
		return &Add{x, y}, nil
	}
	if err := wantInt(x); err != nil {
		return nil, err
	}
	if err := wantInt(y); err != nil {
		return nil, err
	}
	switch op {
	case syntax.OpIntEq, syntax.OpIntNe, syntax.OpLt, syntax.OpLe, syntax.OpGt, syntax.OpGe:
		return &Compare{op, x, y}, nil
	}
	return &Arith{op, x, y}, nil
}

// Comparable refuses what Kamailio refuses: a number on the left of a
// comparison with a constant string or $null.
func Comparable(x, y Node) error {
	v, ok := IsConst(y)
	if !ok || v.Kind == avp.Int || x.Type() != Int || keyword(x) {
		return nil
	}
	if v.IsNull() {
		return errors.New("a number is compared with $null")
	}
	return fmt.Errorf("a number is compared with the string %s", y)
}

// keyword tells that a node is one of proto, src_port and the like, which are
// compared with words too.
func keyword(n Node) bool {
	_, ok := n.(*Native)
	return ok
}

// constantIs tells that a node is a constant number that is true, or false.
func constantIs(n Node, want bool) bool {
	v, ok := IsConst(n)
	return ok && v.Kind == avp.Int && (v.Int != 0) == want
}

func wantInt(n Node) error {
	if n.Type() != Str {
		return nil
	}
	return fmt.Errorf("expected a number, found the string %s", n)
}

// And is &&.
type And struct{ X, Y Node }

// Value implements Node.
func (n *And) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *And) Int(c *module.Call) int64 {
	if n.X.Int(c) == 0 || ended(c) {
		return 0
	}
	return truth(n.Y.Int(c) != 0)
}

// Type implements Node.
func (n *And) Type() Type { return Int }

// String implements Node.
func (n *And) String() string { return "(" + n.X.String() + " && " + n.Y.String() + ")" }

// Or is ||.
type Or struct{ X, Y Node }

// Value implements Node.
func (n *Or) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *Or) Int(c *module.Call) int64 {
	if n.X.Int(c) != 0 {
		return 1
	}
	if ended(c) {
		return 0
	}
	return truth(n.Y.Int(c) != 0)
}

// Type implements Node.
func (n *Or) Type() Type { return Int }

// String implements Node.
func (n *Or) String() string { return "(" + n.X.String() + " || " + n.Y.String() + ")" }

// ended tells that a function of the left side ended the script: the right
// side is not asked any more.
func ended(c *module.Call) bool {
	return c != nil && c.Frame != nil && FrameOf(c).Stop
}

// Compare is a comparison of numbers.
type Compare struct {
	Op   syntax.Op
	X, Y Node
}

// Value implements Node.
func (n *Compare) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *Compare) Int(c *module.Call) int64 {
	x, y := n.X.Int(c), n.Y.Int(c)
	switch n.Op {
	case syntax.OpIntEq:
		return truth(x == y)
	case syntax.OpIntNe:
		return truth(x != y)
	case syntax.OpLt:
		return truth(x < y)
	case syntax.OpLe:
		return truth(x <= y)
	case syntax.OpGt:
		return truth(x > y)
	}
	return truth(x >= y)
}

// Type implements Node.
func (n *Compare) Type() Type { return Int }

// String implements Node.
func (n *Compare) String() string { return printBinary(n.Op, n.X, n.Y) }

// Arith is arithmetic on numbers of 64 bits.
type Arith struct {
	Op   syntax.Op
	X, Y Node
}

// Value implements Node. A division by zero has no value.
func (n *Arith) Value(c *module.Call) module.Value {
	r, ok := arith(n.Op, n.X.Int(c), n.Y.Int(c))
	if !ok {
		FrameOf(c).Failed = true
		c.Log().Error("division by zero", "at", c.Line)
		return module.Value{}
	}
	return avp.Number(r)
}

// Int implements Node.
func (n *Arith) Int(c *module.Call) int64 { return n.Value(c).Int }

func arith(op syntax.Op, x, y int64) (int64, bool) {
	switch op {
	case syntax.OpAdd:
		return x + y, true
	case syntax.OpSub:
		return x - y, true
	case syntax.OpMul:
		return x * y, true
	case syntax.OpDiv:
		if y == 0 {
			return 0, false
		}
		return x / y, true
	case syntax.OpMod:
		if y == 0 {
			return 0, false
		}
		return x % y, true
	case syntax.OpBitOr:
		return x | y, true
	case syntax.OpBitAnd:
		return x & y, true
	case syntax.OpBitXor:
		return x ^ y, true
	case syntax.OpShl:
		return x << (uint64(y) & (bits.UintSize - 1)), true
	case syntax.OpShr:
		return x >> (uint64(y) & (bits.UintSize - 1)), true
	}
	return 0, false
}

// Type implements Node.
func (n *Arith) Type() Type { return Int }

// String implements Node.
func (n *Arith) String() string { return printBinary(n.Op, n.X, n.Y) }

// Add is + whose left side is a variable: its value decides between sum and
// joined text where any value is taken.
type Add struct{ X, Y Node }

// Value implements Node.
func (n *Add) Value(c *module.Call) module.Value {
	x := n.X.Value(c)
	switch x.Kind {
	case avp.Int, avp.Both:
		return avp.Number(x.Int + n.Y.Int(c))
	case avp.Str:
		return joinValues(c, x, textValue(c, n.Y))
	}
	return avp.String(variable.Text(c, textValue(c, n.Y))) // null counts as the empty text
}

// Int implements Node: where a number is wanted it is a sum, as in Kamailio
// ($hdr(CSeq) + 1 > 5), also of texts.
func (n *Add) Int(c *module.Call) int64 { return n.X.Int(c) + n.Y.Int(c) }

// Type implements Node.
func (n *Add) Type() Type { return Unknown }

// String implements Node.
func (n *Add) String() string { return printBinary(syntax.OpAdd, n.X, n.Y) }

// Not is !.
type Not struct{ X Node }

// Value implements Node.
func (n *Not) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *Not) Int(c *module.Call) int64 { return truth(n.X.Int(c) == 0) }

// Type implements Node.
func (n *Not) Type() Type { return Int }

// String implements Node.
func (n *Not) String() string { return "!" + n.X.String() }

// Unary makes the node of a unary operator; constants are folded.
func Unary(op syntax.Op, x Node) (Node, error) {
	var n Node
	switch op {
	case syntax.OpNot:
		n = &Not{x}
	case syntax.OpStrLen, syntax.OpStrEmpty, syntax.OpDefined:
		if _, ok := IsConst(x); ok && x.Type() == Int {
			return nil, fmt.Errorf("expected a string, found the number %s", x)
		}
		n = &Ask{op, x}
	case syntax.OpPlus, syntax.OpNeg, syntax.OpBitNot:
		if err := wantInt(x); err != nil {
			return nil, err
		}
		n = &Sign{op, x}
	default:
		return nil, fmt.Errorf("%s is no unary operator", op)
	}
	if _, ok := IsConst(x); ok {
		return Const{n.Value(nil)}, nil
	}
	return n, nil
}

// Sign is unary -, + and ~.
type Sign struct {
	Op syntax.Op
	X  Node
}

// Value implements Node.
func (n *Sign) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *Sign) Int(c *module.Call) int64 {
	x := n.X.Int(c)
	switch n.Op {
	case syntax.OpNeg:
		return -x
	case syntax.OpBitNot:
		return ^x
	}
	return x
}

// Type implements Node.
func (n *Sign) Type() Type { return Int }

// String implements Node.
func (n *Sign) String() string { return n.Op.String() + n.X.String() }

// Ask is defined, strlen and strempty.
type Ask struct {
	Op syntax.Op
	X  Node
}

// Value implements Node.
func (n *Ask) Value(c *module.Call) module.Value { return avp.Number(n.Int(c)) }

// Int implements Node.
func (n *Ask) Int(c *module.Call) int64 {
	v := n.X.Value(c)
	switch n.Op {
	case syntax.OpDefined:
		return truth(!v.IsNull())
	case syntax.OpStrEmpty:
		return truth(v.Kind != avp.Int && v.Str == "")
	}
	if v.Kind == avp.Int {
		var b [24]byte
		return int64(len(variable.AppendText(b[:0], v)))
	}
	return int64(len(v.Str))
}

// Type implements Node.
func (n *Ask) Type() Type { return Int }

// String implements Node.
func (n *Ask) String() string { return n.Op.String() + "(" + n.X.String() + ")" }

// Cast is (int) or (str).
type Cast struct {
	To Type
	X  Node
}

// NewCast makes a cast; constants are folded.
func NewCast(to Type, x Node) Node {
	if v, ok := IsConst(x); ok {
		if to == Int {
			return Number(intOf(v))
		}
		return String(string(v.AppendText(nil)))
	}
	return &Cast{to, x}
}

// Value implements Node.
func (n *Cast) Value(c *module.Call) module.Value {
	if n.To == Int {
		return avp.Number(n.X.Int(c))
	}
	return avp.String(variable.Text(c, textValue(c, n.X)))
}

// Int implements Node.
func (n *Cast) Int(c *module.Call) int64 {
	if n.To == Int {
		return n.X.Int(c)
	}
	return intOf(n.Value(c))
}

// Type implements Node.
func (n *Cast) Type() Type { return n.To }

// String implements Node.
func (n *Cast) String() string {
	if n.To == Int {
		return "(int)" + n.X.String()
	}
	return "(str)" + n.X.String()
}

func printBinary(op syntax.Op, x, y Node) string {
	return "(" + x.String() + " " + op.String() + " " + y.String() + ")"
}
