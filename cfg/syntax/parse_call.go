// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

// argument tells what a core function takes that is no expression.
type argument uint8

const (
	argExpr     argument = iota
	argName              // a bare word: a route, a flag
	argHost              // a host name, an address, uri:host
	argPort              // a number, uri:port
	argAddress           // proto:host:port
	argProtocol          // UDP, TCP, TLS, SCTP
	argFlag              // a number, or a flag's name with or without quotes
	argNumber            // a number, no expression
	argText              // a string in quotes, no expression
)

// coreArguments are the core functions whose arguments may be bare words. All other functions take expressions.
var coreArguments = map[string][]argument{
	"route":   {argName},
	"setflag": {argFlag}, "resetflag": {argFlag}, "isflagset": {argFlag},
	"setavpflag": {argExpr, argName}, "resetavpflag": {argExpr, argName}, "isavpflagset": {argExpr, argName},
	"forward": {argHost, argPort}, "forward_udp": {argHost, argPort}, "forward_tcp": {argHost, argPort},
	"forward_tls": {argHost, argPort}, "forward_sctp": {argHost, argPort},
	"set_advertised_address": {argHost},
	"force_send_socket":      {argAddress},
	"udp_mtu_try_proto":      {argProtocol},
	"set_advertised_port":    {argNumber},
	"strip":                  {argNumber}, "strip_tail": {argNumber},
	"prefix": {argText}, "rewritehost": {argText}, "sethost": {argText}, "seth": {argText},
	"rewritehostport": {argText}, "sethostport": {argText}, "sethp": {argText},
	"rewritehostporttrans": {argText}, "sethostporttrans": {argText}, "sethpt": {argText},
	"rewriteport": {argText}, "setport": {argText}, "setp": {argText},
	"rewriteuri": {argText}, "seturi": {argText},
	"rewriteuser": {argText}, "setuser": {argText}, "setu": {argText},
	"rewriteuserpass": {argText}, "setuserpass": {argText}, "setup": {argText},
}

// mustHaveArgument are the core functions that stand with parentheses and what to put in them, though their kin may stand without.
var mustHaveArgument = map[string]bool{"forward_udp": true, "forward_tcp": true, "forward_tls": true, "forward_sctp": true}

// bareCommands are the core functions that may stand without parentheses.
var bareCommands = map[string]bool{
	"force_rport": true, "add_rport": true, "add_local_rport": true, "force_tcp_alias": true, "add_tcp_alias": true,
	"set_forward_no_connect": true, "set_forward_close": true, "set_reply_no_connect": true, "set_reply_close": true,
	"revert_uri": true,
}

// call parses name(arguments), the name being the next token.
func (e *expressions) call() (Expr, error) {
	start := startOf(e.lex.Peek())
	name, err := parseIdent(e.lex)
	if err != nil {
		return nil, err
	}
	c := &Call{Name: name}
	open := startOf(e.lex.Peek())
	if !take(e.lex, "(") {
		return nil, expected(e.lex, "(")
	}
	kinds := coreArguments[name.Name]
	if isOp(e.lex.Peek(), ")") && mustHaveArgument[name.Name] {
		return nil, fail(e.lex, "write "+name.Name+"(uri:host, uri:port) for where the request URI points", "%s needs a host", name.Name)
	}
	for !isOp(e.lex.Peek(), ")") {
		if len(c.Args) > 0 && !take(e.lex, ",") {
			f := expected(e.lex, "a comma or )")
			f.Advice = "the parenthesis of " + name.Name + " is opened at " + open.String()
			if s, ok := lastString(c.Args); ok && (e.lex.Peek().Type == tokIdent || e.lex.Peek().Type == tokString) {
				f.Advice = "the string " + shorten(s) + " ends before it: a comma, or the quote of a string that is opened earlier, is missing"
			}
			return nil, f
		}
		if t := e.lex.Peek(); isOp(t, ",") || isOp(t, ")") {
			return nil, fail(e.lex, `write "" for an empty one`, "an argument of %s is missing", name.Name)
		}
		kind := argExpr
		if n := len(c.Args); n < len(kinds) {
			kind = kinds[n]
		}
		x, err := e.argument(kind, name.Name)
		if err != nil {
			return nil, err
		}
		c.Args = append(c.Args, x)
	}
	e.lex.Next()
	c.Span = spanFrom(start, e.lex)
	if _, isNumber := c.firstArgument().(*Number); name.Name == "log" && len(c.Args) == 2 && !isNumber {
		return nil, &source.Error{Pos: c.Args[0].Start(), End: c.Args[0].End(), Message: "the level of log is a number",
			Advice: "xlog takes names of levels, and variables in its text"}
	}
	return c, nil
}

