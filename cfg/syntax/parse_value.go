// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/alecthomas/participle/v2"
	"github.com/alecthomas/participle/v2/lexer"

	"github.com/kahea-sip/kahea/cfg/preproc"
	"github.com/kahea-sip/kahea/cfg/source"
)

var (
	_ participle.Parseable = (*String)(nil)
	_ participle.Parseable = (*Ident)(nil)
	_ participle.Parseable = (*Number)(nil)
)

// Parse takes a string; several double-quoted constants side by side are one.
func (s *String) Parse(lex *cursor) error {
	t := lex.Peek()
	if t.Type != tokString {
		return participle.NextMatch
	}
	start := startOf(t)
	for {
		t := lex.Next()
		part := StringPart{Span: spanFrom(startOf(t), lex), Raw: t.Value, Value: preproc.Unquote(t.Value)}
		s.Parts = append(s.Parts, part)
		s.Value += part.Value
		// Constants in single quotes stand alone, and so do one written in place and one from a define, as in the reference.
		if t.Value[0] != '"' || lex.Peek().Type != tokString || lex.Peek().Value[0] != '"' || nextDefine(lex) != lastDefine(lex) {
			break
		}
	}
	s.Span = spanFrom(start, lex)
	return nil
}

func parseString(lex *cursor) (*String, error) {
	s := &String{}
	if err := s.Parse(lex); err != nil {
		return nil, expected(lex, "a string in quotes")
	}
	return s, nil
}

// Parse takes a word.
func (i *Ident) Parse(lex *cursor) error {
	t := lex.Peek()
	if t.Type != tokIdent {
		return participle.NextMatch
	}
	lex.Next()
	i.Name, i.Span = t.Value, spanFrom(startOf(t), lex)
	return nil
}

func parseIdent(lex *cursor) (*Ident, error) {
	i := &Ident{}
	if err := i.Parse(lex); err != nil {
		return nil, expected(lex, "a word")
	}
	return i, nil
}

// Parse takes a number, with a minus sign before it or not, or a word that stands for one.
func (n *Number) Parse(lex *cursor) error {
	t := lex.Peek()
	start := startOf(t)
	if t.Type == tokIdent {
		v, ok := numberWords[t.Value]
		if !ok {
			return participle.NextMatch
		}
		lex.Next()
		n.Raw, n.Value, n.Span = t.Value, v, spanFrom(start, lex)
		return nil
	}
	negative := false
	if isOp(t, "-") {
		c := lex.MakeCheckpoint()
		lex.Next()
		if t = lex.Peek(); t.Type != tokNumber {
			lex.LoadCheckpoint(c)
			return participle.NextMatch
		}
		negative = true
	}
	if t.Type != tokNumber {
		return participle.NextMatch
	}
	v, err := numberValue(t.Value)
	if err != nil {
		return fail(lex, "", "number %s is too large", t.Value)
	}
	lex.Next()
	n.Raw, n.Value = t.Value, v
	if negative {
		n.Raw, n.Value = "-"+t.Value, -v
	}
	n.Span = spanFrom(start, lex)
	return nil
}

// parseNumber parses a number without a sign.
func parseNumber(lex *cursor) (Expr, error) {
	n := &Number{}
	if err := n.Parse(lex); err != nil {
		if err == participle.NextMatch {
			return nil, expected(lex, "a number")
		}
		return nil, err
	}
	return n, nil
}

// numberValue reads 10, 0x1f, 017 and 101b.
func numberValue(text string) (int64, error) {
	switch {
	case strings.HasPrefix(text, "0x"):
		return strconv.ParseInt(text[2:], 16, 64)
	case strings.HasSuffix(text, "b"):
		return strconv.ParseInt(text[:len(text)-1], 2, 64)
	case len(text) > 1 && text[0] == '0':
		return strconv.ParseInt(text[1:], 8, 64)
	}
	return strconv.ParseInt(text, 10, 64)
}

