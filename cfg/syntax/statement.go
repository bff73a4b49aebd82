// SPDX-License-Identifier: Apache-2.0

package syntax

import "github.com/kahea-sip/kahea/cfg/source"

// Stmt is a statement: *Block, *If, *While, *Switch, *Assign, *Do, *Return, *Exit, *Drop, *Break, *Empty.
type Stmt interface {
	Node
	stmt()
}

// Block is a list of statements in braces.
type Block struct {
	source.Span
	Stmts []Stmt

	problems []*source.Error // mistakes in the statements, which were left out
}

// If is if (cond) then else other; Else is nil where there is none.
type If struct {
	source.Span
	Cond Expr `parser:"'if':Ident @@"`
	Then Stmt `parser:"@@"`
	Else Stmt `parser:"( 'else':Ident @@ )?"`
}

// While is while (cond) body.
type While struct {
	source.Span
	Cond Expr `parser:"'while':Ident @@"`
	Body Stmt `parser:"@@"`
}

// Switch is switch (subject) { case …: … }. A case without break, return, exit or drop falls through to the next one.
type Switch struct {
	source.Span
	Subject Expr
	Cases   []*Case

	problems []*source.Error
}

// Case is one arm of a switch. Adjacent labels give arms with an empty body.
type Case struct {
	source.Span
	// Default is true for default:, whose Value is nil.
	Default bool
	// Regex is true for case /"expression": whose Value is a *String.
	Regex bool
	// Value is a constant: a number or a string, or an expression of such.
	Value Expr
	Body  []Stmt

	problems []*source.Error
}

// Assign is left op right.
type Assign struct {
	source.Span
	// Left is a *PV or an *Attr.
	Left Expr
	// Op is OpAssign.
	Op    Op
	OpPos source.Pos
	Right Expr
}

// Do is an expression used as a statement: most often a *Call.
type Do struct {
	source.Span
	X Expr
}

// Return is return, return N, return (expr); Value is nil where none is given.
type Return struct {
	source.Span
	Value Expr `parser:"'return':Ident ( (?= '(':Op ')':Op ) '(':Op ')':Op | @@ )?"`
}

// Exit is exit, exit(), exit N; Value is nil where none is given.
type Exit struct {
	source.Span
	Value Expr `parser:"'exit':Ident ( (?= '(':Op ')':Op ) '(':Op ')':Op | @@ )?"`
}

// Drop is drop, drop(), drop N; Value is nil where none is given.
type Drop struct {
	source.Span
	Value Expr `parser:"'drop':Ident ( (?= '(':Op ')':Op ) '(':Op ')':Op | @@ )?"`
}

// Break is break: it leaves a switch or a while.
type Break struct{ source.Span }

// Empty is a lone semicolon.
type Empty struct{ source.Span }

func (*Block) stmt()  {}
func (*If) stmt()     {}
func (*While) stmt()  {}
func (*Switch) stmt() {}
func (*Assign) stmt() {}
func (*Do) stmt()     {}
func (*Return) stmt() {}
func (*Exit) stmt()   {}
func (*Drop) stmt()   {}
func (*Break) stmt()  {}
func (*Empty) stmt()  {}
