// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"strings"

	"github.com/alecthomas/participle/v2/lexer"

	"github.com/kahea-sip/kahea/cfg/source"
)

// The parser of expressions climbs the ladder of precedence; participle calls it for every expression of the grammar.
//
// The ladder is the reference's, measured by running expressions in it, loosest first:
// || · && · | · & · ^ · << · >> · == != =~ eq ne ieq ine · < <= > >= · + - · * / mod · unary.

// maxDepth is how deep expressions and blocks may stand in each other.
const maxDepth = 400

// level gives the precedence of a binary operator, 0 where the token is none.
func level(t *lexer.Token) (int, Op) {
	switch t.Type {
	case tokOp:
		switch t.Value {
		case "||":
			return 1, OpOr
		case "&&":
			return 2, OpAnd
		case "|":
			return 3, OpBitOr
		case "&":
			return 4, OpBitAnd
		case "^":
			return 5, OpBitXor
		case "<<":
			return 6, OpShl
		case ">>":
			return 7, OpShr
		case "==":
			return 8, OpEq
		case "!=":
			return 8, OpNe
		case "=~":
			return 8, OpMatch
		case "<":
			return 9, OpLt
		case "<=":
			return 9, OpLe
		case ">":
			return 9, OpGt
		case ">=":
			return 9, OpGe
		case "+":
			return 10, OpAdd
		case "-":
			return 10, OpSub
		case "*":
			return 11, OpMul
		case "/":
			return 11, OpDiv
		}
	case tokIdent:
		switch t.Value {
		case "or":
			return 1, OpOr
		case "and":
			return 2, OpAnd
		case "eq":
			return 8, OpStrEq
		case "ne":
			return 8, OpStrNe
		case "ieq":
			return 8, OpIntEq
		case "ine":
			return 8, OpIntNe
		case "mod":
			return 11, OpMod
		}
	}
	return 0, OpNone
}

// expressions parses with a count of how deep it is.
type expressions struct {
	lex   *cursor
	depth int
}

// parseExpr parses an expression; it is the production Expr of the grammar.
func parseExpr(lex *cursor) (Expr, error) {
	e := &expressions{lex: lex}
	return e.binary(0)
}

func (e *expressions) binary(above int) (Expr, error) {
	if e.depth++; e.depth > maxDepth {
		return nil, fail(e.lex, "", "expression is nested more than %d deep", maxDepth)
	}
	defer func() { e.depth-- }()
	start := startOf(e.lex.Peek())
	x, err := e.unary()
	if err != nil {
		return nil, err
	}
	for {
		t := e.lex.Peek()
		l, op := level(t)
		if l <= above {
			return x, foreignOperator(e.lex)
		}
		pos := startOf(t)
		e.lex.Next()
		y, err := e.binary(l)
		if err != nil {
			return nil, err
		}
		x = &Binary{Span: spanFrom(start, e.lex), Op: op, OpPos: pos, X: x, Y: y}
	}
}

// foreignOperator explains operators of other languages.
func foreignOperator(lex *cursor) error {
	t := lex.Peek()
	switch {
	case isWord(t, "AND"), isWord(t, "OR"), isWord(t, "NOT"):
		return fail(lex, "write "+strings.ToLower(t.Value), "%s is no operator", t.Value)
	case isOp(t, "%"):
		return fail(lex, "the remainder of a division is written mod", "%% is no operator")
	case isOp(t, "!~"):
		return fail(lex, "write !(x =~ y)", "!~ is no operator")
	}
	return nil
}

// comparison parses keyword op value, which is one thing: !uri == myself negates the whole. What may stand on the right depends on
// the keyword: after src_ip an address, after method a bare word, after proto a protocol.
func (e *expressions) comparison(k *Keyword) (Expr, error) {
	if err := e.compared(k); err != nil {
		return nil, err
	}
	t := e.lex.Next()
	above, op := keywordLevel(t)
	b := &Binary{Op: op, OpPos: startOf(t), X: k}
	y, err := e.right(k, op, above)
	if err != nil {
		return nil, err
	}
	b.Y, b.Span = y, spanFrom(k.Pos, e.lex)
	return b, nil
}

func (e *expressions) right(k *Keyword, op Op, above int) (Expr, error) {
	t := e.lex.Peek()
	kind := keywords[k.Name]
	if (kind == keyURI || kind == keyIP) && isWord(t, "myself") && op != OpMatch {
		return parseKeyword(e.lex), nil
	}
	switch kind {
	case keyIP:
		if t.Type == tokIPv4 || t.Type == tokIPv6 || isOp(t, "[") {
			return parseIP(e.lex)
		}
		if t.Type == tokWord || t.Type == tokIdent && keywords[t.Value] == keyNone && !startsCall(e.lex) {
			start := startOf(t)
			host, err := parseHost(e.lex)
			if err != nil {
				return nil, err
			}
			return &Address{Span: spanFrom(start, e.lex), Host: host}, nil
		}
	case keyMethod:
		if t.Type == tokIdent && !startsCall(e.lex) {
			return parseIdent(e.lex)
		}
	case keyProto, keyFamily:
		if t.Type == tokIdent && valueWords[upperWord(t.Value)] == kind {
			w := parseKeyword(e.lex)
			w.Name = upperWord(w.Name)
			if family := familyWords[w.Name]; family != "" {
				w.Name = family
			}
			return w, nil
		}
	case keyMyself:
		if other := keywords[t.Value]; t.Type == tokIdent && (other == keyURI || other == keyIP) {
			return parseKeyword(e.lex), nil
		}
		return nil, expected(e.lex, "uri, from_uri, to_uri, src_ip or dst_ip")
	}
	return e.binary(above)
}

