// SPDX-License-Identifier: Apache-2.0

package layout

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

// writer writes the pieces of one text.
type writer struct {
	pieces []preproc.Piece
	out    strings.Builder
	state
	conditions []condition
	// last is the token before, nil at the start; behind tells how the sign before was spaced.
	last   *preproc.Piece
	lastAt int
	behind spacing
	// nameFollows tells that the token behind this one may go on with a name: a word or a number.
	nameFollows bool
	// ending are the defines of this file whose value ends in a comment.
	ending map[string]bool
	// labels are the colons that end a label of a switch, by their place in pieces.
	labels map[int]bool
	// forced tells that the piece before is a line comment or a preprocessor line: a new line must begin.
	forced bool
}

// condition is an open #!ifdef.
type condition struct {
	pos   source.Pos
	start state  // before it
	first *state // behind its first branch, once #!else was seen
}

// run writes all pieces.
func (w *writer) run() *source.Error {
	w.state.begin = true
	w.ending, w.labels = endInComment(w.pieces), map[int]bool{}
	for i := range w.pieces {
		p := &w.pieces[i]
		var bad *source.Error
		switch p.Kind {
		case preproc.DirectivePiece:
			bad = w.directive(i)
		case preproc.LineComment, preproc.BlockComment:
			bad = w.comment(i)
		default:
			bad = w.token(i)
		}
		if bad != nil {
			return bad
		}
	}
	if len(w.conditions) > 0 {
		return &source.Error{Pos: w.conditions[len(w.conditions)-1].pos, Message: "condition is not closed", Advice: "add #!endif where it ends"}
	}
	if b := w.block(); b != nil {
		return &source.Error{Pos: b.open, Message: "{ is not closed", Advice: "the end of the file was reached in search of its }"}
	}
	if len(w.pieces) > 0 {
		w.out.WriteByte('\n')
	}
	return nil
}

// endInComment finds the defines whose value has a comment in it: where the name stands the rest of the line is none of the language.
func endInComment(pieces []preproc.Piece) map[string]bool {
	out := map[string]bool{}
	for i := range pieces {
		p := &pieces[i]
		if p.Kind != preproc.DirectivePiece || !strings.Contains(p.Word, "def") || !strings.ContainsAny(p.Text[2:], "#/") {
			continue
		}
		text := strings.TrimLeft(p.Text[2+len(p.Word):], " \t")
		end := strings.IndexAny(text, " \t")
		if end < 0 {
			continue
		}
		value, _, _ := preproc.Pieces("", text[end:])
		for j := range value {
			if k := value[j].Kind; k != preproc.TokenPiece && k != preproc.BlockComment {
				out[text[:end]] = true
			}
		}
	}
	return out
}

// next gives the token behind piece i; comments and preprocessor lines do not count.
func (w *writer) next(i int) *preproc.Piece {
	for i++; i < len(w.pieces); i++ {
		if w.pieces[i].Kind == preproc.TokenPiece {
			return &w.pieces[i]
		}
	}
	return nil
}

// line begins a line; an empty one before it stays.
func (w *writer) line(p *preproc.Piece, level int) {
	if w.out.Len() > 0 {
		w.out.WriteByte('\n')
		opened := w.last != nil && w.last.Text == "{" && !w.forced && p.Kind == preproc.TokenPiece
		if strings.Count(p.Space, "\n") > 1 && !opened && !(p.Kind == preproc.TokenPiece && p.Text == "}") {
			w.out.WriteByte('\n')
		}
	}
	for range level {
		w.out.WriteByte('\t')
	}
	w.forced = false
}

