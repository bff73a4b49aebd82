// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// reserved are words that the language reads before it looks for defines: a define of that name has no effect.
var reserved = map[string]bool{
	"if": true, "else": true, "while": true, "switch": true, "case": true, "default": true, "break": true,
	"return": true, "exit": true, "drop": true, "route": true, "request_route": true, "reply_route": true,
	"onreply_route": true, "failure_route": true, "branch_route": true, "onsend_route": true, "event_route": true,
	"loadmodule": true, "loadmodulex": true, "modparam": true, "modparamx": true, "and": true, "or": true, "not": true,
}

// directiveNames are the words that do something after #! and !!, but for those that include files.
var directiveNames = []string{
	"def", "define", "defenv", "defenvs", "defexp", "defexps", "else", "endif", "ifdef", "ifexp", "ifndef", "redef", "redefine",
	"subst", "substdef", "substdefs", "trydef", "trydefenv", "trydefenvs", "trydefine",
}

// directive is one preprocessor line: its word, its place, and where its text begins.
type directive struct {
	word string
	span source.Span
	off  int // offset of the #!
}

// perform does what a directive asks for, the scanner standing behind its word; false where the word is none.
func (p *processor) perform(s *scanner, d directive) bool {
	switch d.word {
	case "define", "def":
		p.define(s, d, plainDefine)
	case "trydefine", "trydef":
		p.define(s, d, tryDefine)
	case "redefine", "redef":
		p.define(s, d, reDefine)
	case "defexp", "defexps":
		p.defineExpression(s, d, d.word == "defexps")
	case "defenv", "defenvs":
		p.defineEnv(s, d, d.word == "defenvs", false)
	case "trydefenv", "trydefenvs":
		p.defineEnv(s, d, d.word == "trydefenvs", true)
	case "subst":
		p.subst(s, d, onlySubst)
	case "substdef":
		p.subst(s, d, substDefine)
	case "substdefs":
		p.subst(s, d, substDefineString)
	default:
		return p.condition(s, d)
	}
	return true
}

// condition handles the directives that open, turn or close a condition; they count also in text that is passed over.
func (p *processor) condition(s *scanner, d directive) bool {
	switch d.word {
	case "ifdef", "ifndef":
		p.ifdef(s, d, d.word == "ifdef")
	case "ifexp":
		p.ifexp(s, d)
	case "else":
		p.otherwise(d)
	case "endif":
		p.endif(d)
	default:
		return false
	}
	return true
}

// dialects are the words of the first line; they change nothing, all dialects are one today.
var dialects = map[string]bool{"KAMAILIO": true, "SER": true, "OPENSER": true, "MAXCOMPAT": true, "ALL": true, "OPENSIPS": true}

// skip passes over space, comments and directives, and over text whose condition does not hold. It stands on a token when it
// gives true, and at the end of the text when it gives false.
func (p *processor) skip(s *scanner) bool {
	for s.off < len(s.text) && !p.stopped {
		depth := len(p.stack)
		if !p.active() {
			p.skipInactive(s)
			continue
		}
		c := s.text[s.off]
		if n := spaceLength(s.text[s.off:]); n > 0 {
			s.move(s.off + n)
			continue
		}
		rest := s.text[s.off:]
		switch {
		case c == '#':
			if s.def != nil || !p.directive(s) {
				p.lineComment(s) // in the value of a define a directive is one too
			}
		case c == '!' && strings.HasPrefix(rest, "!!"):
			if !p.directive(s) {
				return true
			}
		case strings.HasPrefix(rest, "//"):
			p.lineComment(s)
		case strings.HasPrefix(rest, "/*"):
			p.blockComment(s)
		default:
			return true
		}
		if len(p.stack) != depth {
			return true // a directive has opened a file, which is read first
		}
	}
	return false
}

// lineComment passes over the rest of the line. One in the value of a define takes the rest of the line on which the define is used
// with it, as in the reference, where the value is read as if it stood there.
func (p *processor) lineComment(s *scanner) {
	s.off = s.endOfLine()
	for i := len(p.stack) - 1; i > 0 && s.def != nil && s.off == len(s.text); i-- {
		outer := p.stack[i-1]
		end := outer.endOfLine()
		if rest := strings.TrimSpace(outer.text[outer.off:end]); rest != "" && outer.def == nil {
			p.errs.Warn(&source.Error{Pos: s.pos, End: s.pos.After(s.origin.Name),
				Message: "the value of " + s.def.Name + " ends in a comment, which takes the rest of the line with it: " + rest, Advice: definedAt(s.def)})
		}
		outer.off = end
		s = outer
	}
}