// upperWord gives UDP for udp and UDP, but not for Udp.
func upperWord(w string) string {
	if up := strings.ToUpper(w); w == up || w == strings.ToLower(w) {
		return up
	}
	return w
}

// parseKeyword takes a word as keyword.
func parseKeyword(lex *cursor) *Keyword {
	t := lex.Next()
	return &Keyword{Span: spanFrom(startOf(t), lex), Name: t.Value}
}

// keywordLevel is level behind a keyword, where eq and ne are == and !=.
func keywordLevel(t *lexer.Token) (int, Op) {
	l, op := level(t)
	switch op {
	case OpStrEq:
		op = OpEq
	case OpStrNe:
		op = OpNe
	}
	return l, op
}

// compared checks that a keyword is compared, and with an operator that it knows; it has no value of its own.
func (e *expressions) compared(k *Keyword) error {
	_, op := keywordLevel(e.lex.Peek())
	kind := keywords[k.Name]
	allowed := "== != =~"
	switch kind {
	case keyPort:
		allowed = "== != < > <= >="
	case keyProto, keyFamily, keyMyself:
		allowed = "== !="
	}
	if op != OpNone {
		for _, sign := range strings.Fields(allowed) {
			if op.String() == sign {
				return nil
			}
		}
	}
	if kind == keyMyself {
		return &source.Error{Pos: k.Pos, End: k.Fin, Message: "myself can be compared only with uri, from_uri, to_uri, src_ip and dst_ip",
			Advice: "write uri == myself; for a variable use is_myself(…) of module siputils"}
	}
	f := expected(e.lex, strings.ReplaceAll(allowed, " ", ", "))
	f.Advice = k.Name + " has a meaning only where it is compared"
	return f
}

// keywordKind tells what a keyword is compared with.
type keywordKind uint8

const (
	keyNone keywordKind = iota
	keyURI
	keyIP
	keyPort
	keyMethod
	keyStatus
	keyProto
	keyFamily
	keyMyself
)

var keywords = map[string]keywordKind{
	"uri": keyURI, "from_uri": keyURI, "to_uri": keyURI,
	"src_ip": keyIP, "dst_ip": keyIP, "snd_ip": keyIP, "to_ip": keyIP,
	"src_port": keyPort, "dst_port": keyPort, "snd_port": keyPort, "to_port": keyPort, "msg:len": keyPort,
	"method": keyMethod, "status": keyStatus,
	"proto": keyProto, "snd_proto": keyProto, "to_proto": keyProto, "af": keyFamily, "snd_af": keyFamily, "to_af": keyFamily,
	"myself": keyMyself,
}

// valueWords are the words that stand for a protocol or an address family.
var valueWords = map[string]keywordKind{
	"UDP": keyProto, "TCP": keyProto, "TLS": keyProto, "SCTP": keyProto, "WS": keyProto, "WSS": keyProto,
	"INET": keyFamily, "INET6": keyFamily, "IPV4": keyFamily, "IPV6": keyFamily, "IPv4": keyFamily, "IPv6": keyFamily,
}

// familyWords are the other names of the address families.
var familyWords = map[string]string{"IPV4": "INET", "IPV6": "INET6", "IPv4": "INET", "IPv6": "INET6"}

// numberWords are the words that are numbers.
var numberWords = map[string]int64{
	"yes": 1, "true": 1, "on": 1, "enable": 1,
	"no": 0, "false": 0, "off": 0, "disable": 0,
}

func startsCall(lex *cursor) bool {
	c := lex.MakeCheckpoint()
	defer lex.LoadCheckpoint(c)
	lex.Next()
	return isOp(lex.Peek(), "(")
}

func (e *expressions) unary() (Expr, error) {
	if e.depth++; e.depth > maxDepth {
		return nil, fail(e.lex, "", "expression is nested more than %d deep", maxDepth)
	}
	defer func() { e.depth-- }()
	t := e.lex.Peek()
	start := startOf(t)
	op := OpNone
	switch {
	case isOp(t, "!"), isWord(t, "not"):
		op = OpNot
	case isOp(t, "-"):
		op = OpNeg
	case isOp(t, "~"):
		op = OpBitNot
	case isWord(t, "defined"):
		op = OpDefined
	default:
		return e.operand()
	}
	e.lex.Next()
	x, err := e.unary()
	if err != nil {
		return nil, err
	}
	return &Unary{Span: spanFrom(start, e.lex), Op: op, X: x}, nil
}

