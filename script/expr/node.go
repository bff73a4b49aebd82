// SPDX-License-Identifier: Apache-2.0

// Package expr evaluates the expressions of a script, bound to variables and functions.
//
// Every node gives its value in two ways: as it is, and as a number. The
// number is what conditions and arithmetic see, and differs from the value
// where the language has it so: a function is its code as a value, but 1 or 0
// as a number.
package expr

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// Type is what is known of a value before it is computed.
type Type uint8

// The types.
const (
	Unknown Type = iota // a variable
	Int
	Str
)

// String names the type as messages do.
func (t Type) String() string { return [...]string{"value", "number", "string"}[t] }

// Node is an expression.
type Node interface {
	// Value is the expression's value.
	Value(c *module.Call) module.Value
	// Int is the expression as a number; a text that is none counts as 0.
	Int(c *module.Call) int64
	// Type is what is known of the value at start.
	Type() Type
	// String prints the expression for listings.
	String() string
}

// Const is a value known at start.
type Const struct{ V module.Value }

// Number makes a constant number.
func Number(n int64) Const { return Const{avp.Number(n)} }

// String makes a constant string.
func String(s string) Const { return Const{avp.String(s)} }

// Value implements Node.
func (k Const) Value(*module.Call) module.Value { return k.V }

// Int implements Node.
func (k Const) Int(*module.Call) int64 { return intOf(k.V) }

// Type implements Node.
func (k Const) Type() Type {
	switch k.V.Kind {
	case avp.Int:
		return Int
	case avp.Str:
		return Str
	}
	return Unknown
}

// String implements Node.
func (k Const) String() string {
	switch k.V.Kind {
	case avp.Int:
		return strconv.FormatInt(k.V.Int, 10)
	case avp.Str:
		return strconv.Quote(k.V.Str)
	}
	return "$null"
}

// Var is a variable.
type Var struct{ Ref *variable.Ref }

// Value implements Node.
func (v Var) Value(c *module.Call) module.Value { return v.Ref.Value(c) }

// Int implements Node.
func (v Var) Int(c *module.Call) int64 { return intOf(v.Ref.Value(c)) }

// Type implements Node.
func (v Var) Type() Type { return Unknown }

// String implements Node.
func (v Var) String() string { return v.Ref.String() }

// Native is a value that the engine itself knows: a keyword, a select.
type Native struct {
	Name string
	Kind Type
	Get  func(c *module.Call) module.Value
}

// Value implements Node.
func (n *Native) Value(c *module.Call) module.Value { return n.Get(c) }

// Int implements Node.
func (n *Native) Int(c *module.Call) int64 { return intOf(n.Get(c)) }

// Type implements Node.
func (n *Native) Type() Type { return n.Kind }

// String implements Node.
func (n *Native) String() string { return n.Name }

// Test is a condition that the engine itself decides.
type Test struct {
	Name string
	Run  func(c *module.Call) bool
}

// Value implements Node.
func (t *Test) Value(c *module.Call) module.Value { return avp.Number(t.Int(c)) }

// Int implements Node.
func (t *Test) Int(c *module.Call) int64 { return truth(t.Run(c)) }

// Type implements Node.
func (t *Test) Type() Type { return Int }

// String implements Node.
func (t *Test) String() string { return t.Name }

// IsConst returns the value of a constant.
func IsConst(n Node) (module.Value, bool) {
	k, ok := n.(Const)
	return k.V, ok
}

// IsNull tells that the node is the constant $null.
func IsNull(n Node) bool {
	switch n := n.(type) {
	case Const:
		return n.V.IsNull()
	case Var:
		return n.Ref.IsNull()
	}
	return false
}

func intOf(v module.Value) int64 {
	switch v.Kind {
	case avp.Int, avp.Both:
		return v.Int
	case avp.Str:
		if v.Int != 0 {
			return v.Int // an avp.Word
		}
		n, _ := variable.ParseInt(v.Str)
		return n
	}
	return 0
}

func truth(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
