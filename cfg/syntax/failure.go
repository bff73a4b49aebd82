// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"errors"
	"fmt"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/kahea-sip/kahea/cfg/source"
)

// fail makes a failure about the next token.
func fail(lex *cursor, advice, format string, args ...any) *source.Error {
	return &source.Error{Pos: startOf(lex.Peek()), End: endOf(lex), Message: fmt.Sprintf(format, args...), Advice: advice}
}

// expected is the failure "what was found, what was expected".
func expected(lex *cursor, what string) *source.Error {
	return fail(lex, "", "%s found, %s expected", describe(lex.Peek()), what)
}

// missing is the failure that something must follow what was taken last; it points behind that.
func missing(lex *cursor, sign, after string) *source.Error {
	p := endOfPrevious(lex)
	f := &source.Error{Pos: p, End: p, Message: fmt.Sprintf("%s expected after %s", sign, after)}
	if n := lex.Peek(); n.Type != lexer.EOF {
		f.Advice = describe(n) + " follows"
		if source.Pos(n.Pos).Line != p.Line {
			f.Advice += fmt.Sprintf(" on line %d", n.Pos.Line)
		}
	}
	return f
}

// describe names a token for messages.
func describe(t *lexer.Token) string {
	switch t.Type {
	case lexer.EOF:
		return "end of file"
	case tokString:
		text := t.Value
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			text = text[:i] + "…"
		}
		return "string " + shorten(text)
	case tokNumber:
		return "number " + t.Value
	case tokPV:
		return "variable " + shorten(t.Value)
	case tokIPv4, tokIPv6:
		return "address " + t.Value
	case tokBad:
		return "unreadable text"
	}
	return `"` + shorten(t.Value) + `"`
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// asFailure gives an error of participle or of a parsing function as failure.
func asFailure(err error, lex *cursor) *source.Error {
	var f *source.Error
	if errors.As(err, &f) {
		return f
	}
	var perr participle.Error
	if !errors.As(err, &perr) {
		return fail(lex, "", "%s", err)
	}
	var unexpected *participle.UnexpectedTokenError
	if !errors.As(err, &unexpected) {
		return &source.Error{Pos: source.Pos(perr.Position()), Message: perr.Message()}
	}
	t := unexpected.Unexpected
	f = &source.Error{Pos: source.Pos(t.Pos)}
	f.Message = describe(&t) + " is not expected here"
	if _, what, ok := strings.Cut(unexpected.Message(), "(expected "); ok {
		f.Message = describe(&t) + " found, " + inWords(strings.TrimSuffix(what, ")")) + " expected"
		if wantsString := strings.HasSuffix(f.Message, "a string in quotes expected"); wantsString && (t.Type == tokIdent || t.Type == tokNumber) {
			f.Advice = `write it in quotes: "` + t.Value + `"`
		}
	}
	return f
}

// grammarWords are the operator's words for the names of productions and tokens.
var grammarWords = map[string]string{
	"Expr": "an expression", "String": "a string in quotes", "Stmt": "a statement", "Block": "{", "Ident": "a word",
	"Number": "a number", "FlagDecl": "the name of a flag", "<ident>": "a word", "<number>": "a number", "<string>": "a string in quotes",
	"Case": "case or default",
}

// inWords puts the first part of a piece of grammar into the operator's words.
func inWords(ebnf string) string {
	ebnf = strings.TrimLeft(ebnf, "(@ ")
	if strings.HasPrefix(ebnf, `"`) {
		if i := strings.Index(ebnf[1:], `"`); i >= 0 {
			if sign := ebnf[1 : 1+i]; sign != "," {
				return sign
			}
			return "a comma"
		}
	}
	first := strings.TrimRight(strings.Fields(ebnf + " ?")[0], "*+?)!")
	if w, ok := grammarWords[first]; ok {
		return w
	}
	return first
}
