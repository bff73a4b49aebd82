// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/preproc"
)

// isKeyword tells that a word has a meaning of its own in statements and expressions, so that it is no part of a name.
func isKeyword(w string) bool {
	switch w {
	case "if", "else", "while", "switch", "case", "default", "return", "exit", "drop", "break":
		return true
	}
	return isWordOperator(w) || w == "not" || w == "defined"
}

// isWordOperator tells that a word stands between two operands.
func isWordOperator(w string) bool {
	switch w {
	case "and", "or", "eq", "ne", "ieq", "ine", "mod":
		return true
	}
	return false
}

// statementWord tells that a word can only begin a statement.
func statementWord(w string) bool {
	switch w {
	case "if", "else", "while", "switch", "return", "exit", "drop", "break", "case", "default", "{":
		return true
	}
	return false
}

// isSpaced tells that a sign stands between two operands and never within a name.
func isSpaced(op string) bool {
	switch op {
	case "=", "==", "!=", "=~", "!~", "<", ">", "<=", ">=", "&&", "||", "+", "|", "&", "^", "<<", ">>":
		return true
	}
	return false
}

// isBinary tells that a token joins two operands.
func isBinary(p *preproc.Piece) bool {
	switch p.Token.Kind {
	case preproc.Op:
		return isSpaced(p.Text) || p.Text == "-" || p.Text == "*" || p.Text == "/"
	case preproc.Ident:
		return isWordOperator(p.Text)
	}
	return false
}

// isRouteWord tells that a word begins a route block.
func isRouteWord(w string) bool {
	switch w {
	case "route", "request_route", "reply_route", "onreply_route", "failure_route", "branch_route", "onsend_route", "event_route":
		return true
	}
	return false
}

func isOperand(p *preproc.Piece) bool {
	switch p.Token.Kind {
	case preproc.PV, preproc.String, preproc.Attr:
		return true
	}
	return p.Text == ")"
}

func hasNewline(space string) bool { return strings.Contains(space, "\n") }
