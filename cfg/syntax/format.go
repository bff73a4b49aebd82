// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/cfg/preproc"
)

// Format writes a tree as text in one layout: what is read back from it is the same tree. Comments and preprocessor lines are not
// part of the tree.
func Format(w io.Writer, f *File) error {
	p := &printer{}
	for i, it := range f.Items {
		if _, ok := it.(*Route); ok && i > 0 {
			p.b.WriteByte('\n')
		}
		p.item(it)
	}
	_, err := io.WriteString(w, p.b.String())
	return err
}

// Text gives any node as text: a statement with its semicolon, an expression on one line.
func Text(n Node) string {
	p := &printer{}
	switch n := n.(type) {
	case *File:
		_ = Format(&p.b, n) // a Builder takes everything
	case Item:
		p.item(n)
	case Stmt:
		p.stmt(n)
	case Expr:
		p.expr(n)
	case *Case:
		p.label(n)
	}
	return strings.TrimSuffix(p.b.String(), "\n")
}

type printer struct {
	b      strings.Builder
	indent int
}

func (p *printer) printf(format string, args ...any) { fmt.Fprintf(&p.b, format, args...) }

func (p *printer) line() {
	p.b.WriteByte('\n')
	for range p.indent {
		p.b.WriteByte('\t')
	}
}

func (p *printer) item(it Item) {
	switch it := it.(type) {
	case *Setting:
		p.setting(it)
	case *Flags:
		p.printf("%s ", it.Kind)
		for i, d := range it.Decls {
			p.comma(i)
			if d.Quoted != nil {
				p.expr(d.Quoted)
			} else {
				p.expr(d.Name)
			}
			if d.Number != nil {
				p.printf(":%s", d.Number.Raw)
			}
		}
	case *LoadModule:
		p.printf("loadmodule%s ", extension(it.Extended))
		p.expr(it.Name)
	case *LoadPath:
		p.printf("%s ", it.Word)
		p.expr(it.Path)
	case *ModParam:
		p.printf("modparam%s(", extension(it.Extended))
		p.expr(it.Module)
		p.b.WriteString(", ")
		p.expr(it.Name)
		p.b.WriteString(", ")
		p.expr(it.Value)
		p.b.WriteByte(')')
	case *Engine:
		p.b.WriteString("cfgengine ")
		p.expr(it.Name)
	case *Route:
		p.route(it)
	}
	p.b.WriteByte('\n')
}

func extension(x bool) string {
	if x {
		return "x"
	}
	return ""
}

func (p *printer) comma(i int) {
	if i > 0 {
		p.b.WriteString(", ")
	}
}

func (p *printer) setting(s *Setting) {
	if s.ID != nil {
		p.printf("%s[%s].%s = ", s.Group.Name, s.ID.Raw, s.Name.Name)
	} else {
		p.printf("%s = ", s.FullName())
	}
	for i, v := range s.Values {
		if i > 0 {
			p.b.WriteByte(' ')
		}
		p.expr(v)
	}
	if s.Desc != nil {
		p.b.WriteString(" desc ")
		p.expr(s.Desc)
	}
}

func (p *printer) route(r *Route) {
	p.b.WriteString(r.Word)
	if r.Name != "" {
		name := r.Name
		if r.Kind != EventRoute && !isPlainName(name) {
			name = preproc.Quote(name)
		}
		p.printf("[%s]", name)
	}
	p.b.WriteByte(' ')
	p.stmt(r.Body)
}

