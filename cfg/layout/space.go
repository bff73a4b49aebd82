// SPDX-License-Identifier: Apache-2.0

package layout

import "github.com/kahea-sip/kahea/cfg/preproc"

// spacing tells what follows a sign.
type spacing uint8

const (
	asWritten spacing = iota // a space where there was one
	spaced                   // always one
	tight                    // none
)

// space writes the space between the last token and one that stands on the same line.
func (w *writer) space(p *preproc.Piece) {
	before, behind := w.spacing(p)
	w.behind = behind
	switch {
	case before == spaced, before == asWritten && p.Space != "":
		if w.out.Len() > 0 {
			w.out.WriteByte(' ')
		}
	}
}

// spacing tells what stands before a token, and what will stand behind it.
func (w *writer) spacing(p *preproc.Piece) (before, behind spacing) {
	last := w.last
	if last == nil {
		return tight, asWritten
	}
	behind = w.signSpacing(p)
	before = asWritten
	top := w.block() == nil
	op := p.Token.Kind == preproc.Op
	afterOp := last.Token.Kind == preproc.Op
	switch {
	case afterOp && (last.Text == "(" || last.Text == "["):
		return tight, behind
	case op && (p.Text == ")" || p.Text == "]" || p.Text == "," || p.Text == ";"):
		return tight, behind
	case afterOp && (last.Text == "," || last.Text == ";"), op && p.Text == "{", afterOp && (last.Text == "{" || last.Text == "}"):
		return spaced, behind
	case afterOp && last.Text == "!" && op && p.Text == "!":
		return spaced, behind // two of them would read as a preprocessor line
	case top && w.route && !isBracket(p) && !isBracket(last):
		return asWritten, behind // the name of an event
	case w.behind == tight:
		return tight, behind
	case w.behind == spaced:
		return spaced, behind
	case top && !w.route:
		return w.spacingTop(p, last), behind
	case p.Space == "" && (afterOp && isJoint(last.Text) || op && isJoint(p.Text) && !w.label):
		return tight, behind // @cfg_get.mod.or is no operation
	case op && w.label && len(w.parens) == 0 && p.Text == ":":
		return tight, spaced
	case op && isSpaced(p.Text), isKeyword(p.Text) && p.Token.Kind == preproc.Ident:
		return spaced, behind
	case op && (p.Text == "-" || p.Text == "*" || p.Text == "/") && behind == spaced:
		return spaced, behind
	case op && p.Text == "(":
		return w.beforeParenthesis(last), behind
	case op && p.Text == "[" && (last.Token.Kind == preproc.Ident || last.Text == "]"):
		return tight, behind
	case last.Token.Kind == preproc.Ident && isKeyword(last.Text):
		return spaced, behind
	case last.Token.Kind == preproc.String && p.Token.Kind == preproc.String:
		return spaced, behind
	case w.state.begin && !top:
		return spaced, behind
	}
	return before, behind
}

func isBracket(p *preproc.Piece) bool {
	return p.Token.Kind == preproc.Op && (p.Text == "[" || p.Text == "]" || p.Text == "{")
}

// isJoint tells that a sign joins the parts of a name.
func isJoint(op string) bool { return op == "." || op == ":" }

// spacingTop is that of settings: as the author likes it, but for the list of modparam.
func (w *writer) spacingTop(p, last *preproc.Piece) spacing {
	if p.Text == "(" && p.Token.Kind == preproc.Op && (last.Text == "modparam" || last.Text == "modparamx") {
		return tight
	}
	if last.Token.Kind == preproc.String && p.Token.Kind == preproc.String {
		return spaced
	}
	return asWritten
}

// beforeParenthesis is none behind the name of a function, one behind a word of the language.
func (w *writer) beforeParenthesis(last *preproc.Piece) spacing {
	if last.Token.Kind != preproc.Ident {
		return asWritten
	}
	switch last.Text {
	case "return", "exit", "drop", "defined":
		return asWritten
	}
	if isKeyword(last.Text) {
		return spaced
	}
	return tight
}

// signSpacing tells what follows a sign on its line.
func (w *writer) signSpacing(p *preproc.Piece) spacing {
	if p.Token.Kind != preproc.Op || w.block() == nil {
		return asWritten
	}
	switch p.Text {
	case "!", "~", "@":
		return tight
	case "-", "*", "/":
		switch {
		case w.last == nil:
		case isOperand(w.last) && !w.afterCast(), w.last.Token.Kind == preproc.Number && (p.Text != "-" || !w.nameFollows):
			return spaced
		case p.Text == "-" && w.startsOperand():
			return tight
		case p.Text == "/" && w.last.Text == "case":
			return tight
		}
		return asWritten
	}
	if isSpaced(p.Text) {
		return spaced
	}
	return asWritten
}

// startsOperand tells that what comes next begins an operand: a - there is a sign of its own.
func (w *writer) startsOperand() bool {
	last := w.last
	if last.Token.Kind == preproc.Ident {
		return isKeyword(last.Text)
	}
	return last.Token.Kind == preproc.Op && (isBinary(last) || last.Text == "(" || last.Text == "," || last.Text == "!" || last.Text == "~")
}

// afterCast tells that the ) before is that of (int) or (str).
func (w *writer) afterCast() bool {
	if w.last.Text != ")" {
		return false
	}
	i := w.lastAt
	return i >= 2 && w.pieces[i-2].Text == "(" && (w.pieces[i-1].Text == "int" || w.pieces[i-1].Text == "str")
}
