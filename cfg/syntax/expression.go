// SPDX-License-Identifier: Apache-2.0

package syntax

import (
	"strings"

	"github.com/kahea-sip/kahea/cfg/source"
)

// Expr is an expression or a value: *Number, *String, *Ident, *Keyword, *PV, *Select, *Attr, *IP, *Address, *Listen,
// *Socket, *Call, *Unary, *Binary, *Cast, *Paren.
type Expr interface {
	Node
	expr()
}

// Number is an integer, also one of the words that stand for one (yes, no, on, off, true, false, enabled, disabled).
type Number struct {
	source.Span
	// Raw is the spelling: 10, 0x1f, 017, yes.
	Raw   string
	Value int64
}

// IsWord tells that the number was written as a word (yes, off …).
func (n *Number) IsWord() bool { return n.Raw != "" && (n.Raw[0] < '0' || n.Raw[0] > '9') }

// String is a string constant. Several constants side by side are one.
type String struct {
	source.Span
	// Value is the text with escapes resolved and all parts joined.
	Value string
	// Parts are the constants as written, at least one.
	Parts []StringPart
}

// StringPart is one quoted constant.
type StringPart struct {
	source.Span
	// Raw is the text with its quotes, as written.
	Raw string
	// Value is the text with escapes resolved.
	Value string
}

// Ident is a bare word: a route's name, a flag's name, a module's keyword.
type Ident struct {
	source.Span
	Name string
}

// Keyword is a word with a value of its own in conditions: src_ip, dst_port, uri, method, status, proto, af, msg:len, max_len,
// myself, INET, UDP …
type Keyword struct {
	source.Span
	Name string
}

// PV is a variable: $ru, $var(x), $(hdr(a)[-1]{s.len}). What stands inside is read by the script layer.
type PV struct {
	source.Span
	// Raw is the whole spelling.
	Raw string
}

// Body gives the spelling without the dollar sign and, for $(…), without the outer parentheses.
func (p *PV) Body() string {
	s := strings.TrimPrefix(p.Raw, "$")
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		return s[1 : len(s)-1]
	}
	return s
}

// Name gives the class name: "ru", "var", "hdr".
func (p *PV) Name() string {
	s := p.Body()
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '[', '{', ' ':
			return s[:i]
		}
	}
	return s
}

// Select is @path.to[1].value.
type Select struct {
	source.Span
	// Raw is the whole spelling.
	Raw  string
	Path []SelectPart
}

// SelectPart is one step of a select: a name with its indexes.
type SelectPart struct {
	Name string
	// Index holds numbers as written and strings without quotes; see IsString.
	Index []SelectIndex
}

// SelectIndex is what stands in brackets in a select.
type SelectIndex struct {
	Text     string
	IsString bool
}

// Attr is an attribute of the old spelling: $f.name, %name.
type Attr struct {
	source.Span
	Raw string
}

// IP is an address or a network as an operand: 127.0.0.1, 10.0.0.0/8, [::1].
type IP struct {
	source.Span
	// Text is the address without brackets.
	Text string
	// Mask is what stands behind the slash, a number of bits or an address; empty where there is none.
	Mask string
	// Bracketed is true for [::1].
	Bracketed bool
}

// Address is proto:host:port where any part but the host may be absent.
type Address struct {
	source.Span
	// Proto is udp, tcp, tls, sctp, ws, wss, or empty.
	Proto string
	// Host is a name, an address (IPv6 without brackets), an interface's name, or * for all.
	Host string
	// Hosts holds every address of a multi-homed socket (a, b); empty where there is one.
	Hosts []string
	// Quoted is true where the host stands in quotes.
	Quoted bool
	// Port is 0 where none is given, or where :* stands; HasPort tells them apart from :0.
	Port    int
	HasPort bool
}

// Listen is a value of listen: an address with what follows it.
type Listen struct {
	source.Span
	Addr *Address
	// Advertise is what is told to others; nil where nothing is.
	Advertise *Address
	// Name is the name of the socket; nil where there is none.
	Name *String
	// Virtual marks a socket whose address may be missing at start.
	Virtual bool
}

// Socket is socket = { bind = …; advertise = …; name = …; … }, a listen of newer releases.
type Socket struct {
	source.Span
	Fields []*Setting
}

// Call is name(args).
type Call struct {
	source.Span
	Name *Ident
	Args []Expr
	// Bare is true where there are no parentheses.
	Bare bool
}

// Unary is op operand.
type Unary struct {
	source.Span
	Op Op
	X  Expr
}

// Binary is left op right.
type Binary struct {
	source.Span
	Op    Op
	OpPos source.Pos
	X, Y  Expr
}

// Cast is (int)operand or (str)operand.
type Cast struct {
	source.Span
	// Type is int or str.
	Type string
	X    Expr
}

// Paren is an expression in parentheses; it is kept so that the tree prints as it was written.
type Paren struct {
	source.Span
	X Expr
}

func (*Number) expr()  {}
func (*String) expr()  {}
func (*Ident) expr()   {}
func (*Keyword) expr() {}
func (*PV) expr()      {}
func (*Select) expr()  {}
func (*Attr) expr()    {}
func (*IP) expr()      {}
func (*Address) expr() {}
func (*Listen) expr()  {}
func (*Socket) expr()  {}
func (*Call) expr()    {}
func (*Unary) expr()   {}
func (*Binary) expr()  {}
func (*Cast) expr()    {}
func (*Paren) expr()   {}

// Unwrap takes parentheses off an expression.
func Unwrap(x Expr) Expr {
	for {
		p, ok := x.(*Paren)
		if !ok {
			return x
		}
		x = p.X
	}
}
