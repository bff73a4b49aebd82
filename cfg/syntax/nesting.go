// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"fmt"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

// maxNesting is how deep statements may stand in each other, a chain of else if counting one for each link. The parser goes down
// once for each, and its stack is not endless.
const maxNesting = 2000

// nesting finds the place where statements stand too deep in each other, nil where all is well. It counts words and braces before
// the text is parsed: keywords that wait for their statement, else behind else, and braces.
func nesting(tokens []preproc.Token) *source.Error {
	type level struct{ waiting, links int }
	levels := []level{{}}
	total := 0
	begins := true
	for i := range tokens {
		t := &tokens[i]
		top := &levels[len(levels)-1]
		word := ""
		if t.Kind == preproc.Ident {
			word = t.Text
		}
		if begins && word != "else" {
			total -= top.waiting + top.links
			*top = level{}
		}
		begins = false
		switch {
		case word == "if" || word == "while" || word == "switch":
			top.waiting++
			total++
		case word == "else":
			top.links++
			total++
		case t.Kind != preproc.Op:
		case t.Text == "{":
			levels = append(levels, level{})
			total++
			begins = true
		case t.Text == "}":
			if len(levels) > 1 {
				total -= 1 + top.waiting + top.links
				levels = levels[:len(levels)-1]
			}
			begins = true
		case t.Text == ";":
			begins = true
		}
		if total > maxNesting {
			return &source.Error{Pos: t.Pos, End: t.End(), Message: fmt.Sprintf("statements stand more than %d deep in each other", maxNesting)}
		}
	}
	return nil
}