// blockComment passes over /* … */; such comments may stand in each other.
func (p *processor) blockComment(s *scanner) {
	depth := 1
	for off := s.off + 2; off+1 < len(s.text); off++ {
		switch s.text[off : off+2] {
		case "/*":
			depth++
			off++
		case "*/":
			off++
			if depth--; depth == 0 {
				s.move(off + 1)
				return
			}
		}
	}
	p.errs.Warn(&source.Error{Pos: s.here(), End: s.here().After("/*"), Message: "comment is not closed",
		Advice: "add */ where it ends; each /* within it needs one of its own"})
	s.move(len(s.text))
}

// directive handles #!word or !!word at the next byte. It gives false where there is none: then it is a comment, or two signs.
func (p *processor) directive(s *scanner) bool {
	if !strings.HasPrefix(s.text[s.off+1:], "!") {
		return false
	}
	end := s.word(s.off + 2)
	d := directive{word: s.text[s.off+2 : end], off: s.off}
	d.span = source.Span{Pos: s.here(), Fin: s.at(end)}
	if kind, ok := includeWords[d.word]; ok {
		s.off = end
		t := Token{Kind: Ident, Text: d.word, Pos: d.span.Pos}
		p.include(s, kind, &t)
		return true
	}
	if !p.counts(d, s.text[end:]) {
		return false
	}
	s.off = end
	if !p.perform(s, d) {
		s.off = d.off
		p.unknownDirective(s, d)
		return false
	}
	return true
}

// unknownDirective warns of #!word that looks like a directive written wrongly; any other is a comment.
func (p *processor) unknownDirective(s *scanner, d directive) {
	if s.text[d.off] != '#' || d.word == "" || dialects[d.word] {
		return
	}
	if n := source.Nearest(d.word, directiveNames); n != "" {
		p.errs.Warn(&source.Error{Pos: d.span.Pos, End: d.span.Fin, Message: "#!" + d.word + " is no directive, the line is a comment",
			Advice: "did you mean #!" + n})
	}
}

// counts tells whether a condition's directive is one: #!else and #!endif only when nothing follows them on their line, #!ifdef
// and its kin only when a name does.
func (p *processor) counts(d directive, rest string) bool {
	switch d.word {
	case "else", "endif":
		if !bareLine(rest) {
			p.passedOver(d)
			return false
		}
	case "ifdef", "ifndef", "ifexp":
		return rest != "" && (rest[0] == ' ' || rest[0] == '\t') && !bareLine(rest)
	}
	return true
}

// passedOver notes an #!else or #!endif that does not count because something follows it.
func (p *processor) passedOver(d directive) {
	p.lost = true
	p.errs.Warn(&source.Error{Pos: d.span.Pos, End: d.span.Fin, Message: "#!" + d.word + " with text behind it on its line is only a comment",
		Advice: "put the text on a line of its own"})
}

// bareLine tells that nothing but space stands before the end of the line.
func bareLine(rest string) bool {
	for i := 0; i < len(rest); i++ {
		switch rest[i] {
		case '\n':
			return true
		case ' ', '\t', '\r':
		default:
			return false
		}
	}
	return true
}

// active tells whether the text here is read: all conditions around it hold.
func (p *processor) active() bool {
	n := len(p.conditions)
	return n == 0 || p.conditions[n-1].active && p.conditions[n-1].outer
}

// skipInactive passes over text whose condition does not hold, up to the next directive that may end it. Comments and strings mean
// nothing in such text; a directive counts wherever it stands.
func (p *processor) skipInactive(s *scanner) {
	for k := s.off; k+1 < len(s.text); {
		i := strings.IndexByte(s.text[k+1:], '!')
		if i < 0 {
			break
		}
		k += 1 + i
		if c := s.text[k-1]; c == '#' || c == '!' {
			s.move(k - 1)
			if p.inactiveDirective(s) {
				return
			}
		}
	}
	s.move(len(s.text))
}

// inactiveDirective handles a condition's directive within text that is passed over.
func (p *processor) inactiveDirective(s *scanner) bool {
	end := s.word(s.off + 2)
	d := directive{word: s.text[s.off+2 : end], off: s.off, span: source.Span{Pos: s.here(), Fin: s.at(end)}}
	if !p.counts(d, s.text[end:]) {
		return false
	}
	s.off = end
	if !p.condition(s, d) {
		s.off = d.off
		return false
	}
	return true
}

// argument gives the text of a directive up to the end of its line, with lines that end in a backslash joined, and moves behind it.
func (s *scanner) argument() string {
	start := s.off
	for {
		end := s.endOfLine()
		line := strings.TrimSuffix(s.text[s.off:end], "\r")
		if !strings.HasSuffix(line, "\\") || end == len(s.text) {
			text := s.text[start:end]
			s.off = end
			return strings.TrimSpace(joinLines(text))
		}
		s.move(end + 1)
	}
}

// joinLines takes out backslashes at the ends of lines with the line ends behind them.
func joinLines(text string) string {
	if !strings.Contains(text, "\n") {
		return text
	}
	text = strings.ReplaceAll(text, "\\\r\n", "")
	return strings.ReplaceAll(text, "\\\n", "")
}
