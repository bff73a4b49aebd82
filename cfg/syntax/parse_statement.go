// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/kahea-sip/kahea/cfg/source"
)

var _ participle.Parseable = (*Block)(nil)

// parseStmt parses a statement; it is the production Stmt of the grammar.
func parseStmt(lex *cursor) (Stmt, error) {
	t := lex.Peek()
	start := startOf(t)
	g := grammar()
	switch t.Type {
	case tokOp:
		switch t.Value {
		case "{":
			b := &Block{}
			return b, b.Parse(lex)
		case ";":
			lex.Next()
			return &Empty{spanFrom(start, lex)}, nil
		}
	case tokPV, tokAttr:
		return parseAssign(lex)
	case tokBad:
		return nil, silent(lex)
	case tokIdent:
		switch t.Value {
		case "if":
			return asStmt(parse(g.ifs, lex))
		case "while":
			return asStmt(parse(g.while, lex))
		case "switch":
			s := &Switch{}
			return s, s.Parse(lex)
		case "return":
			return ended(lex, t.Value)(asStmt(parse(g.ret, lex)))
		case "exit":
			return ended(lex, t.Value)(asStmt(parse(g.exit, lex)))
		case "drop":
			return ended(lex, t.Value)(asStmt(parse(g.drop, lex)))
		case "break":
			lex.Next()
			return ended(lex, t.Value)(&Break{spanFrom(start, lex)}, nil)
		case "else":
			return nil, fail(lex, "an else follows its if: write if (…) { … } else { … }", "else without if")
		case "case", "default":
			return nil, fail(lex, "write switch (…) { case …: … break; default: … }", "%s outside of a switch", t.Value)
		}
		x, err := parseCommand(lex)
		if err != nil {
			return nil, err
		}
		name := x.(*Call).Name.Name
		return ended(lex, name+"()")(&Do{Span: spanFrom(start, lex), X: x}, nil)
	}
	return nil, expected(lex, "a statement")
}

