// SPDX-License-Identifier: Apache-2.0

package syntax

// Op is an operator.
type Op uint8

// The operators. Words and signs of one meaning are one operator: and is &&, eq is == on strings.
const (
	OpNone Op = iota

	OpOr  // || or
	OpAnd // && and

	OpEq       // ==
	OpNe       // !=
	OpIntEq    // eq, compares as numbers
	OpIntNe    // ne, compares as numbers
	OpStrEq    // streq, compares as strings
	OpStrNe    // strne, compares as strings
	OpLt       // <
	OpLe       // <=
	OpGt       // >
	OpGe       // >=
	OpMatch    // =~
	OpNotMatch // !~

	OpAdd    // +
	OpSub    // -
	OpMul    // *
	OpDiv    // /
	OpMod    // % mod
	OpBitOr  // |
	OpBitAnd // &
	OpBitXor // ^
	OpShl    // <<
	OpShr    // >>

	OpNot       // ! not
	OpNeg       // unary -
	OpPlus      // unary +
	OpBitNot    // ~
	OpDefined   // defined
	OpStrLen    // strlen
	OpStrEmpty  // strempty
	OpJuxtapose // two strings side by side, joined
	OpAssign    // =
	OpAddAssign // +=
	opCount
)

var opWords = [opCount]string{
	OpOr: "||", OpAnd: "&&",
	OpEq: "==", OpNe: "!=", OpIntEq: "eq", OpIntNe: "ne", OpStrEq: "streq", OpStrNe: "strne",
	OpLt: "<", OpLe: "<=", OpGt: ">", OpGe: ">=", OpMatch: "=~", OpNotMatch: "!~",
	OpAdd: "+", OpSub: "-", OpMul: "*", OpDiv: "/", OpMod: "%",
	OpBitOr: "|", OpBitAnd: "&", OpBitXor: "^", OpShl: "<<", OpShr: ">>",
	OpNot: "!", OpNeg: "-", OpPlus: "+", OpBitNot: "~", OpDefined: "defined", OpStrLen: "strlen", OpStrEmpty: "strempty",
	OpJuxtapose: "", OpAssign: "=", OpAddAssign: "+=",
}

// String gives the operator's spelling.
func (o Op) String() string { return opWords[o] }
