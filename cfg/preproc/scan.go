// SPDX-License-Identifier: Apache-2.0

package preproc

import (
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// scanner reads tokens from one text: a file, or the value of a define (then def is set and every token has the place pos).
type scanner struct {
	// swallowing is the first string over lines whose end a word touches: likely it ends where another was to begin.
	swallowing *source.Error
	text       string
	off        int
	line       int
	start      int // offset of the first byte of the line
	name       string
	def        *Define
	origin     *Define // the define whose name stands in the file, where def stands in the value of another
	pos        source.Pos
	dir        string // folder of the file, for includes
	last       int    // offset behind the last token
	joined     bool   // the name of the define touches what stands before it
}

func newScanner(name, text string) *scanner {
	text = strings.TrimPrefix(text, "\ufeff")
	return &scanner{text: text, line: 1, name: name}
}

// here gives the place of the next byte.
func (s *scanner) here() source.Pos {
	if s.def != nil {
		return s.pos
	}
	return source.Pos{Filename: s.name, Offset: s.off, Line: s.line, Column: s.off - s.start + 1}
}

// at gives the place of an offset on the line that is being read.
func (s *scanner) at(off int) source.Pos {
	if s.def != nil {
		return s.pos
	}
	return source.Pos{Filename: s.name, Offset: off, Line: s.line, Column: off - s.start + 1}
}

// move goes forward to an offset and counts lines on the way.
func (s *scanner) move(to int) {
	for {
		i := strings.IndexByte(s.text[s.off:to], '\n')
		if i < 0 {
			break
		}
		s.off += i + 1
		s.line++
		s.start = s.off
	}
	s.off = to
}

// endOfLine gives the offset of the next newline, or of the end.
func (s *scanner) endOfLine() int {
	if i := strings.IndexByte(s.text[s.off:], '\n'); i >= 0 {
		return s.off + i
	}
	return len(s.text)
}

func isLetter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }
func isWord(c byte) bool   { return isLetter(c) || isDigit(c) }

// word gives the offset behind the word that starts at off.
func (s *scanner) word(off int) int {
	for off < len(s.text) && isWord(s.text[off]) {
		off++
	}
	return off
}

// token reads one token, which starts at the next byte; the caller has passed over space and comments. A mistake is given to report.
func (s *scanner) token(report func(*source.Error)) Token {
	t := Token{Pos: s.here()}
	start := s.off
	t.Joined = start == s.last && start > 0 || start == 0 && s.joined
	end := start
	c := s.text[start]
	switch {
	case isLetter(c) || isDigit(c) || c == ':':
		t.Kind, end = s.wordLike(start)
	case c == '"' || c == '\'':
		t.Kind, end = s.quoted(start, c, report)
	case c == '$':
		t.Kind, end = s.variable(start, report)
	case c == '%' && start+1 < len(s.text) && isLetter(s.text[start+1]):
		t.Kind, end = Attr, s.word(start+1)
		for end+1 < len(s.text) && s.text[end] == '.' && isLetter(s.text[end+1]) {
			end = s.word(end + 1)
		}
	case c >= 0x80 || c < ' ' || c == 0x7f:
		t.Kind, end = s.foreign(start, report)
	default:
		t.Kind, end = Op, start+operatorLength(s.text[start:])
	}
	t.Text = s.text[start:end]
	s.move(end)
	s.last = end
	if s.def != nil {
		t.Define, t.Source = s.def, s.origin.Name
	}
	return t
}

// operators of two bytes, of which the longest match is taken.
const twoByteOperators = "==!=<=>==~!~&&||<<>>"

func operatorLength(s string) int {
	if len(s) >= 2 {
		for i := 0; i+1 < len(twoByteOperators); i += 2 {
			if s[:2] == twoByteOperators[i:i+2] {
				return 2
			}
		}
	}
	return 1
}

// wordLike reads a word, number or address.
func (s *scanner) wordLike(start int) (Kind, int) {
	if isHex(s.text[start]) || s.text[start] == ':' {
		if end, ok := s.ipv6(start); ok {
			return IPv6, end
		}
	}
	if s.text[start] == ':' {
		return Op, start + 1
	}
	if isLetter(s.text[start]) {
		return Ident, s.word(start)
	}
	if end, ok := s.ipv4(start); ok {
		return IPv4, end
	}
	end := s.word(start)
	if isNumber(s.text[start:end]) {
		return Number, end
	}
	return Word, end
}

// isNumber tells whether a word is 10, 0x1f, 017 or 101b.
func isNumber(w string) bool {
	all := func(s string, ok func(byte) bool) bool {
		for i := 0; i < len(s); i++ {
			if !ok(s[i]) {
				return false
			}
		}
		return s != ""
	}
	switch {
	case strings.HasPrefix(w, "0x"):
		return all(w[2:], isHex)
	case strings.HasSuffix(w, "b"):
		return all(w[:len(w)-1], func(c byte) bool { return c == '0' || c == '1' })
	case w[0] == '0':
		return all(w, func(c byte) bool { return c >= '0' && c <= '7' })
	}
	return all(w, isDigit)
}