// directive writes a preprocessor line and keeps, or takes, the state of a condition.
func (w *writer) directive(i int) *source.Error {
	p := &w.pieces[i]
	w.line(p, 0)
	w.out.WriteString(trimLine(p))
	w.forced = true
	switch p.Word {
	case "ifdef", "ifndef", "ifexp":
		w.conditions = append(w.conditions, condition{pos: p.Pos, start: w.state.clone()})
	case "else", "endif":
		if len(w.conditions) == 0 {
			return &source.Error{Pos: p.Pos, Message: "#!" + p.Word + " without a condition"}
		}
		c := &w.conditions[len(w.conditions)-1]
		if p.Word == "else" {
			if c.first == nil {
				end := w.state.clone()
				c.first = &end
			}
			w.state = c.start.clone()
			return nil
		}
		if c.first != nil {
			w.state = *c.first
		}
		w.conditions = w.conditions[:len(w.conditions)-1]
	}
	return nil
}

// comment writes a comment: behind what stands on its line, or on a line of its own.
func (w *writer) comment(i int) *source.Error {
	p := &w.pieces[i]
	if bad := w.hidden(p); bad != nil {
		return bad
	}
	text := trimLine(p)
	switch {
	case w.out.Len() == 0 || hasNewline(p.Space):
		w.line(p, w.commentLevel(i))
	case p.Kind == preproc.LineComment:
		// The column of comments behind statements is the author's.
		w.out.WriteString(spaceOr(p.Space, " "))
	case p.Space != "":
		w.out.WriteByte(' ')
	}
	w.out.WriteString(text)
	w.forced = p.Kind == preproc.LineComment
	return nil
}

func spaceOr(space, other string) string {
	if space = strings.Trim(space, "\r\n\f\v\x00\u00a0\\"); space != "" {
		return space
	}
	return other
}

// commentLevel is the indentation of a comment on a line of its own: that of what follows, but before a } that of the block.
func (w *writer) commentLevel(i int) int {
	next := w.next(i)
	if !w.state.begin {
		return w.continuation(nil)
	}
	b := w.block()
	if b != nil && next != nil && (next.Text == "case" || next.Text == "default") && b.labels {
		return b.level
	}
	return w.statementLevel()
}

// hidden refuses preprocessor lines within strings and comments that stand in a condition: where the condition does not hold they
// count, and what follows is another text than it seems.
func (w *writer) hidden(p *preproc.Piece) *source.Error {
	if len(w.conditions) == 0 || !strings.Contains(p.Text, "\n") {
		return nil
	}
	for _, line := range strings.Split(p.Text, "\n")[1:] {
		line = strings.TrimLeft(line, " \t")
		for _, word := range []string{"if", "else", "endif"} {
			if strings.HasPrefix(line, "#!"+word) || strings.HasPrefix(line, "!!"+word) {
				return &source.Error{Pos: p.Pos, Message: "a preprocessor line within a string or a comment of a conditional part cannot be laid out safely",
					Advice: "where the condition does not hold it counts; close the string or comment before it"}
			}
		}
	}
	return nil
}

// continuation is the indentation of a line that goes on with a statement.
func (w *writer) continuation(p *preproc.Piece) int {
	level := w.state.level
	if p != nil && len(w.state.parens) == 1 && (p.Text == ")" || p.Text == "]") && p.Token.Kind == preproc.Op {
		return level
	}
	if w.header != noHeader {
		return level + 2
	}
	return level + 1
}

// token writes a token.
func (w *writer) token(i int) *source.Error {
	p := &w.pieces[i]
	if bad := w.hidden(p); bad != nil {
		return bad
	}
	if w.last != nil && w.ending[w.last.Text] && w.lastAt == i-1 && !hasNewline(p.Space) {
		return &source.Error{Pos: p.Pos, Message: "the value of " + w.last.Text + " ends in a comment, which takes the rest of this line with it",
			Advice: "take the comment out of the define"}
	}
	next := w.next(i)
	w.nameFollows = next != nil && inName(next) && next.Token.Kind != preproc.Op
	if w.block() == nil {
		w.placeTop(p)
	} else {
		w.place(p)
	}
	w.out.WriteString(p.Text)
	w.forced = w.ending[p.Text]
	inLabel := w.label
	bad := w.take(p, next)
	if inLabel && !w.label {
		w.labels[i] = true
	}
	w.last, w.lastAt = p, i
	return bad
}

