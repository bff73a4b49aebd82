// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"io"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

// The token types of the grammar: those of the preprocessor, and one for the spelling that a token has in the file when
// it came from a define or was substituted. Tokens of that type stand before the token that they are about and are elided.
const (
	tokIdent  = lexer.TokenType(preproc.Ident)
	tokNumber = lexer.TokenType(preproc.Number)
	tokWord   = lexer.TokenType(preproc.Word)
	tokString = lexer.TokenType(preproc.String)
	tokPV     = lexer.TokenType(preproc.PV)
	tokAttr   = lexer.TokenType(preproc.Attr)
	tokIPv4   = lexer.TokenType(preproc.IPv4)
	tokIPv6   = lexer.TokenType(preproc.IPv6)
	tokOp     = lexer.TokenType(preproc.Op)
	tokBad    = lexer.TokenType(preproc.Bad)
	tokOrigin = tokBad + 1
	tokJoined = tokBad + 2 // likewise, of a token that touches the one before
)

// language is the lexer that participle is given: it runs the preprocessor.
type language struct{}

var _ lexer.Definition = language{}

// Symbols names the token types for the grammar.
func (language) Symbols() map[string]lexer.TokenType {
	return map[string]lexer.TokenType{
		"EOF": lexer.EOF, "Ident": tokIdent, "Number": tokNumber, "Word": tokWord, "String": tokString, "PV": tokPV,
		"Attr": tokAttr, "IPv4": tokIPv4, "IPv6": tokIPv6, "Op": tokOp, "Bad": tokBad,
		"Origin": tokOrigin, "Joined": tokJoined,
	}
}

// Lex preprocesses a text that includes no other.
func (language) Lex(filename string, r io.Reader) (lexer.Lexer, error) {
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	res := preproc.Process(filename, preproc.Options{Reader: source.Memory{filename: string(text)}})
	if err := res.Errors.Err(); err != nil {
		return nil, err
	}
	return &stream{tokens: res.Tokens}, nil
}

// stream hands preprocessed tokens to participle.
type stream struct {
	tokens []preproc.Token
	next   int
	origin bool // the origin of the next token has been handed over
}

// Next gives the next token.
func (s *stream) Next() (lexer.Token, error) {
	t := &s.tokens[s.next]
	if t.Kind == preproc.EOF {
		return lexer.EOFToken(lexer.Position(t.Pos)), nil
	}
	if t.Source != "" && !s.origin {
		s.origin = true
		kind := tokOrigin
		if t.Joined {
			kind = tokJoined
		}
		return lexer.Token{Type: kind, Value: t.Source, Pos: lexer.Position(t.Pos)}, nil
	}
	s.origin = false
	s.next++
	return lexer.Token{Type: lexer.TokenType(t.Kind), Value: t.Text, Pos: lexer.Position(t.Pos)}, nil
}

// cursor is what the parsing functions read from; participle hands the same one to its own productions.
type cursor = lexer.PeekingLexer

// startOf gives the place of a token.
func startOf(t *lexer.Token) source.Pos { return source.Pos(t.Pos) }

// endOfPrevious gives the place behind the token that was taken last.
func endOfPrevious(lex *cursor) source.Pos {
	raw := lex.RawCursor()
	if raw == 0 {
		return startOf(lex.Peek())
	}
	from := max(raw-2, 0)
	toks := lex.Range(from, raw)
	last := toks[len(toks)-1]
	if len(toks) == 2 && isOrigin(&toks[0]) {
		return source.Pos(last.Pos).After(toks[0].Value)
	}
	return source.Pos(last.Pos).After(last.Value)
}

// spanFrom gives the span from a place to the end of the token taken last.
func spanFrom(start source.Pos, lex *cursor) source.Span {
	return source.Span{Pos: start, Fin: endOfPrevious(lex)}
}

// endOf gives the place behind the next token.
func endOf(lex *cursor) source.Pos {
	t := lex.Peek()
	if o := lex.RawPeek(); isOrigin(o) {
		return source.Pos(t.Pos).After(o.Value)
	}
	return source.Pos(t.Pos).After(t.Value)
}

func isOp(t *lexer.Token, op string) bool  { return t.Type == tokOp && t.Value == op }
func isWord(t *lexer.Token, w string) bool { return t.Type == tokIdent && t.Value == w }
func isOrigin(t *lexer.Token) bool         { return t.Type == tokOrigin || t.Type == tokJoined }

// take takes the next token when it is that sign.
func take(lex *cursor, op string) bool {
	if isOp(lex.Peek(), op) {
		lex.Next()
		return true
	}
	return false
}

// touches tells that the next token follows the one taken last without space.
func touches(lex *cursor) bool {
	switch o := lex.RawPeek(); o.Type {
	case tokJoined:
		return true
	case tokOrigin, lexer.EOF:
		return false
	}
	return endOfPrevious(lex) == startOf(lex.Peek())
}

// nextDefine gives the name of the define that the next token came from, "" for one that was written in place.
func nextDefine(lex *cursor) string { return defineOf(lex.RawPeek()) }

// lastDefine gives that of the token taken last.
func lastDefine(lex *cursor) string {
	raw := lex.RawCursor()
	if raw < 2 {
		return ""
	}
	return defineOf(&lex.Range(raw-2, raw)[0])
}

// defineOf gives the name of a define from a token's origin; a substituted string has its old spelling there.
func defineOf(t *lexer.Token) string {
	if !isOrigin(t) || t.Value[0] == '"' || t.Value[0] == '\'' || t.Value[0] == '$' {
		return ""
	}
	return t.Value
}
