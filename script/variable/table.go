// SPDX-License-Identifier: Apache-2.0

// Package variable compiles variables and strings with variables into what a message is asked for.
//
// The grammar of a variable:
//
//	variable  = "$" name [ "(" inner ")" ]
//	          | "$(" name [ "(" inner ")" ] [ "[" index "]" ] { "{" class [ "." op ] [ "," args ] "}" } ")"
//	index     = number | "*" | variable
//
// In a string "$$" stands for one dollar sign.
package variable

import "github.com/kahea-sip/kahea/core/module"

// Table says what names stand for. Its errors are of type *Error with offset 0
// where they carry advice.
type Table interface {
	// Variable finds a variable by its name, without the dollar sign.
	Variable(name string) (*module.Variable, error)
	// Transformation finds a step by class and operation, as "s" and "len".
	// For a class whose operations hold dots the longest name that fits is
	// tried first.
	Transformation(class, op string) (*module.Transformation, error)
	// Binder is handed to the Bind functions of variables.
	Binder() module.Binder
}