// parseIP parses an address or a network: 10.0.0.1, 10.0.0.0/8, 10.0.0.0/255.0.0.0, ::1, [::1], [2001:db8::]/32.
func parseIP(lex *cursor) (Expr, error) {
	start := startOf(lex.Peek())
	ip := &IP{}
	if take(lex, "[") {
		ip.Bracketed = true
		if lex.Peek().Type != tokIPv6 {
			return nil, expected(lex, "an IPv6 address")
		}
		ip.Text = lex.Next().Value
		if !take(lex, "]") {
			return nil, expected(lex, "]")
		}
	} else {
		ip.Text = lex.Next().Value
	}
	addr, err := netip.ParseAddr(ip.Text)
	if err != nil {
		return nil, &source.Error{Pos: start, End: endOfPrevious(lex), Message: ip.Text + " is no address"}
	}
	if take(lex, "/") {
		t := lex.Peek()
		ip.Mask = t.Value
		switch t.Type {
		case tokNumber:
			if v, err := numberValue(t.Value); err != nil || int(v) > addr.BitLen() {
				return nil, fail(lex, "", "a network of %s has at most %d bits", ip.Text, addr.BitLen())
			}
		case tokIPv4, tokIPv6:
		default:
			return nil, expected(lex, "a number of bits or a mask")
		}
		lex.Next()
	}
	ip.Span = spanFrom(start, lex)
	return ip, nil
}

// parseHost parses a name whose parts stand without space between them: sip-1.example.com, eth0, 9a.b.
func parseHost(lex *cursor) (string, error) {
	t := lex.Peek()
	if t.Type != tokIdent && t.Type != tokWord && t.Type != tokNumber && t.Type != tokIPv4 && t.Type != tokIPv6 {
		return "", expected(lex, "a host name or an address")
	}
	lex.Next()
	var b strings.Builder
	b.WriteString(t.Value)
	for {
		if !touches(lex) {
			break
		}
		n := lex.Peek()
		part := n.Type == tokIdent || n.Type == tokWord || n.Type == tokNumber || n.Type == tokIPv4
		if !part && !isOp(n, ".") && !isOp(n, "-") {
			break
		}
		b.WriteString(lex.Next().Value)
	}
	return b.String(), nil
}

// protocolWords are what may stand before the host of an address.
var protocolWords = map[string]bool{"UDP": true, "TCP": true, "TLS": true, "SCTP": true, "WS": true, "WSS": true}

// parseAddress parses proto:host:port, where the host may be a name, an address, an interface, a string, * or (a, b).
func parseAddress(lex *cursor) (*Address, error) {
	start := startOf(lex.Peek())
	a := &Address{}
	if t := lex.Peek(); t.Type == tokIdent && protocolWords[upperWord(t.Value)] {
		c := lex.MakeCheckpoint()
		lex.Next()
		if take(lex, ":") {
			a.Proto = strings.ToLower(t.Value)
		} else {
			lex.LoadCheckpoint(c)
		}
	}
	if err := a.parseHosts(lex); err != nil {
		return nil, err
	}
	host := endOfPrevious(lex)
	if take(lex, ":") {
		if !a.Quoted && a.Proto == "" && (startsHost(lex) || lex.Peek().Type == tokIdent && nearProtocol(a.Host) != "") {
			return nil, unknownProtocol(a.Host, source.Span{Pos: start, Fin: host})
		}
		if err := a.parsePort(lex); err != nil {
			return nil, err
		}
	} else if a.Host == "*" && !a.Quoted {
		return nil, missing(lex, ":port", "*")
	}
	a.Span = spanFrom(start, lex)
	return a, nil
}

