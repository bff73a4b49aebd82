// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/kahea-sip/kahea/cfg/source"
)

// braceMessage is the mistake after which nothing of the file can be told from something else.
const braceMessage = "{ is not closed"

// unclosedBrace finds the brace that lacks its partner among those opened since from. The lines are indented by people: where a }
// stands further left than the line of the { that it would close, that { is the one.
func unclosedBrace(lex *cursor, from lexer.RawCursor) error {
	toks := lex.Range(from, lex.RawCursor())
	type opened struct {
		at     *lexer.Token
		indent int
	}
	var open []opened
	indent, line := 0, -1
	for i := range toks {
		t := &toks[i]
		first := t.Pos.Line != line
		if first {
			line, indent = t.Pos.Line, t.Pos.Column
		}
		switch {
		case isOp(t, "{"):
			open = append(open, opened{t, indent})
		case isOp(t, "}") && len(open) > 0:
			last := open[len(open)-1]
			if first && len(open) > 1 && indent < last.indent {
				return braceError(last.at, lex)
			}
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 {
		return braceError(&toks[0], lex)
	}
	return braceError(open[len(open)-1].at, lex)
}

func braceError(t *lexer.Token, lex *cursor) error {
	e := &source.Error{Pos: startOf(t), End: startOf(t).After("{"), Message: braceMessage, Advice: "the end of the file was reached in search of its }"}
	if n := lex.Peek(); n.Type != lexer.EOF {
		e.Advice = n.Value + " begins at " + startOf(n).String() + " before its } was found"
		if n.Value == "route" && startOf(n).Column > 1 {
			e.Advice += "; who wants to run a route writes route(NAME)"
		}
	}
	return e
}