func (c *Call) firstArgument() Expr {
	if len(c.Args) == 0 {
		return nil
	}
	return c.Args[0]
}

func (e *expressions) argument(kind argument, of string) (Expr, error) {
	t := e.lex.Peek()
	start := startOf(t)
	switch kind {
	case argFlag, argNumber, argText:
		return e.constant(kind, of)
	case argName:
		if t.Type == tokIdent && !startsCall(e.lex) && numberWords[t.Value] == 0 && !statementWords[t.Value] {
			return parseIdent(e.lex)
		}
	case argHost, argPort:
		if x := parseURIPart(e.lex); x != nil {
			return x, nil
		}
		if kind == argHost && t.Type != tokString && t.Type != tokPV {
			if isOp(t, "[") || t.Type == tokIPv4 || t.Type == tokIPv6 {
				return parseIP(e.lex)
			}
			host, err := parseHost(e.lex)
			if err != nil {
				return nil, err
			}
			return &Address{Span: spanFrom(start, e.lex), Host: host}, nil
		}
	case argAddress:
		if t.Type != tokString && t.Type != tokPV {
			return parseAddress(e.lex)
		}
	case argProtocol:
		if name := upperWord(t.Value); t.Type == tokIdent && valueWords[name] == keyProto {
			e.lex.Next()
			return &Keyword{Span: spanFrom(start, e.lex), Name: name}, nil
		}
		return nil, expected(e.lex, "UDP, TCP, TLS or SCTP")
	}
	return e.binary(0)
}

// constant parses the argument of a function that takes no expression.
func (e *expressions) constant(kind argument, of string) (x Expr, err error) {
	t := e.lex.Peek()
	want, advice := "", ""
	_, isNumber := numberWords[t.Value]
	isNumber = isNumber && t.Type == tokIdent || t.Type == tokNumber
	switch {
	case isNumber && kind != argText:
		x, err = parseNumber(e.lex)
	case kind == argFlag && t.Type == tokIdent && !startsCall(e.lex) && !statementWords[t.Value]:
		x, err = parseIdent(e.lex)
	case t.Type == tokString && kind != argNumber:
		x, err = parseString(e.lex)
	case kind == argFlag:
		want, advice = "the number or the name of a flag", "name it with flags NAME:1 at the top of the file"
	case kind == argNumber:
		want = "a number"
	default:
		want, advice = "a string in quotes", "where the value is computed assign it: $ru, $rU, $rd, $rp and $du can be assigned"
	}
	if want == "" && err == nil && !isOp(e.lex.Peek(), ",") && !isOp(e.lex.Peek(), ")") {
		want, advice = "a comma or )", of+" takes no expression"
	}
	if want != "" {
		f := expected(e.lex, want)
		f.Advice = advice
		return nil, f
	}
	return x, err
}

// parseURIPart parses uri:host and uri:port, nil where something else stands there.
func parseURIPart(lex *cursor) Expr {
	c := lex.MakeCheckpoint()
	first := lex.Next()
	if isWord(first, "uri") && take(lex, ":") {
		if last := lex.Peek(); isWord(last, "host") || isWord(last, "port") {
			lex.Next()
			return &Keyword{Span: spanFrom(startOf(first), lex), Name: "uri:" + last.Value}
		}
	}
	lex.LoadCheckpoint(c)
	return nil
}