// startsHost tells that a host stands where a port may: what was before it is
// meant to be a protocol.
func startsHost(lex *cursor) bool {
	t := lex.Peek()
	switch t.Type {
	case tokIPv4, tokIPv6, tokString:
		return true
	case tokOp:
		return t.Value == "[" || t.Value == "("
	case tokIdent, tokWord:
		c := lex.MakeCheckpoint()
		defer lex.LoadCheckpoint(c)
		if _, err := parseHost(lex); err != nil {
			return false
		}
		return isOp(lex.Peek(), ":") && touches(lex)
	}
	return false
}

func unknownProtocol(word string, at source.Span) error {
	e := &source.Error{Pos: at.Pos, End: at.Fin, Message: "unknown protocol " + word, Advice: "the protocols are udp and tcp"}
	if near := nearProtocol(word); near != "" {
		e.Advice = "did you mean " + near
	}
	return e
}

func nearProtocol(word string) string {
	return source.Nearest(strings.ToLower(word), []string{"udp", "tcp", "tls", "sctp", "ws", "wss"})
}

func (a *Address) parseHosts(lex *cursor) error {
	t := lex.Peek()
	switch {
	case t.Type == tokString:
		s, err := parseString(lex)
		if err != nil {
			return err
		}
		a.Host, a.Quoted = s.Value, true
	case isOp(t, "*") && a.Proto == "":
		lex.Next()
		a.Host = "*"
	case isOp(t, "["):
		lex.Next()
		if n := lex.Peek(); n.Type != tokIPv6 {
			return expected(lex, "an IPv6 address")
		}
		a.Host = lex.Next().Value
		if !take(lex, "]") {
			return expected(lex, "]")
		}
	case isOp(t, "("):
		lex.Next()
		for len(a.Hosts) == 0 || take(lex, ",") {
			one := &Address{}
			if err := one.parseHosts(lex); err != nil {
				return err
			}
			a.Hosts = append(a.Hosts, one.Host)
		}
		if !take(lex, ")") {
			return expected(lex, ")")
		}
		a.Host = a.Hosts[0]
	default:
		host, err := parseHost(lex)
		if err != nil {
			return err
		}
		a.Host = host
	}
	return nil
}

func (a *Address) parsePort(lex *cursor) error {
	t := lex.Peek()
	if isOp(t, "*") {
		lex.Next()
		return nil
	}
	if t.Type == tokIdent && t.Value == strings.ToUpper(t.Value) {
		return fail(lex, "define it with #!define "+t.Value+" 5060", "word %s is no value: it is not defined", t.Value)
	}
	if t.Type != tokNumber {
		return expected(lex, "a port number")
	}
	v, err := numberValue(t.Value)
	if err != nil || v > 65535 {
		return fail(lex, "", "port %s is larger than 65535", t.Value)
	}
	lex.Next()
	a.Port, a.HasPort = int(v), true
	return nil
}

// listenWords follow an address and are no addresses themselves.
var listenWords = map[string]bool{"advertise": true, "ADVERTISE": true, "name": true, "virtual": true, "desc": true}

// continuesList tells that the next token cannot begin another setting, and so belongs to the list before it. A bare word must stand
// on the line of the list.
func continuesList(lex *cursor) bool {
	t := lex.Peek()
	switch t.Type {
	case lexer.EOF, tokBad, tokPV, tokAttr:
		return false
	case tokIdent:
		if topWords[t.Value] || listenWords[t.Value] || !protocolWords[upperWord(t.Value)] && endOfPrevious(lex).Line != t.Pos.Line {
			return false
		}
		c := lex.MakeCheckpoint()
		defer lex.LoadCheckpoint(c)
		first := lex.Next()
		// name = value and group.name = value begin a setting.
		for {
			n := lex.Peek()
			if isOp(n, "=") {
				return false
			}
			if !isOp(n, ".") {
				break
			}
			lex.Next()
			if lex.Peek().Type != tokIdent {
				break
			}
			lex.Next()
		}
		return first.Type == tokIdent
	case tokOp:
		return t.Value == "[" || t.Value == "*"
	}
	return true
}