func (e *expressions) operand() (Expr, error) {
	t := e.lex.Peek()
	start := startOf(t)
	switch t.Type {
	case tokNumber:
		return parseNumber(e.lex)
	case tokString:
		return parseString(e.lex)
	case tokPV:
		e.lex.Next()
		pv := &PV{Span: spanFrom(start, e.lex), Raw: t.Value}
		if err := notWrapped(e.lex, pv); err != nil {
			return nil, err
		}
		return pv, nil
	case tokAttr:
		e.lex.Next()
		return &Attr{Span: spanFrom(start, e.lex), Raw: t.Value}, nil
	case tokIdent:
		return e.word(start)
	case tokIPv4, tokIPv6:
		return nil, fail(e.lex, "write it in quotes, or compare it with src_ip or dst_ip", "address %s cannot stand here", t.Value)
	case tokOp:
		switch t.Value {
		case "(":
			return e.parenthesis(start)
		case "@":
			return parseSelect(e.lex)
		}
	case tokBad:
		return nil, silent(e.lex)
	}
	return nil, expected(e.lex, "an expression")
}

// silent is a failure at a token about which a mistake was reported already.
func silent(lex *cursor) error { return fail(lex, "", "unreadable text") }

// parenthesis parses (x), (int)x and (str)x.
func (e *expressions) parenthesis(start source.Pos) (Expr, error) {
	e.lex.Next()
	if t := e.lex.Peek(); isWord(t, "int") || isWord(t, "str") {
		e.lex.Next()
		if !take(e.lex, ")") {
			return nil, expected(e.lex, ")")
		}
		x, err := e.unary()
		if err != nil {
			return nil, err
		}
		return &Cast{Span: spanFrom(start, e.lex), Type: t.Value, X: x}, nil
	}
	open := start
	x, err := e.binary(0)
	if err != nil {
		return nil, err
	}
	if !take(e.lex, ")") {
		return nil, unclosedParenthesis(e.lex, open)
	}
	return &Paren{Span: spanFrom(start, e.lex), X: x}, nil
}

func unclosedParenthesis(lex *cursor, open source.Pos) error {
	f := expected(lex, ")")
	if isOp(lex.Peek(), "=") {
		f.Message, f.Advice = "= found within a condition", "== compares; = assigns, and only as a statement"
		return f
	}
	f.Advice = "the parenthesis is opened at " + open.String()
	return f
}

// word parses an operand that begins with a word: a number word, a keyword, strlen or strempty, a function call.
func (e *expressions) word(start source.Pos) (Expr, error) {
	t := e.lex.Peek()
	if v, ok := numberWords[t.Value]; ok {
		e.lex.Next()
		return &Number{Span: spanFrom(start, e.lex), Raw: t.Value, Value: v}, nil
	}
	switch t.Value {
	case "strlen", "strempty":
		return e.measure(start)
	case "msg":
		if k := parseMessageLength(e.lex); k != nil {
			return e.comparison(k)
		}
	}
	if keywords[t.Value] != keyNone && !startsCall(e.lex) {
		return e.comparison(parseKeyword(e.lex))
	}
	if !startsCall(e.lex) {
		return nil, bareWord(e.lex)
	}
	return e.call()
}

// bareWord is the failure that a word stands where a value must: most often a define that is not there, or a string without quotes.
func bareWord(lex *cursor) error {
	t := lex.Peek()
	switch {
	case isWord(t, "AND"), isWord(t, "OR"), isWord(t, "NOT"):
		return fail(lex, "write "+strings.ToLower(t.Value), "%s is no operator", t.Value)
	case statementWords[t.Value]:
		return fail(lex, "", "%q found, an expression expected", t.Value)
	case isWord(t, "null"):
		return fail(lex, "write $null", "word null is no value")
	}
	return &source.Error{Pos: startOf(t), End: endOf(lex), Message: "word " + t.Value + " is no value: it is not defined",
		Advice: "define it with #!define " + t.Value + ", or put it in quotes, or add () where it is a function"}
}

// measure parses strlen(x) and strempty(x).
func (e *expressions) measure(start source.Pos) (Expr, error) {
	op := OpStrLen
	if e.lex.Next().Value == "strempty" {
		op = OpStrEmpty
	}
	open := startOf(e.lex.Peek())
	if !take(e.lex, "(") {
		return nil, expected(e.lex, "(")
	}
	x, err := e.binary(0)
	if err != nil {
		return nil, err
	}
	if !take(e.lex, ")") {
		return nil, unclosedParenthesis(e.lex, open)
	}
	return &Unary{Span: spanFrom(start, e.lex), Op: op, X: x}, nil
}

// parseMessageLength parses msg:len, nil where something else stands there.
func parseMessageLength(lex *cursor) *Keyword {
	c := lex.MakeCheckpoint()
	first := lex.Next()
	if isOp(lex.Peek(), ":") && touches(lex) {
		lex.Next()
		if isWord(lex.Peek(), "len") && touches(lex) {
			lex.Next()
			return &Keyword{Span: spanFrom(startOf(first), lex), Name: "msg:len"}
		}
	}
	lex.LoadCheckpoint(c)
	return nil
}