// asStmt widens the result of a production.
func asStmt[P any, S interface {
	*P
	Stmt
}](v S, err error) (Stmt, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

// ended takes the semicolon behind a statement.
func ended(lex *cursor, what string) func(Stmt, error) (Stmt, error) {
	return func(s Stmt, err error) (Stmt, error) {
		switch {
		case err != nil:
			return nil, err
		case take(lex, ";"):
			s.(ender).SetEnd(endOfPrevious(lex))
			return s, nil
		}
		if t := lex.Peek(); t.Type == tokOp && startOf(t).Line == endOfPrevious(lex).Line && t.Value != "}" {
			if isOp(t, ")") {
				return nil, fail(lex, "", "one ) too many")
			}
			return nil, fail(lex, "a ; ends a statement", "%s after %s", describe(t), what)
		}
		return nil, missing(lex, ";", what)
	}
}

// parseAssign parses left = right ;.
func parseAssign(lex *cursor) (Stmt, error) {
	t := lex.Next()
	start := startOf(t)
	var left Expr = &PV{Span: spanFrom(start, lex), Raw: t.Value}
	if t.Type == tokAttr {
		left = &Attr{Span: left.(*PV).Span, Raw: t.Value}
	}
	op := lex.Peek()
	if err := notWrapped(lex, left); err != nil {
		return nil, err
	}
	if !isOp(op, "=") {
		f := expected(lex, "=")
		f.Message = describe(op) + " found, = expected after " + t.Value
		switch {
		case isOp(op, "=="):
			f.Advice = "== compares; = assigns"
		case isOp(op, "+") || isOp(op, "-"):
			f.Advice = "write " + t.Value + " = " + t.Value + " " + op.Value + " …"
		case isOp(op, "."):
			f.Advice = "attributes of SER have no value any more: write $avp(s:NAME) = …"
		}
		return nil, f
	}
	lex.Next()
	right, err := parseExpr(lex)
	if err != nil {
		return nil, err
	}
	a := &Assign{Span: spanFrom(start, lex), Left: left, Op: OpAssign, OpPos: startOf(op), Right: right}
	return ended(lex, "the value of "+t.Value)(a, nil)
}

// notWrapped is the failure of $name{…} and $name[…], nil where neither follows. It takes what stands in the brackets.
func notWrapped(lex *cursor, x Expr) error {
	t := lex.Peek()
	shut := map[string]string{"{": "}", "[": "]"}[t.Value]
	if t.Type != tokOp || shut == "" || !touches(lex) {
		return nil
	}
	c := lex.MakeCheckpoint()
	start := x.Start()
	for !lex.Peek().EOF() && startOf(lex.Peek()).Line == start.Line {
		if isOp(lex.Next(), shut) && !touches(lex) {
			pv := Text(x)
			what := map[string]string{"{": "a transformation", "[": "an index"}[t.Value]
			return &source.Error{Pos: start, End: endOfPrevious(lex), Message: what + " needs parentheses around the variable and itself",
				Advice: "write $(" + strings.TrimPrefix(pv, "$") + t.Value + "…" + shut + ")"}
		}
	}
	lex.LoadCheckpoint(c)
	return nil
}

// Parse takes statements in braces. A mistake in one of them is noted, and the next one is looked for.
func (b *Block) Parse(lex *cursor) error {
	t := lex.Peek()
	if !isOp(t, "{") {
		return participle.NextMatch
	}
	start := startOf(t)
	from := lex.RawCursor()
	lex.Next()
	b.Stmts = parseStatements(lex, &b.problems, false)
	if !take(lex, "}") {
		return unclosedBrace(lex, from)
	}
	b.Span = spanFrom(start, lex)
	if len(b.Stmts) == 0 && len(b.problems) == 0 {
		b.problems = append(b.problems, &source.Error{Pos: start, End: b.Fin, Message: "block is empty", Advice: "write { ; } where nothing is to be done"})
	}
	return nil
}

// parseStatements parses up to a closing brace, the end, or the begin of another route; in a switch also up to the next label.
func parseStatements(lex *cursor, problems *[]*source.Error, inSwitch bool) []Stmt {
	var out []Stmt
	for {
		t := lex.Peek()
		switch {
		case t.Type == lexer.EOF, isOp(t, "}"), startsRoute(lex):
			return out
		case inSwitch && (isWord(t, "case") || isWord(t, "default")):
			return out
		}
		before := lex.Cursor()
		var s Stmt
		var err error
		if isOp(t, "{") {
			err = fail(lex, "a block follows if, else or while; here write its statements alone", "block without a condition")
		} else {
			s, err = parseStmt(lex)
		}
		if err == nil {
			out = append(out, s)
			continue
		}
		f := asFailure(err, lex)
		*problems = append(*problems, f)
		if f.Message == braceMessage {
			return out
		}
		out = append(out, resume(lex, before, f, problems)...)
	}
}

// resume goes on behind a mistake: behind the next semicolon, or before a closing brace, a label or a route. A block on the way is
// part of the result, so that what stands in it is still looked at.
func resume(lex *cursor, before int, f *source.Error, problems *[]*source.Error) (blocks []Stmt) {
	if lex.Cursor() > before && !lex.Peek().EOF() && startOf(lex.Peek()).Line > f.Pos.Line && isSemicolonMissing(f) {
		return nil // the next line is likely in order
	}
	if skipProse(lex, before, f) {
		return nil
	}
	for {
		t := lex.Peek()
		switch {
		case t.EOF(), isOp(t, "}"), startsRoute(lex):
			return blocks
		case isOp(t, ";") && startOf(t) == f.Pos && closesOnLine(lex):
			lex.Next() // it stands where a comma belongs
			continue
		case isOp(t, ";"):
			lex.Next()
		case isOp(t, "{"):
			b := &Block{}
			err := b.Parse(lex)
			blocks = append(blocks, b)
			if err != nil {
				*problems = append(*problems, asFailure(err, lex))
				return blocks
			}
			take(lex, ";")
		case isWord(t, "case"), isWord(t, "default"):
			if lex.Cursor() > before {
				return blocks
			}
			lex.Next()
			continue
		default:
			lex.Next()
			continue
		}
		if !isWord(lex.Peek(), "else") {
			return blocks
		}
		lex.Next() // the rest of an if that went wrong
	}
}

// skipProse passes over the rest of a line that begins with two words, none of which begins a statement.
func skipProse(lex *cursor, before int, f *source.Error) bool {
	t := lex.Peek()
	if !strings.HasSuffix(f.Message, " begins no statement") || t.EOF() || startOf(t).Line != f.Pos.Line {
		return false
	}
	if lex.Cursor() == before {
		lex.Next()
	}
	if t = lex.Peek(); t.Type != tokIdent || startOf(t).Line != f.Pos.Line {
		return false
	}
	for t = lex.Peek(); !t.EOF() && startOf(t).Line == f.Pos.Line && !isOp(t, "{") && !isOp(t, "}"); t = lex.Peek() {
		if lex.Next(); isOp(t, ";") && lex.Peek().Type == tokIdent && startsCall(lex) {
			break // a statement follows
		}
	}
	return true
}

// closesOnLine tells that a ) and a ; follow the next token on its line, in this order, the ) being of a ( before it.
func closesOnLine(lex *cursor) bool {
	c := lex.MakeCheckpoint()
	defer lex.LoadCheckpoint(c)
	line := startOf(lex.Next()).Line
	depth := 0
	for t := lex.Peek(); !t.EOF() && startOf(t).Line == line && !isOp(t, ";"); t = lex.Peek() {
		switch t = lex.Next(); {
		case isOp(t, "("):
			depth++
		case isOp(t, ")"):
			if depth--; depth < 0 && isOp(lex.Peek(), ";") {
				return true
			}
		}
	}
	return false
}

func isSemicolonMissing(f *source.Error) bool { return len(f.Message) > 0 && f.Message[0] == ';' }

// startsRoute tells that a word begins another route block, which cannot stand inside one.
func startsRoute(lex *cursor) bool {
	t := lex.Peek()
	if t.Type != tokIdent || !isRouteWord(t.Value) {
		return false
	}
	c := lex.MakeCheckpoint()
	defer lex.LoadCheckpoint(c)
	lex.Next()
	n := lex.Peek()
	return isOp(n, "[") || isOp(n, "{")
}

// Parse takes a switch, its word being the next token.
func (s *Switch) Parse(lex *cursor) error {
	start := startOf(lex.Next())
	subject, err := parseExpr(lex)
	if err != nil {
		return err
	}
	s.Subject = subject
	from := lex.RawCursor()
	if !take(lex, "{") {
		return expected(lex, "{")
	}
	for {
		t := lex.Peek()
		if isOp(t, "}") || t.EOF() || startsRoute(lex) {
			break
		}
		if !isWord(t, "case") && !isWord(t, "default") {
			s.problems = append(s.problems, expected(lex, "case, default or }"))
			var ignored []*source.Error
			parseStatements(lex, &ignored, true)
			continue
		}
		c := &Case{}
		s.Cases = append(s.Cases, c)
		if err := c.Parse(lex); err != nil {
			f := asFailure(err, lex)
			c.problems = append(c.problems, f)
			if f.Message == braceMessage {
				return nil
			}
			resume(lex, lex.Cursor()-1, f, &c.problems)
			c.Body = parseStatements(lex, &c.problems, true)
		}
	}
	if !take(lex, "}") {
		return unclosedBrace(lex, from)
	}
	s.Span = spanFrom(start, lex)
	return nil
}

// Parse takes an arm of a switch with its statements.
func (c *Case) Parse(lex *cursor) error {
	word := lex.Next()
	start := startOf(word)
	c.Default = word.Value == "default"
	if !c.Default {
		c.Regex = take(lex, "/")
		if t := lex.Peek(); c.Regex && t.Type != tokString {
			f := expected(lex, "a string in quotes")
			f.Advice = `an expression is written case /"expression":`
			return f
		}
		v, err := parseExpr(lex)
		if err != nil {
			return err
		}
		c.Value = v
	}
	if !take(lex, ":") {
		return missing(lex, ":", "the label")
	}
	c.Body = parseStatements(lex, &c.problems, true)
	c.Span = spanFrom(start, lex)
	return nil
}