// isPlainName tells that a route's name needs no quotes.
func isPlainName(s string) bool {
	if _, err := strconv.Atoi(s); err == nil {
		return true
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '_' && (c|0x20 < 'a' || c|0x20 > 'z') && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return s != "" && !topWords[s] && !statementWords[s] && keywords[s] == keyNone
}

func (p *printer) stmt(s Stmt) {
	switch s := s.(type) {
	case *Block:
		p.b.WriteByte('{')
		p.body(s.Stmts)
		p.line()
		p.b.WriteByte('}')
	case *If:
		p.ifStmt(s)
	case *While:
		p.b.WriteString("while ")
		p.expr(s.Cond)
		p.under(s.Body)
	case *Switch:
		p.b.WriteString("switch ")
		p.expr(s.Subject)
		p.b.WriteString(" {")
		for _, c := range s.Cases {
			p.line()
			p.label(c)
			p.body(c.Body)
		}
		p.line()
		p.b.WriteByte('}')
	case *Assign:
		p.expr(s.Left)
		p.printf(" %s ", s.Op)
		p.expr(s.Right)
		p.b.WriteByte(';')
	case *Do:
		p.expr(s.X)
		p.b.WriteByte(';')
	case *Return:
		p.ending("return", s.Value)
	case *Exit:
		p.ending("exit", s.Value)
	case *Drop:
		p.ending("drop", s.Value)
	case *Break:
		p.b.WriteString("break;")
	case *Empty:
		p.b.WriteByte(';')
	}
}

func (p *printer) body(list []Stmt) {
	p.indent++
	for _, s := range list {
		p.line()
		p.stmt(s)
	}
	p.indent--
}

// under prints the statement that a condition governs: a block on the same line, anything else below, one step in.
func (p *printer) under(s Stmt) {
	if _, ok := s.(*Block); ok {
		p.b.WriteByte(' ')
		p.stmt(s)
		return
	}
	p.body([]Stmt{s})
}

func (p *printer) ifStmt(s *If) {
	p.b.WriteString("if ")
	p.expr(s.Cond)
	p.under(s.Then)
	if s.Else == nil {
		return
	}
	if _, ok := s.Then.(*Block); ok {
		p.b.WriteString(" else")
	} else {
		p.line()
		p.b.WriteString("else")
	}
	if next, ok := s.Else.(*If); ok {
		p.b.WriteByte(' ')
		p.ifStmt(next)
		return
	}
	p.under(s.Else)
}

func (p *printer) label(c *Case) {
	if c.Default {
		p.b.WriteString("default:")
		return
	}
	p.b.WriteString("case ")
	if c.Regex {
		p.b.WriteByte('/')
	}
	p.expr(c.Value)
	p.b.WriteByte(':')
}

func (p *printer) ending(word string, x Expr) {
	p.b.WriteString(word)
	if x != nil {
		if _, ok := x.(*Paren); !ok {
			p.b.WriteByte(' ')
		}
		p.expr(x)
	}
	p.b.WriteByte(';')
}

func (p *printer) expr(x Expr) {
	switch x := x.(type) {
	case *Number:
		p.b.WriteString(x.Raw)
	case *String:
		for i, part := range x.Parts {
			if i > 0 {
				p.b.WriteByte(' ')
			}
			p.b.WriteString(part.Raw)
		}
	case *Ident:
		p.b.WriteString(x.Name)
	case *Keyword:
		p.b.WriteString(x.Name)
	case *PV:
		p.b.WriteString(x.Raw)
	case *Select:
		p.b.WriteString(x.Raw)
	case *Attr:
		p.b.WriteString(x.Raw)
	case *IP:
		p.ip(x)
	case *Address:
		p.address(x)
	case *Listen:
		p.listen(x)
	case *Socket:
		p.socket(x)
	case *Call:
		p.call(x)
	case *Unary:
		p.unary(x)
	case *Binary:
		p.expr(x.X)
		p.printf(" %s ", x.Op)
		p.expr(x.Y)
	case *Cast:
		p.printf("(%s)", x.Type)
		p.expr(x.X)
	case *Paren:
		p.b.WriteByte('(')
		p.expr(x.X)
		p.b.WriteByte(')')
	}
}

func (p *printer) unary(x *Unary) {
	switch x.Op {
	case OpStrLen, OpStrEmpty:
		p.printf("%s(", x.Op)
		p.expr(x.X)
		p.b.WriteByte(')')
	case OpDefined:
		p.b.WriteString("defined ")
		p.expr(x.X)
	default:
		p.b.WriteString(x.Op.String())
		if _, ok := x.X.(*Unary); ok && x.Op == OpNot {
			p.b.WriteByte(' ') // two ! would read as a directive
		}
		p.expr(x.X)
	}
}

func (p *printer) call(c *Call) {
	p.b.WriteString(c.Name.Name)
	if c.Bare {
		return
	}
	p.b.WriteByte('(')
	for i, a := range c.Args {
		p.comma(i)
		p.expr(a)
	}
	p.b.WriteByte(')')
}

func (p *printer) ip(x *IP) {
	if x.Bracketed {
		p.printf("[%s]", x.Text)
	} else {
		p.b.WriteString(x.Text)
	}
	if x.Mask != "" {
		p.printf("/%s", x.Mask)
	}
}

func (p *printer) address(a *Address) {
	if a.Proto != "" {
		p.printf("%s:", a.Proto)
	}
	if len(a.Hosts) > 0 {
		p.b.WriteByte('(')
		for i, h := range a.Hosts {
			p.comma(i)
			p.b.WriteString(hostText(h, false))
		}
		p.b.WriteByte(')')
	} else {
		p.b.WriteString(hostText(a.Host, a.Quoted))
	}
	if a.HasPort {
		p.printf(":%d", a.Port)
	}
}

func hostText(host string, quoted bool) string {
	switch {
	case quoted:
		return preproc.Quote(host)
	case strings.Contains(host, ":"):
		return "[" + host + "]"
	}
	return host
}

func (p *printer) listen(l *Listen) {
	p.address(l.Addr)
	if l.Advertise != nil {
		p.b.WriteString(" advertise ")
		p.address(l.Advertise)
	}
	if l.Name != nil {
		p.b.WriteString(" name ")
		p.expr(l.Name)
	}
	if l.Virtual {
		p.b.WriteString(" virtual")
	}
}

func (p *printer) socket(s *Socket) {
	p.b.WriteByte('{')
	for _, f := range s.Fields {
		p.b.WriteByte(' ')
		p.setting(f)
		p.b.WriteByte(';')
	}
	p.b.WriteString(" }")
}
