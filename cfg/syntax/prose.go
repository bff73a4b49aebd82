// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// Pages and mails lose the signs of comments: then prose stands where
// statements do. All lines of it together are one mistake.

// prose tells of lines of prose around a mistake, once; false where the line of
// the mistake is none. What the preprocessor has said of the signs in them is
// forgotten.
func (p *fileParser) prose(e *source.Error) bool {
	files, name := p.res.Errors.Files, e.Pos.Filename
	is := func(n int) bool {
		line, ok := files.Line(name, n)
		return ok && isProse(line)
	}
	blank := func(n int) bool {
		line, ok := files.Line(name, n)
		return ok && strings.TrimSpace(line) == ""
	}
	for _, told := range p.told {
		if told.Pos.Filename == name && told.Pos.Line <= e.Pos.Line && e.Pos.Line < told.Fin.Line {
			return true
		}
	}
	if !is(e.Pos.Line) {
		return false
	}
	first, last := e.Pos.Line, e.Pos.Line
	for n := first - 1; is(n) || blank(n); n-- {
		if is(n) {
			first = n
		}
	}
	for n := last + 1; is(n) || blank(n); n++ {
		if is(n) {
			last = n
		}
	}
	line, _ := files.Line(name, first)
	at := source.Pos{Filename: name, Line: first, Column: 1 + len(line) - len(strings.TrimLeft(line, " \t"))}
	told := &source.Error{Pos: at, End: at.After(strings.TrimSpace(line)), Message: "the line is text, no configuration", Advice: "if it is a comment, begin it with #"}
	if last > first {
		told.Message = fmt.Sprintf("lines %d to %d are text, no configuration", first, last)
		told.Advice = "if they are a comment, begin each with #, or put /* before and */ behind them"
	}
	span := source.Span{Pos: at, Fin: source.Pos{Filename: name, Line: last + 1, Column: 1}}
	p.res.Errors.Forget(span)
	p.res.Errors.Add(told)
	p.told = append(p.told, span)
	return true
}

// strayProse looks for prose where the preprocessor has found signs that are no
// part of the language.
func (p *fileParser) strayProse() {
	for _, e := range p.res.Errors.Errors() {
		if e.Rule == source.Preprocessing {
			p.prose(e)
		}
	}
}

// isProse tells a line of words from configuration: it begins with two words, or
// with one and a colon, or words are most of it, and it has none of the signs
// that end lines of a configuration.
func isProse(line string) bool {
	line = strings.TrimSpace(line)
	if line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//") || strings.HasPrefix(line, "!!") || strings.ContainsAny(line[len(line)-1:], ";{}") {
		return false
	}
	words := strings.Fields(line)
	first := strings.TrimRight(words[0], ":,.-")
	switch {
	case strings.HasPrefix(first, "include_file") || strings.HasPrefix(first, "import_file"):
		return false // read before anything is parsed, and no word of the grammar
	case topWords[first] || statementWords[first] || isRouteWord(first), !isWordy(first), len(words) > 1 && strings.HasPrefix(words[1], "="):
		return false
	}
	if len(words) > 1 && strings.HasSuffix(words[0], ":") {
		return true
	}
	count := 0
	for i, w := range words {
		if isWordy(strings.Trim(w, "()[]:,.-–!?‘’“”'\"/")) {
			count++
		}
		if i == 1 && count == 2 {
			return true
		}
	}
	return count >= 2 && count*2 > len(words)
}

// isWordy tells that letters, and signs that words have, are all there is.
func isWordy(w string) bool {
	for i := 0; i < len(w); i++ {
		if c := w[i]; !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= 0x80 || i > 0 && (c == '-' || c == '_' || c == '/' || c == '.' || c >= '0' && c <= '9')) {
			return false
		}
	}
	return w != ""
}
