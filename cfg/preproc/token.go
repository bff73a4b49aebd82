// SPDX-License-Identifier: Apache-2.0

// Package preproc turns the text of a configuration and of all that it includes into tokens, with defines and conditions resolved.
package preproc

import "github.com/kahea-sip/kahea/cfg/source"

// Kind is the class of a token.
type Kind uint8

// The kinds of tokens.
const (
	// EOF ends the tokens; its place is the end of the main file.
	EOF Kind = iota
	// Ident is a word: letters, digits and underscores, not beginning with a digit.
	Ident
	// Number is an integer: 10, 0x1f, 017, 101b.
	Number
	// Word begins with a digit and is no number: 9a, 08. It is good only as part of a host name.
	Word
	// String is a constant in quotes; its text has the quotes.
	String
	// PV is a variable: $ru, $(hdr(a)[0]), $var(x).
	PV
	// Attr is an attribute of the old spelling: %name.
	Attr
	// IPv4 is an address of four numbers with dots.
	IPv4
	// IPv6 is an address with colons, without brackets.
	IPv6
	// Op is an operator or another sign.
	Op
	// Bad stands for text that is no token; the mistake has been reported.
	Bad
)

var kindNames = [...]string{"end of file", "word", "number", "word", "string", "variable", "attribute", "address", "address", "sign", "unreadable text"}

// String gives the operator's word for the kind.
func (k Kind) String() string { return kindNames[k] }

// Token is the smallest part of the language after preprocessing.
type Token struct {
	Kind Kind
	// Text is the token's text after defines and substitutions.
	Text string
	// Pos is where the operator wrote it, or used the define from which it came.
	Pos source.Pos
	// Source is what stands at Pos when it is not Text: the name of the define, or the string before substitutions; otherwise "".
	Source string
	// Joined tells that no space and no comment stands before the token.
	Joined bool
	// Define is the define that the token came from; nil for one that was written in place.
	Define *Define
}

// End gives the place behind the token in the original text.
func (t *Token) End() source.Pos {
	if t.Source != "" {
		return t.Pos.After(t.Source)
	}
	return t.Pos.After(t.Text)
}

// Define is a name with a replacement.
type Define struct {
	Name string
	// Value is the replacement; "" where there is none.
	Value string
	// Pos is where the name was defined; not valid for the command line and for predefined names.
	Pos source.Pos

	bySubst bool // #!substdef has made it
}
