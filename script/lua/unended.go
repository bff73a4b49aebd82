// SPDX-License-Identifier: Apache-2.0

package lua

import (
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// closers are the words and signs that begin a block, and what ends it.
var closers = map[string]string{"function": "end", "if": "end", "do": "end", "repeat": "until", "(": ")", "{": "}", "[": "]"}

// block is one that has begun.
type block struct {
	begin string
	line  int
}

// endError says of a script that ends too early which block has no end: the
// innermost one that is open, which is most often where it is missing.
func endError(name, text string) error {
	last := 1 + strings.Count(strings.TrimRight(text, "\n"), "\n")
	e := &source.Error{Pos: source.Pos{Filename: name, Line: last, Column: 1}, Message: "the script ends within a statement"}
	if open := openBlocks(text); len(open) > 0 {
		b := open[len(open)-1]
		e.Message = fmt.Sprintf("the script ends, and %q of line %d has no %q", b.begin, b.line, closers[b.begin])
	}
	return e
}

// openBlocks are the blocks that are open at the end of a text, the outermost first.
func openBlocks(text string) (open []block) {
	for i := 0; i < len(text); {
		n := 1
		switch c := text[i]; {
		case strings.HasPrefix(text[i:], "--"):
			n = skipComment(text[i:])
		case c == '"' || c == '\'':
			n = quotedLength(text[i:])
		case c == '[' && longBracket(text[i:]) >= 0:
			n = longLength(text[i:])
		default:
			word := leadingWord(text[i:])
			if n = max(len(word), 1); word == "" {
				word = text[i : i+1]
			}
			if _, begins := closers[word]; begins {
				open = append(open, block{word, 1 + strings.Count(text[:i], "\n")})
			} else if k := len(open); k > 0 && closers[open[k-1].begin] == word {
				open = open[:k-1]
			}
		}
		i += n
	}
	return open
}
