// SPDX-License-Identifier: Apache-2.0

package syntax

// Op is an operator.
type Op uint8

// The operators. Words and signs of one meaning are one operator: and is &&.
const (
	OpNone Op = iota

	OpOr  // || or
	OpAnd // && and

	OpEq    // ==
	OpNe    // !=
	OpIntEq // ieq, compares as numbers
	OpIntNe // ine, compares as numbers
	OpStrEq // eq, compares as strings
	OpStrNe // ne, compares as strings
	OpLt    // <
	OpLe    // <=
	OpGt    // >
	OpGe    // >=
	OpMatch // =~
	// OpNotMatch is the negation of =~; the language has no sign for it, the compiler makes it of !(x =~ y).
	OpNotMatch

	OpAdd    // +
	OpSub    // -
	OpMul    // *
	OpDiv    // /
	OpMod    // mod
	OpBitOr  // |
	OpBitAnd // &
	OpBitXor // ^
	OpShl    // <<
	OpShr    // >>

	OpNot      // ! not
	OpNeg      // unary -
	OpBitNot   // ~
	OpPlus     // unary +, which the grammar does not have
	OpDefined  // defined
	OpStrLen   // strlen
	OpStrEmpty // strempty
	// OpJuxtapose joins strings that stand side by side; the parser joins constants itself.
	OpJuxtapose
	OpAssign // =
	opCount
)

var opWords = [opCount]string{
	OpOr: "||", OpAnd: "&&",
	OpEq: "==", OpNe: "!=", OpIntEq: "ieq", OpIntNe: "ine", OpStrEq: "eq", OpStrNe: "ne",
	OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=", OpMatch: "=~", OpNotMatch: "!~", OpPlus: "+",
	OpAdd: "+", OpSub: "-", OpMul: "*", OpDiv: "/", OpMod: "mod",
	OpBitOr: "|", OpBitAnd: "&", OpBitXor: "^", OpShl: "<<", OpShr: ">>",
	OpNot: "!", OpNeg: "-", OpBitNot: "~", OpDefined: "defined", OpStrLen: "strlen", OpStrEmpty: "strempty", OpAssign: "=",
}

// String gives the operator's spelling.
func (o Op) String() string { return opWords[o] }
