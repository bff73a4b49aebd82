// SPDX-License-Identifier: Apache-2.0

// Package check resolves a configuration: every name becomes what it stands for, and every mistake an error with its place.
package check

import (
	"github.com/kahea-sip/kahea/cfg/source"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

// Script is a resolved configuration.
type Script struct {
	// Modules are the loaded modules in their order.
	Modules []*Module
	// Routes are the route blocks; the RouteRef of one is its place plus one.
	Routes []*Route
	// Vars are the names of the $var slots, in their order.
	Vars []string
	// Flags are the numbers of the flags that flags lines name.
	Flags map[string]int64
	// Notices are the modparam lines that can have no effect.
	Notices []Notice
}

// Notice tells of a modparam line that is taken and has no effect.
type Notice struct {
	Pos                   source.Pos
	Module, Param, Reason string
}

// Module is a loaded module.
type Module struct {
	Name    string
	Module  module.Module
	Exports module.Exports
	// At is where it is loaded.
	At source.Span
}

// Route is a resolved route block.
type Route struct {
	// Kind is the kind of route; a route[NAME] block has RequestRoute.
	Kind module.RouteKind
	// Word and Name are how it is written: route[NAME], event_route[…].
	Word, Name string
	// Keys are the kinds and names under which it is found.
	Keys []RouteKey
	Pos  source.Pos
	Body []Stmt
}

// RouteKey is how Program.Lookup finds a route.
type RouteKey struct {
	Kind module.RouteKind
	Name string
}

// Title is the heading of the block.
func (r *Route) Title() string {
	if r.Name == "" {
		return r.Word
	}
	return r.Word + "[" + r.Name + "]"
}

// Stmt is a resolved statement: *If, *While, *Switch, *Assign, *Do, *Return,
// *Exit, *Break.
type Stmt interface {
	// At is the statement's place.
	At() source.Pos
}

// Place is the part that all statements have. Action is what followers are told; nil without one.
type Place struct {
	Pos    source.Pos
	Action *module.Action
}

// At implements Stmt.
func (p Place) At() source.Pos { return p.Pos }

// If is if (cond) then else other.
type If struct {
	Place
	Cond       expr.Node
	Then, Else []Stmt
}

// While is while (cond) body.
type While struct {
	Place
	Cond expr.Node
	Body []Stmt
}

// Switch is switch (subject). Text tells that its labels are strings.
type Switch struct {
	Place
	Subject expr.Node
	Cases   []Case
	Text    bool
}

// Case is one label of a switch with the statements up to the next one. The
// label is Number, String or Match, none of them for default.
type Case struct {
	Place
	Default bool
	Number  int64
	String  string
	Match   *expr.Match
	Body    []Stmt
}

// Assign is an assignment.
type Assign struct {
	Place
	Target *variable.Ref
	Value  expr.Node
}

// Do runs a function or a route.
type Do struct {
	Place
	X expr.Coded
}

// Return is return; Value is nil where none is given.
type Return struct {
	Place
	Value expr.Node
}

// Exit is exit or, with Drop, drop.
type Exit struct {
	Place
	Value expr.Node
	Drop  bool
}

// Break leaves a switch or a while.
type Break struct{ Place }