// place puts what stands before a token within a block: a line end, a space or nothing.
func (w *writer) place(p *preproc.Piece) {
	broken := hasNewline(p.Space) || w.forced
	if !w.state.begin {
		// A { and a ; stand behind what they belong to, and no line begins with a comma.
		join := p.Token.Kind == preproc.Op && (p.Text == ";" || p.Text == "," || p.Text == "{" && w.header != noHeader)
		if w.forced || broken && !join {
			w.line(p, w.continuation(p))
			w.behind = w.signSpacing(p)
			return
		}
		w.space(p)
		return
	}
	b := w.block()
	level := w.statementLevel()
	isSign := p.Token.Kind == preproc.Op
	switch {
	case isSign && p.Text == "{" && (len(b.waiting) > 0) && !w.forced:
		// Behind its if, else or while.
		if len(b.waiting) > 0 {
			w.state.level = b.waiting[len(b.waiting)-1].level
		}
		w.space(p)
		return
	case isSign && p.Text == "{" && len(b.waiting) > 0:
		level = b.waiting[len(b.waiting)-1].level
	case isSign && p.Text == ";" && w.last != nil && w.last.Text != "{" && !w.forced:
		w.space(p)
		return
	case isSign && p.Text == "}":
		level = b.level - 1
	case p.Text == "else" && w.last != nil:
		level = elseLevel(b, level)
		if !w.forced && (w.last.Text == "}" || !broken) {
			w.state.level = level
			w.space(p)
			return
		}
	case p.Text == "if" && w.last != nil && w.last.Text == "else" && !w.forced, len(b.waiting) > 0 && !broken:
		w.space(p) // on the line of what governs it
		return
	case (p.Text == "case" || p.Text == "default") && b.labels:
		level = b.level
	}
	w.state.level = level
	w.line(p, level)
	w.behind = w.signSpacing(p)
}

// elseLevel is the indentation of the if that an else belongs to.
func elseLevel(b *block, level int) int {
	for i := len(b.done) - 1; i >= 0; i-- {
		if b.done[i].isIf {
			return b.done[i].level
		}
	}
	return level
}

// placeTop puts what stands before a token at the top of the file, where lines stay as they are.
func (w *writer) placeTop(p *preproc.Piece) {
	w.state.level = 0
	if w.out.Len() == 0 {
		return
	}
	sign := p.Token.Kind == preproc.Op
	closed := w.closed()
	switch {
	case w.forced:
	case sign && (p.Text == ";" || p.Text == "{"):
		w.space(p)
		return
	case !hasNewline(p.Space) && !closed:
		w.space(p)
		return
	}
	level := 0
	if !closed && w.goesOn(p) {
		level = 1
	}
	w.line(p, level)
	w.behind = w.signSpacing(p)
}

// closed tells that a block ends before the next token at the top of the file.
func (w *writer) closed() bool {
	i := w.lastAt
	if w.last == nil || w.last.Token.Kind != preproc.Op {
		return false
	}
	return w.last.Text == "}" || w.last.Text == ";" && i > 0 && w.pieces[i-1].Text == "}"
}

// goesOn tells that a line at the top of the file belongs to the one before it.
func (w *writer) goesOn(p *preproc.Piece) bool {
	switch {
	case w.last == nil || p.Text == ")" && p.Token.Kind == preproc.Op && len(w.state.parens) == 1:
		return false
	case len(w.state.parens) > 0, p.Token.Kind == preproc.String, p.Token.Kind == preproc.Op && p.Text != "[" && p.Text != "{":
		return true
	}
	return w.last.Token.Kind == preproc.Op && (w.last.Text == "," || w.last.Text == "=")
}