func (s *scanner) ipv4(start int) (int, bool) {
	off, dots := start, 0
	for off < len(s.text) {
		if !isDigit(s.text[off]) {
			return 0, false
		}
		for off < len(s.text) && isDigit(s.text[off]) {
			off++
		}
		if dots == 3 {
			break
		}
		if off >= len(s.text) || s.text[off] != '.' {
			return 0, false
		}
		dots++
		off++
	}
	if dots != 3 || off < len(s.text) && (isWord(s.text[off]) || s.text[off] == '.' || s.text[off] == '-') {
		return 0, false
	}
	return off, true
}

func (s *scanner) ipv6(start int) (int, bool) {
	off, colons := start, 0
	for off < len(s.text) && off-start < 46 && (isHex(s.text[off]) || s.text[off] == ':' || s.text[off] == '.' && colons > 1) {
		if s.text[off] == ':' {
			colons++
		}
		off++
	}
	if colons < 2 || off < len(s.text) && isWord(s.text[off]) {
		return 0, false
	}
	if _, err := netip.ParseAddr(s.text[start:off]); err != nil {
		return 0, false
	}
	return off, true
}

// quoted reads a string. In double quotes a backslash takes the next byte with it; in single quotes nothing has a meaning but the
// closing quote. Both may run over lines.
func (s *scanner) quoted(start int, quote byte, report func(*source.Error)) (Kind, int) {
	for off := start + 1; off < len(s.text); off++ {
		switch s.text[off] {
		case quote:
			if s.swallowing == nil && off+1 < len(s.text) && isWordByte(s.text[off+1]) && strings.Contains(s.text[start:off], "\n") {
				s.swallowing = &source.Error{Pos: s.here(), End: s.here().After(s.text[start:s.endOfLine()])}
			}
			return String, off + 1
		case '\\':
			if quote == '"' {
				off++
			}
		}
	}
	e := s.swallowing
	if e == nil {
		e = &source.Error{Pos: s.here(), End: s.here().After(s.text[start:s.endOfLine()])}
	}
	e.Message, e.Advice = "string is not closed", "add a "+string(quote)+" where it ends"
	report(e)
	return Bad, len(s.text)
}

// variable reads $name, $name(…) or $(…). Inside, only parentheses are counted.
func (s *scanner) variable(start int, report func(*source.Error)) (Kind, int) {
	off := s.word(start + 1)
	if off == start+1 && off < len(s.text) && (s.text[off] == '?' || s.text[off] == '$') {
		return PV, off + 1
	}
	if off < len(s.text) && s.text[off] == '(' {
		depth := 0
		for i := off; i < len(s.text) && s.text[i] != '\n'; i++ {
			switch s.text[i] {
			case '(':
				depth++
			case ')':
				if depth--; depth == 0 {
					return PV, i + 1
				}
			}
		}
		report(&source.Error{Pos: s.here(), End: s.at(s.endOfLine()),
			Message: "variable is not closed before the end of the line", Advice: "count its parentheses"})
		return Bad, s.endOfLine()
	}
	if off == start+1 {
		report(&source.Error{Pos: s.here(), Message: "a $ without a variable's name"})
		return Bad, off
	}
	return PV, off
}

// curly are the quotes that word processors and web pages put in the place of straight ones, with the straight one.
var curly = map[rune]string{
	'“': `"`, '”': `"`, '„': `"`, '‟': `"`, '″': `"`, '«': `"`, '»': `"`,
	'‘': "'", '’': "'", '‚': "'", '‛': "'", '′': "'",
}

// startsCurly moves to the next word, and tells whether it begins with a typographic quote.
func (s *scanner) startsCurly() bool {
	off := s.off
	for off < len(s.text) && (s.text[off] == ' ' || s.text[off] == '\t') {
		off++
	}
	if _, ok := curly[firstRune(s.text[off:])]; !ok {
		return false
	}
	s.off = off
	return true
}

// foreign reads what is no part of the language, and says what it likely was.
func (s *scanner) foreign(start int, report func(*source.Error)) (Kind, int) {
	rest := s.text[start:]
	r, size := decodeRune(rest)
	e := &source.Error{Pos: s.here(), End: s.at(start + size)}
	straight, isQuote := curly[r]
	switch {
	case isQuote:
		e.Message = "typographic quote " + string(r) + " where a straight " + straight + " belongs"
		e.Advice = "the text was likely copied from a web page or a word processor: replace its quotes by " + straight
		report(e)
		// What is quoted so is taken as a string, so that the rest of the line is not misread.
		line := rest[:s.endOfLine()-start]
		for i, q := range line {
			if i == 0 {
				continue
			}
			if other, ok := curly[q]; (ok && other == straight) || string(q) == straight {
				_, n := decodeRune(line[i:])
				return Bad, start + i + n
			}
		}
		return Bad, start + size
	case r == '–' || r == '—':
		e.Message = "typographic dash " + string(r) + " where a - or -- belongs"
	case size == 1:
		e.Message = "byte " + hexByte(rest[0]) + " is no part of the language"
	default:
		e.Message = "character " + string(r) + " is no part of the language outside strings and comments"
	}
	report(e)
	end := start + size
	for end < len(s.text) && s.text[end] >= 0x80 {
		if _, ok := curly[firstRune(s.text[end:])]; ok {
			break
		}
		_, n := decodeRune(s.text[end:])
		end += n
	}
	return Bad, end
}

func isWordByte(b byte) bool {
	return b == '_' || b >= '0' && b <= '9' || b|0x20 >= 'a' && b|0x20 <= 'z'
}
