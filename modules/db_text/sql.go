// SPDX-License-Identifier: Apache-2.0

package db_text

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
)

// The statements, whose words may be of either case (* repeats, ? may be
// missing, | is one of them):
//
//	select  = "select" ("*" | "count(*)" | names) "from" name where? order? limit?
//	insert  = "insert into" name "(" names ")" "values" "(" values ")" ("," "(" values ")")*
//	update  = "update" name "set" name "=" value ("," name "=" value)* where?
//	delete  = "delete from" name where?
//	where   = "where" cond ("and" cond)* | "where" cond ("or" cond)*
//	cond    = name ("=" | "<>" | "!=" | "<" | "<=" | ">" | ">=" | "&") value
//	        | name "is" "not"? "null"
//	order   = "order by" name ("asc" | "desc")? ("," name ("asc" | "desc")?)*
//	limit   = "limit" number
//	value   = number | text | "null" | "?"
//
// A text stands in single or double quotes; the quote in it is doubled or has a
// backslash before it, as mysql and the transformation sql.val write it.

// statement is a parsed one.
type statement struct {
	verb    string // select, insert, update or delete
	query   db.Query
	count   bool
	columns []string
	rows    [][]db.Value
	set     []db.Set
}

// parser walks over the tokens of a statement.
type parser struct {
	tokens []token
	args   []db.Value
}

// token is a word, a sign, or a value.
type token struct {
	text string
	kind tokenKind
}

type tokenKind uint8

const (
	wordToken tokenKind = iota // a name or a number
	textToken
	signToken
)

func parseStatement(text string, args []db.Value) (*statement, error) {
	tokens, err := scan(text)
	if err != nil {
		return nil, err
	}
	p := &parser{tokens, args}
	s := &statement{verb: strings.ToLower(p.next().text)}
	switch s.verb {
	case "select":
		err = p.selects(s)
	case "insert":
		err = p.insert(s)
	case "update":
		err = p.update(s)
	case "delete":
		err = p.remove(s)
	default:
		err = fmt.Errorf("%q is no statement: select, insert, update and delete are", s.verb)
	}
	if err == nil && len(p.tokens) > 0 {
		err = fmt.Errorf("%q is not expected here", p.tokens[0].text)
	}
	if err == nil && len(p.args) > 0 {
		err = fmt.Errorf("there are more values than question marks")
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

func scan(text string) ([]token, error) {
	var out []token
	for i := 0; i < len(text); {
		c := text[i]
		switch {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
		case c == '\'' || c == '"':
			value, n, ok := unquote(text[i:])
			if !ok {
				return nil, fmt.Errorf("the text %s has no end", text[i:])
			}
			out = append(out, token{value, textToken})
			i += n
		case isWord(c) || c == '-':
			n := 1
			for i+n < len(text) && isWord(text[i+n]) {
				n++
			}
			out = append(out, token{text[i : i+n], wordToken})
			i += n
		default:
			n := 1
			if i+1 < len(text) {
				switch text[i : i+2] {
				case "<>", "!=", "<=", ">=":
					n = 2
				}
			}
			out = append(out, token{text[i : i+n], signToken})
			i += n
		}
	}
	return out, nil
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.' || c == '-' || c >= 0x80
}

// unquote reads the text at the beginning of s, and tells how long it is there.
func unquote(s string) (value string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(sqlEscape(s[i]))
		case c != s[0]:
			b.WriteByte(c)
		case i+1 < len(s) && s[i+1] == s[0]:
			i++
			b.WriteByte(c)
		default:
			return b.String(), i + 1, true
		}
	}
	return "", 0, false
}

func sqlEscape(c byte) byte {
	switch c {
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case '0':
		return 0
	case 'Z':
		return 0x1a
	}
	return c
}

func (p *parser) next() token {
	if len(p.tokens) == 0 {
		return token{}
	}
	t := p.tokens[0]
	p.tokens = p.tokens[1:]
	return t
}

// is takes a word or sign when it comes next.
func (p *parser) is(text string) bool {
	if len(p.tokens) == 0 || p.tokens[0].kind == textToken || !strings.EqualFold(p.tokens[0].text, text) {
		return false
	}
	p.tokens = p.tokens[1:]
	return true
}

func (p *parser) expect(words ...string) error {
	for _, w := range words {
		if !p.is(w) {
			return fmt.Errorf("%q is expected before %q", w, p.next().text)
		}
	}
	return nil
}

func (p *parser) name() (string, error) {
	t := p.next()
	quoted := t.kind == signToken && t.text == "`"
	if quoted {
		t = p.next()
	}
	if t.kind != wordToken || t.text == "" || t.text[0] == '-' {
		return "", fmt.Errorf("a name is expected before %q", t.text)
	}
	if quoted && !p.is("`") {
		return "", fmt.Errorf("a quote is expected behind %q", t.text)
	}
	return t.text, nil
}