// parseSelect parses @path.to[1].value. Spaces may stand in it; the reference then takes words of the language for nothing else.
func parseSelect(lex *cursor) (Expr, error) {
	start := startOf(lex.Peek())
	s := &Select{}
	var raw strings.Builder
	raw.WriteString(lex.Next().Value)
	for {
		t := lex.Peek()
		if t.Type != tokIdent {
			return nil, expected(lex, "a name of the select")
		}
		lex.Next()
		raw.WriteString(t.Value)
		part := SelectPart{Name: t.Value}
		if take(lex, "[") {
			ix, err := parseSelectIndex(lex)
			if err != nil {
				return nil, err
			}
			part.Index = append(part.Index, ix)
			raw.WriteString("[" + ix.spelling() + "]")
		}
		s.Path = append(s.Path, part)
		if t := lex.Peek(); isOp(t, "[") {
			return nil, fail(lex, "a name of a select has one index", "second index behind %s", part.Name)
		} else if !isOp(t, ".") {
			break
		}
		lex.Next()
		raw.WriteByte('.')
	}
	s.Span, s.Raw = spanFrom(start, lex), raw.String()
	return s, nil
}

func parseSelectIndex(lex *cursor) (SelectIndex, error) {
	var ix SelectIndex
	if take(lex, "-") {
		ix.Text = "-"
	}
	t := lex.Peek()
	switch {
	case t.Type == tokNumber, isOp(t, "*") && ix.Text == "":
		ix.Text += lex.Next().Value
	case t.Type == tokString && ix.Text == "":
		s, err := parseString(lex)
		if err != nil {
			return ix, err
		}
		ix.Text, ix.IsString = s.Value, true
	default:
		return ix, expected(lex, "an index")
	}
	if !take(lex, "]") {
		return ix, expected(lex, "]")
	}
	return ix, nil
}

func (i SelectIndex) spelling() string {
	if i.IsString {
		return preproc.Quote(i.Text)
	}
	return i.Text
}

// statementWords are the words that begin statements and are no names of functions.
var statementWords = map[string]bool{
	"if": true, "else": true, "while": true, "switch": true, "case": true, "default": true, "break": true,
	"return": true, "exit": true, "drop": true,
}

// parseCommand parses a function call used as a statement.
func parseCommand(lex *cursor) (Expr, error) {
	t := lex.Peek()
	if bareCommands[t.Value] && !startsCall(lex) {
		name, err := parseIdent(lex)
		if err != nil {
			return nil, err
		}
		return &Call{Span: name.Span, Name: name, Bare: true}, nil
	}
	if !startsCall(lex) || foreignStatements[t.Value] {
		return nil, unknownStatement(lex)
	}
	e := &expressions{lex: lex}
	return e.call()
}

// foreignStatements begin statements in other languages.
var foreignStatements = map[string]bool{"elseif": true, "elsif": true, "elif": true, "for": true, "foreach": true, "do": true, "continue": true}

// unknownStatement explains a word that begins no statement.
func unknownStatement(lex *cursor) error {
	t := lex.Peek()
	c := lex.MakeCheckpoint()
	lex.Next()
	next := lex.Peek()
	assigns := isOp(next, "=")
	lex.LoadCheckpoint(c)
	word, end := t.Value, endOf(lex)
	e := &source.Error{Pos: startOf(t), End: end, Message: "word " + word + " begins no statement"}
	switch lower := strings.ToLower(word); {
	case lower != word && statementWords[lower]:
		e.Advice = "write " + lower
	case assigns:
		e.Message = "word " + word + " cannot be assigned to"
		e.Advice = "write $var(" + word + ") = …"
	case strings.HasPrefix(word, "els") || word == "elif":
		e.Advice = "write else if"
	case foreignStatements[word]:
		e.Message = "the language has no " + word
		e.Advice = "loops are written while (condition) { … }, left with break"
	case word == "then", word == "do":
		e.Message = "the language has no " + word
		e.Advice = "take it out: what is to be done follows the condition, write if (…) { … }"
	default:
		names := make([]string, 0, len(statementWords))
		for w := range statementWords {
			names = append(names, w)
		}
		if n := source.Nearest(word, names); n != "" {
			e.Advice = "did you mean " + n
		} else {
			e.Advice = "a function is called with parentheses: " + word + "()"
		}
	}
	return e
}

// lastString gives the text of the last argument when it is a string.
func lastString(args []Expr) (string, bool) {
	if len(args) == 0 {
		return "", false
	}
	s, ok := Unwrap(args[len(args)-1]).(*String)
	if !ok || len(s.Parts) == 0 {
		return "", false
	}
	return s.Parts[len(s.Parts)-1].Raw, true
}
