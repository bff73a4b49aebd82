// SPDX-License-Identifier: Apache-2.0

// Package source holds the texts of a configuration, the places in them, and errors that show those places.
package source

import "strconv"

// Pos is a place in the original text of a file: where the operator wrote it, whatever the preprocessor did to it afterwards.
// A token that came out of a define has the place where the define is used.
//
// Its fields are those of the position type of the participle lexer, so that one converts to the other without a copy loop.
type Pos struct {
	// Filename is the name under which the text was read, as errors print it.
	Filename string
	// Offset is the distance in bytes from the start of the file, from 0.
	Offset int
	// Line counts from 1; 0 means that the place is not known.
	Line int
	// Column counts bytes from 1.
	Column int
}

// IsValid tells whether the place is known.
func (p Pos) IsValid() bool { return p.Line > 0 }

// String gives file:line:col, file alone where the line is not known, or "-" where nothing is.
func (p Pos) String() string {
	if !p.IsValid() {
		if p.Filename == "" {
			return "-"
		}
		return p.Filename
	}
	name := p.Filename
	if name == "" {
		name = "-"
	}
	return name + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Column)
}

// Before orders places within one file; places of different files are ordered by file name.
func (p Pos) Before(q Pos) bool {
	if p.Filename != q.Filename {
		return p.Filename < q.Filename
	}
	if p.Line != q.Line {
		return p.Line < q.Line
	}
	return p.Column < q.Column
}

// After gives the place behind text that starts at p.
func (p Pos) After(text string) Pos {
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			p.Line++
			p.Column = 1
		} else {
			p.Column++
		}
	}
	p.Offset += len(text)
	return p
}

// Span is the stretch of text of a node: from Pos up to, not including, Fin.
type Span struct {
	Pos Pos
	Fin Pos
}

// Start gives the place of the first byte.
func (s Span) Start() Pos { return s.Pos }

// End gives the place behind the last byte.
func (s Span) End() Pos { return s.Fin }

// SetEnd notes where the node ends; the parser calls it when the last token is known.
func (s *Span) SetEnd(p Pos) { s.Fin = p }
