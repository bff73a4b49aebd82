// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// parseSetting parses name = value and group.name = value desc "text". What the value may be depends on the name.
func parseSetting(lex *cursor) (Item, error) {
	t := lex.Peek()
	s := &Setting{}
	name, err := parseIdent(lex)
	if err != nil {
		return nil, err
	}
	s.Name = name
	if isOp(lex.Peek(), "[") {
		if err := s.parseID(lex); err != nil {
			if e := notASetting(lex, s); strings.HasPrefix(e.Advice, "did you mean") {
				return nil, e
			}
			return nil, err
		}
	}
	if s.ID != nil && !isOp(lex.Peek(), ".") {
		return nil, expected(lex, ".")
	}
	if take(lex, ".") {
		s.Group = name
		if s.Name, err = parseIdent(lex); err != nil {
			return nil, err
		}
	}
	if !take(lex, "=") {
		return nil, notASetting(lex, s)
	}
	if err := s.parseValues(lex); err != nil {
		return nil, err
	}
	if w := lex.Peek(); s.Group != nil && (isWord(w, "desc") || isWord(w, "descr") || isWord(w, "description")) {
		lex.Next()
		if s.Desc, err = parseString(lex); err != nil {
			return nil, err
		}
	}
	s.Span = spanFrom(startOf(t), lex)
	return s, nil
}

// parseID parses the [number] of a group.
func (s *Setting) parseID(lex *cursor) error {
	lex.Next()
	if lex.Peek().Type != tokNumber {
		return expected(lex, "a number")
	}
	n, err := parseNumber(lex)
	if err != nil {
		return err
	}
	s.ID = n.(*Number)
	if !take(lex, "]") {
		return expected(lex, "]")
	}
	return nil
}

// notASetting explains a word at the top of a file that is followed by something else than =.
func notASetting(lex *cursor, s *Setting) *source.Error {
	word := s.FullName()
	at := s.Name.Span
	if s.Group != nil {
		at.Pos = s.Group.Pos
	}
	e := &source.Error{Pos: at.Pos, End: at.Fin, Message: "word " + word + " begins no setting, no module and no route"}
	t := lex.Peek()
	if statementWords[word] {
		e.Message = "statement " + word + " stands outside of a route"
		e.Advice = "is there one } too many before it?"
		return e
	}
	if n := source.Nearest(word, topWordList()); n != "" && !isOp(t, "(") || n == "modparam" {
		e.Advice = "did you mean " + n
		return e
	}
	if isOp(t, "(") {
		e.Message = "function " + word + " is called outside of a route"
		e.Advice = "statements belong into a route: route[NAME] { … }"
	} else if t.Type == tokIdent && startOf(t).Line == at.Pos.Line {
		e.Advice = "if the line is a comment, begin it with #"
	} else {
		e.Advice = "a setting is written " + word + " = value"
	}
	return e
}

func topWordList() []string {
	out := make([]string, 0, len(topWords))
	for w := range topWords {
		out = append(out, w)
	}
	return out
}

func (s *Setting) parseValues(lex *cursor) error {
	if t := lex.Peek(); startOf(t).Line > endOfPrevious(lex).Line && (topWords[t.Value] || startsSetting(lex)) || t.EOF() {
		return missing(lex, "a value", s.FullName()+" =")
	}
	if s.Group == nil {
		switch s.Name.Name {
		case "listen":
			return s.parseListen(lex)
		case "alias":
			return s.parseList(lex)
		case "socket":
			return s.parseSocket(lex)
		}
	}
	v, err := parseSettingValue(lex)
	s.Values = []Expr{v}
	return err
}

// parseListen parses one or more sockets.
func (s *Setting) parseListen(lex *cursor) error {
	for {
		start := startOf(lex.Peek())
		l := &Listen{}
		a, err := parseAddress(lex)
		if err != nil {
			return err
		}
		l.Addr = a
		if w := lex.Peek(); isWord(w, "advertise") || isWord(w, "ADVERTISE") {
			lex.Next()
			if l.Advertise, err = parseAddress(lex); err != nil {
				return err
			}
			if l.Advertise.Proto != "" {
				return &source.Error{Pos: l.Advertise.Pos, End: l.Advertise.Fin, Message: "what is advertised has no protocol", Advice: "write advertise host:port"}
			}
		}
		if isWord(lex.Peek(), "name") {
			lex.Next()
			if l.Name, err = parseString(lex); err != nil {
				return err
			}
		}
		if isWord(lex.Peek(), "virtual") {
			lex.Next()
			l.Virtual = true
		}
		l.Span = spanFrom(start, lex)
		s.Values = append(s.Values, l)
		if !continuesList(lex) {
			return nil
		}
	}
}

// parseList parses one or more addresses side by side.
func (s *Setting) parseList(lex *cursor) error {
	for {
		a, err := parseAddress(lex)
		if err != nil {
			return err
		}
		s.Values = append(s.Values, a)
		if !continuesList(lex) {
			return nil
		}
	}
}

// parseSocket parses socket = { bind = …; advertise = …; name = "…"; workers = N; virtual = yes; }.
func (s *Setting) parseSocket(lex *cursor) error {
	start := startOf(lex.Peek())
	if !take(lex, "{") {
		return expected(lex, "{")
	}
	sock := &Socket{}
	for !take(lex, "}") {
		if take(lex, ";") || take(lex, ",") {
			continue
		}
		at := startOf(lex.Peek())
		name, err := parseIdent(lex)
		if err != nil {
			return err
		}
		f := &Setting{Name: name}
		if !take(lex, "=") {
			return expected(lex, "=")
		}
		var v Expr
		if name.Name == "bind" || name.Name == "advertise" {
			v, err = parseAddress(lex)
		} else {
			v, err = parseSettingValue(lex)
		}
		if err != nil {
			return err
		}
		f.Values, f.Span = []Expr{v}, spanFrom(at, lex)
		sock.Fields = append(sock.Fields, f)
	}
	sock.Span = spanFrom(start, lex)
	s.Values = []Expr{sock}
	return nil
}

// parseSettingValue parses a number, a string, an address, or a word such as LOG_LOCAL0 or a host name.
func parseSettingValue(lex *cursor) (Expr, error) {
	t := lex.Peek()
	start := startOf(t)
	switch t.Type {
	case tokString:
		return parseString(lex)
	case tokNumber:
		return parseNumber(lex)
	case tokIPv4, tokIPv6:
		return parseIP(lex)
	case tokIdent, tokWord:
		if _, ok := numberWords[t.Value]; ok {
			return parseNumber(lex)
		}
		host, err := parseHost(lex)
		if err != nil {
			return nil, err
		}
		if strings.ContainsAny(host, ".-") || t.Type == tokWord {
			return &Address{Span: spanFrom(start, lex), Host: host}, nil
		}
		return &Ident{Span: spanFrom(start, lex), Name: host}, nil
	case tokBad:
		return nil, silent(lex)
	case tokOp:
		switch t.Value {
		case "-":
			n := &Number{}
			if err := n.Parse(lex); err != nil {
				lex.Next()
				return nil, expected(lex, "a number")
			}
			return n, nil
		case "[":
			return parseIP(lex)
		}
	}
	return nil, expected(lex, "a value")
}
