// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"slices"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

// The writer goes through the pieces once. What it knows of the structure is in a state that can be copied: at #!ifdef it is kept,
// at #!else it is taken again, and behind #!endif it is that of the first branch. So each branch is laid out as if it stood there
// alone, and braces that are opened in one condition may be closed in another.

// governor is an if, else or while that waits for the statement which it governs.
type governor struct {
	level int // indentation of its line
	isIf  bool
}

// block is an open brace.
type block struct {
	level   int  // indentation of the statements inside
	labels  bool // of a switch: labels stand at level, statements one step in
	labeled bool // a label has been seen
	// waiting are the governors of the statement that is written, outermost first; done those of the last statement, of which an
	// else may want one.
	waiting, done []governor
	open          source.Pos
}

// header tells how the condition of an if, while or switch goes on.
type header uint8

const (
	noHeader   header = iota
	newHeader         // its word was the last token
	inParens          // it began with a parenthesis, and ends with that
	openHeader        // it ends where its block begins
)

// state is what is known of the structure at one place.
type state struct {
	blocks   []block
	level    int  // indentation of the line of the statement
	begin    bool // the next token begins a statement
	header   header
	isSwitch bool // the header is that of a switch
	label    bool // within case …:
	include  bool // include_file was the last token
	parens   []source.Pos
	route    bool // at the top: behind the word of a route
}

func (s *state) clone() state {
	c := *s
	c.parens = slices.Clone(s.parens)
	c.blocks = slices.Clone(s.blocks)
	for i := range c.blocks {
		c.blocks[i].waiting = slices.Clone(c.blocks[i].waiting)
		c.blocks[i].done = slices.Clone(c.blocks[i].done)
	}
	return c
}

// block gives the innermost open block, nil at the top of the file.
func (s *state) block() *block {
	if len(s.blocks) == 0 {
		return nil
	}
	return &s.blocks[len(s.blocks)-1]
}

// statementLevel is the indentation of a statement that begins a line.
func (s *state) statementLevel() int {
	b := s.block()
	switch {
	case b == nil:
		return 0
	case len(b.waiting) > 0:
		return b.waiting[len(b.waiting)-1].level + 1
	case b.labels && b.labeled:
		return b.level + 1
	}
	return b.level
}

// take notes a token; next is the one that follows, nil at the end. The error is about brackets that do not fit.
func (s *state) take(t, next *preproc.Piece) *source.Error {
	b := s.block()
	if b == nil {
		return s.takeTop(t)
	}
	text := t.Text
	if t.Token.Kind == preproc.String || t.Token.Kind == preproc.PV {
		text = ""
	}
	began := s.begin
	s.begin = false
	switch text {
	case "(", "[":
		if text == "(" && s.header == newHeader {
			s.header = inParens
		}
		s.parens = append(s.parens, t.Pos)
		return nil
	case ")", "]":
		if len(s.parens) == 0 {
			return &source.Error{Pos: t.Pos, Message: "one " + text + " too many"}
		}
		s.parens = s.parens[:len(s.parens)-1]
		s.endHeader(t, next)
		return nil
	case "{", "}", ";":
		if len(s.parens) > 0 {
			return &source.Error{Pos: s.parens[len(s.parens)-1], Message: "bracket is not closed before the " + text + " at " + t.Pos.String()}
		}
	}
	switch {
	case text == "{":
		if s.header == newHeader || !began && s.header == noHeader && !s.isSwitch && len(b.waiting) == 0 {
			return &source.Error{Pos: t.Pos, Message: "{ in the middle of a statement"}
		}
		s.blocks = append(s.blocks, block{level: s.level + 1, labels: s.isSwitch, open: t.Pos})
		s.header, s.isSwitch, s.begin = noHeader, false, true
	case text == "}":
		if !began {
			return &source.Error{Pos: t.Pos, Message: "} in the middle of a statement", Advice: "a ; ends a statement"}
		}
		s.blocks = s.blocks[:len(s.blocks)-1]
		s.endStatement()
	case text == ";":
		if began && len(b.waiting) == 0 {
			s.begin = true // an empty statement; an else behind }; has no if
			b.done = nil
			return nil
		}
		s.endStatement()
	case s.label:
		if text == ":" {
			s.label, s.begin, b.labeled = false, true, true
		}
	case began:
		s.beginStatement(b, text)
	case s.include:
		s.endStatement()
	case s.header == newHeader:
		s.header = openHeader
		s.endHeader(t, next)
	case s.header != noHeader:
		s.endHeader(t, next)
	}
	return nil
}

// beginStatement notes the first token of a statement.
func (s *state) beginStatement(b *block, text string) {
	switch text {
	case "if", "while":
		b.waiting = append(b.waiting, governor{s.level, text == "if"})
		s.header = newHeader
	case "switch":
		s.header, s.isSwitch = newHeader, true
	case "else":
		level := s.level
		keep := b.waiting
		for i := len(b.done) - 1; i >= 0; i-- {
			if b.done[i].isIf {
				level, keep = b.done[i].level, b.done[:i:i]
				break
			}
		}
		b.waiting, b.done = append(slices.Clone(keep), governor{level, false}), nil
		s.level, s.begin = level, true
	case "case", "default":
		s.label = true
	case "include_file", "import_file", "include_files", "import_files":
		s.include = true
	}
}

// endHeader ends a condition where its parenthesis closes and nothing goes on behind it, or, where it has none, before a word that
// can only begin a statement, or at the end of its line.
func (s *state) endHeader(t, next *preproc.Piece) {
	if s.header == noHeader || len(s.parens) > 0 || next == nil || s.isSwitch {
		return
	}
	goesOn := isBinary(next) || isBinary(t) || next.Text == "." || next.Text == "["
	switch {
	case goesOn:
		if s.header == inParens {
			s.header = openHeader
		}
	case s.header == inParens || statementWord(next.Text) || hasNewline(next.Space) && t.Token.Kind != preproc.Op:
		s.header, s.begin = noHeader, true
	}
}

// endStatement notes that a statement is complete.
func (s *state) endStatement() {
	s.header, s.isSwitch, s.label, s.include, s.begin = noHeader, false, false, false, true
	if b := s.block(); b != nil {
		b.done, b.waiting = b.waiting, nil
	}
}

// takeTop notes a token at the top of the file.
func (s *state) takeTop(t *preproc.Piece) *source.Error {
	switch {
	case t.Token.Kind == preproc.String:
	case t.Text == "(" || t.Text == "[":
		s.parens = append(s.parens, t.Pos)
	case t.Text == ")" || t.Text == "]":
		if len(s.parens) == 0 {
			return &source.Error{Pos: t.Pos, Message: "one " + t.Text + " too many"}
		}
		s.parens = s.parens[:len(s.parens)-1]
	case t.Text == "{":
		s.blocks = append(s.blocks, block{level: 1, open: t.Pos})
		s.begin, s.level, s.route = true, 0, false
	case t.Text == "}":
		return &source.Error{Pos: t.Pos, Message: "} without {",
			Advice: "there is one } too many before it, or it is, or its { stands in a #!define, where a layout cannot follow it"}
	case t.Token.Kind == preproc.Ident && len(s.parens) == 0:
		s.route = isRouteWord(t.Text)
	}
	return nil
}