func (p *parser) names() ([]string, error) {
	var out []string
	for {
		n, err := p.name()
		if err != nil {
			return nil, err
		}
		if out = append(out, n); !p.is(",") {
			return out, nil
		}
	}
}

func (p *parser) value() (db.Value, error) {
	t := p.next()
	switch {
	case t.kind == textToken:
		return t.text, nil
	case t.kind == signToken && t.text == "?" && len(p.args) > 0:
		v := p.args[0]
		p.args = p.args[1:]
		return v, nil
	case t.kind == wordToken && strings.EqualFold(t.text, "null"):
		return nil, nil
	case t.kind == wordToken:
		if n, err := strconv.ParseInt(t.text, 10, 64); err == nil {
			return n, nil
		}
		if f, ok := parseDouble(t.text); ok {
			return f, nil
		}
	}
	return nil, fmt.Errorf("a value is expected before %q", t.text)
}

func (p *parser) selects(s *statement) (err error) {
	switch {
	case p.is("*"):
	case len(p.tokens) > 1 && p.tokens[1].text == "(" && p.is("count"):
		s.count = true
		err = p.expect("(", "*", ")")
	default:
		s.query.Columns, err = p.names()
	}
	if err == nil {
		err = p.expect("from")
	}
	if err == nil {
		s.query.Table, err = p.name()
	}
	if err == nil {
		err = p.where(s)
	}
	if err == nil && p.is("order") {
		err = p.order(s)
	}
	if err == nil && p.is("limit") {
		s.query.Limit, err = strconv.Atoi(p.next().text)
		if err != nil || s.query.Limit < 1 {
			return fmt.Errorf("a number is expected behind limit")
		}
	}
	return err
}

func (p *parser) order(s *statement) error {
	if err := p.expect("by"); err != nil {
		return err
	}
	var keys []string
	for {
		n, err := p.name()
		if err != nil {
			return err
		}
		if p.is("desc") {
			n += " DESC"
		} else {
			p.is("asc")
		}
		if keys = append(keys, n); !p.is(",") {
			break
		}
	}
	s.query.OrderBy = strings.Join(keys, ",")
	return nil
}

func (p *parser) insert(s *statement) (err error) {
	if err = p.expect("into"); err == nil {
		s.query.Table, err = p.name()
	}
	if err == nil {
		err = p.expect("(")
	}
	if err == nil {
		s.columns, err = p.names()
	}
	if err == nil {
		err = p.expect(")", "values")
	}
	for err == nil {
		if err = p.row(s); err == nil && !p.is(",") {
			break
		}
	}
	return err
}

func (p *parser) row(s *statement) error {
	if err := p.expect("("); err != nil {
		return err
	}
	var row []db.Value
	for {
		v, err := p.value()
		if err != nil {
			return err
		}
		if row = append(row, v); !p.is(",") {
			break
		}
	}
	s.rows = append(s.rows, row)
	return p.expect(")")
}

func (p *parser) update(s *statement) (err error) {
	if s.query.Table, err = p.name(); err != nil {
		return err
	}
	if err := p.expect("set"); err != nil {
		return err
	}
	for {
		n, err := p.name()
		if err == nil {
			err = p.expect("=")
		}
		if err != nil {
			return err
		}
		v, err := p.value()
		if err != nil {
			return err
		}
		if s.set = append(s.set, db.Set{Column: n, Value: v}); !p.is(",") {
			return p.where(s)
		}
	}
}

func (p *parser) remove(s *statement) (err error) {
	if err = p.expect("from"); err == nil {
		s.query.Table, err = p.name()
	}
	if err == nil {
		err = p.where(s)
	}
	return err
}

func (p *parser) where(s *statement) error {
	if !p.is("where") {
		return nil
	}
	for {
		c, err := p.cond()
		if err != nil {
			return err
		}
		s.query.Where = append(s.query.Where, c)
		first := len(s.query.Where) == 1
		switch {
		case (first || !s.query.Any) && p.is("and"):
		case (first || s.query.Any) && s.verb == "select" && p.is("or"):
			s.query.Any = true
		default:
			return nil
		}
	}
}

func (p *parser) cond() (db.Cond, error) {
	name, err := p.name()
	if err != nil {
		return db.Cond{}, err
	}
	if p.is("is") {
		op := db.Equal
		if p.is("not") {
			op = db.NotEqual
		}
		return db.Cond{Column: name, Op: op}, p.expect("null")
	}
	sign := p.next()
	op, ok := comparisons[sign.text]
	if sign.kind != signToken || !ok {
		return db.Cond{}, fmt.Errorf("a comparison is expected before %q", sign.text)
	}
	v, err := p.value()
	return db.Cond{Column: name, Op: op, Value: v}, err
}

var comparisons = map[string]db.Op{"=": db.Equal, "<>": db.NotEqual, "!=": db.NotEqual, "<": db.Less, "<=": db.LessEqual,
	">": db.Greater, ">=": db.GreaterEqual, "&": db.Bits}
