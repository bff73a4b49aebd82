// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// PieceKind tells what a Piece is.
type PieceKind uint8

// The kinds of pieces.
const (
	// TokenPiece is a token of the language; Piece.Token has it.
	TokenPiece PieceKind = iota
	// LineComment runs to the end of its line, which it does not hold.
	LineComment
	// BlockComment is /* … */, over as many lines as it takes.
	BlockComment
	// DirectivePiece is a line of the preprocessor with the lines that continue it, without the last line end.
	DirectivePiece
)

// Piece is a stretch of a text as it was written: no define is replaced, no condition resolved, nothing included.
type Piece struct {
	Kind PieceKind
	// Token has kind EOF for all pieces but tokens.
	Token Token
	// Text is the piece as written.
	Text string
	Pos  source.Pos
	// Space is what stands between the piece before and this one.
	Space string
	// Word is the directive's word: ifdef, else, define …
	Word string
}

// Pieces splits a text into all that it is made of. The pieces with their spaces, and the space that is given as rest, are the whole
// text. The error is about the first place that cannot be read.
func Pieces(name, text string) (pieces []Piece, rest string, err *source.Error) {
	s := newScanner(name, text)
	report := func(e *source.Error) {
		if err == nil {
			err = e
		}
	}
	for {
		from := s.off
		for s.off < len(s.text) && spaceLength(s.text[s.off:]) > 0 {
			s.move(s.off + spaceLength(s.text[s.off:]))
		}
		space := s.text[from:s.off]
		if s.off == len(s.text) {
			return pieces, space, err
		}
		p := s.piece(report)
		if err != nil {
			return pieces, "", err
		}
		p.Space = space
		pieces = append(pieces, p)
	}
}

// piece reads one piece, which starts at the next byte.
func (s *scanner) piece(report func(*source.Error)) Piece {
	p := Piece{Pos: s.here()}
	start, rest := s.off, s.text[s.off:]
	switch {
	case strings.HasPrefix(rest, "#!") || strings.HasPrefix(rest, "!!"):
		end := s.word(start + 2)
		if d := (directive{word: s.text[start+2 : end]}); isDirective(d, s.text[end:]) {
			p.Kind, p.Word = DirectivePiece, d.word
			s.directiveEnd(d.word, end, report)
			break
		}
		if rest[0] == '!' {
			p.Token = s.token(report)
			break
		}
		p.Kind = LineComment
		s.off = s.endOfLine()
	case rest[0] == '#' || strings.HasPrefix(rest, "//"):
		p.Kind = LineComment
		s.off = s.endOfLine()
	case strings.HasPrefix(rest, "/*"):
		p.Kind = BlockComment
		end := commentEnd(s.text, start)
		if end < 0 {
			report(&source.Error{Pos: p.Pos, End: p.Pos.After("/*"), Message: "comment is not closed", Advice: "add */ where it ends"})
			end = len(s.text)
		}
		s.move(end)
	default:
		p.Token = s.token(report)
	}
	p.Text = s.text[start:s.off]
	if p.Kind == LineComment || p.Kind == DirectivePiece {
		p.Text = strings.TrimSuffix(p.Text, "\r")
	}
	return p
}

// isDirective tells whether a word behind #! does something. Includes count: they stand on a line of their own like the others.
func isDirective(d directive, rest string) bool {
	if _, ok := includeWords[d.word]; ok {
		return true
	}
	if !slices.Contains(directiveNames, d.word) {
		return false
	}
	switch d.word {
	case "else", "endif":
		return bareLine(rest)
	case "ifdef", "ifndef", "ifexp":
		return rest != "" && (rest[0] == ' ' || rest[0] == '\t') && !bareLine(rest)
	}
	return true
}

// directiveEnd moves to the end of a directive: behind its string where it takes one, else to the end of its line, or of the last line
// that continues it.
func (s *scanner) directiveEnd(word string, off int, report func(*source.Error)) {
	s.off = off
	if _, include := includeWords[word]; include || strings.HasPrefix(word, "subst") {
		for off < len(s.text) && spaceLength(s.text[off:]) > 0 {
			off += spaceLength(s.text[off:])
		}
		if off < len(s.text) && (s.text[off] == '"' || s.text[off] == '\'') {
			s.move(off)
			_, end := s.quoted(off, s.text[off], report)
			s.move(end)
			return
		}
	}
	for {
		end := s.endOfLine()
		line := strings.TrimSuffix(s.text[s.off:end], "\r")
		if !strings.HasSuffix(line, "\\") || end == len(s.text) {
			s.off = end
			return
		}
		s.move(end + 1)
	}
}

// commentEnd gives the offset behind the block comment that begins at start, -1 where it is not closed.
func commentEnd(text string, start int) int {
	depth := 1
	for off := start + 2; off+1 < len(text); off++ {
		switch text[off : off+2] {
		case "/*":
			depth++
			off++
		case "*/":
			off++
			if depth--; depth == 0 {
				return off + 1
			}
		}
	}
	return -1
}
