// SPDX-License-Identifier: Apache-2.0

// Package syntax turns the tokens of a configuration into a tree of settings, modules and routes.
package syntax

import "github.com/kahea-sip/kahea/cfg/source"

// Node is any part of the tree: it knows which stretch of the original text it stands for.
type Node interface {
	Start() source.Pos
	End() source.Pos
}

// File is a whole configuration: what was read from the main file with everything that it includes, in the order of the text.
type File struct {
	source.Span
	Items []Item
}

// Item is what may stand at the top of a file: *Setting, *Flags, *LoadModule, *LoadPath, *ModParam, *Engine, *Route.
type Item interface {
	Node
	item()
}

// Setting is an assignment at the top of a file: a core parameter (debug=2), one of a group (kemi.onsend_route_callback="none"),
// or a custom parameter (pstn.gw_ip = "10.0.0.1" desc "gateway").
type Setting struct {
	source.Span
	// Group is the word before the dot; nil where there is none.
	Group *Ident
	// ID is the number in group[ID].name; nil where there is none.
	ID   *Number
	Name *Ident
	// Values holds one value, except for lists (alias="a" "b", listen with several sockets): *Number, *String, *Ident, *IP,
	// *Address, *Listen, *Socket.
	Values []Expr
	// Desc is the description of a custom parameter; nil where there is none.
	Desc *String
}

// FullName gives name or group.name.
func (s *Setting) FullName() string {
	if s.Group != nil {
		return s.Group.Name + "." + s.Name.Name
	}
	return s.Name.Name
}

// Flags declares names for flag numbers: flags FLT_ACC:1, FLT_NAT, or avpflags.
type Flags struct {
	source.Span
	// Kind is "flags" (also spelled bool) or "avpflags".
	Kind  string      `parser:"@( 'flags':Ident | 'bool':Ident | 'avpflags':Ident )"`
	Decls []*FlagDecl `parser:"@@ ( ',':Op @@ )*"`
}

// FlagDecl is one name in a declaration of flags.
type FlagDecl struct {
	source.Span
	// Name is the name as a word, nil where it is Quoted.
	Name   *Ident  `parser:"( @@"`
	Quoted *String `parser:"| @@ )"`
	// Number is the number given, nil where a free one is to be taken.
	Number *Number `parser:"( ':':Op @@ )?"`
}

// LoadModule is loadmodule "name.so" or loadmodulex "name.so".
type LoadModule struct {
	source.Span
	// Extended is true for loadmodulex, whose name may hold variables of the configuration.
	Extended bool    `parser:"( 'loadmodule':Ident | @'loadmodulex':Ident )"`
	Name     *String `parser:"@@"`
}

// LoadPath is loadpath "folder:folder", also spelled mpath="…".
type LoadPath struct {
	source.Span
	// Word is the spelling used: loadpath or mpath.
	Word string  `parser:"@( 'loadpath':Ident | 'mpath':Ident ) '=':Op?"`
	Path *String `parser:"@@"`
}

// ModParam is modparam("module", "name", value).
type ModParam struct {
	source.Span
	// Extended is true for modparamx, whose string value may hold variables.
	Extended bool `parser:"( 'modparam':Ident | @'modparamx':Ident )"`
	// Module is one name, or several as "a|b": a regular expression that a loaded module's whole name must match.
	Module *String `parser:"'(':Op @@ ',':Op"`
	Name   *String `parser:"@@ ',':Op"`
	// Value is a *String or a *Number; for modparamx also a *PV.
	Value Expr `parser:"@@ ')':Op"`
}

// Engine is cfgengine "lua": routes are not written in the native language.
type Engine struct {
	source.Span
	Name *String `parser:"'cfgengine':Ident '=':Op? @@"`
}

// RouteKind tells when a route block runs.
type RouteKind uint8

// The kinds of route blocks.
const (
	// RequestRoute is request_route or route without a name, and route[NAME].
	RequestRoute RouteKind = iota
	// ReplyRoute is reply_route or onreply_route without a name: every reply from the network.
	ReplyRoute
	// OnReplyRoute is onreply_route[NAME]: replies of a transaction that was armed with t_on_reply.
	OnReplyRoute
	// FailureRoute is failure_route[NAME].
	FailureRoute
	// BranchRoute is branch_route[NAME].
	BranchRoute
	// OnSendRoute is onsend_route.
	OnSendRoute
	// EventRoute is event_route[module:event].
	EventRoute
)

var routeWords = [...]string{"request_route", "reply_route", "onreply_route", "failure_route", "branch_route", "onsend_route", "event_route"}

// String gives the word of the language.
func (k RouteKind) String() string { return routeWords[k] }

// Route is a route block.
type Route struct {
	source.Span
	Kind RouteKind
	// Word is the spelling used, as "route" for a request route.
	Word string
	// Name is what stands in brackets, without quotes: "RELAY", "2", "tm:local-request"; empty for the default block of a kind.
	Name string
	// NamePos is the place of the name.
	NamePos source.Pos
	Body    *Block
}

// IsDefault tells that the block has no name, or the number 0 which means the same.
func (r *Route) IsDefault() bool { return r.Name == "" || r.Name == "0" }

// FlagName gives the name without quotes.
func (d *FlagDecl) FlagName() string {
	if d.Quoted != nil {
		return d.Quoted.Value
	}
	return d.Name.Name
}

func (*Setting) item()    {}
func (*Flags) item()      {}
func (*LoadModule) item() {}
func (*LoadPath) item()   {}
func (*ModParam) item()   {}
func (*Engine) item()     {}
func (*Route) item()      {}

// Settings gives the assignments of the file in their order.
func (f *File) Settings() []*Setting { return pick[*Setting](f.Items) }

// LoadModules gives the loadmodule lines in their order.
func (f *File) LoadModules() []*LoadModule { return pick[*LoadModule](f.Items) }

// ModParams gives the modparam lines in their order.
func (f *File) ModParams() []*ModParam { return pick[*ModParam](f.Items) }

// Routes gives the route blocks in their order.
func (f *File) Routes() []*Route { return pick[*Route](f.Items) }

func pick[T Item](items []Item) []T {
	var out []T
	for _, it := range items {
		if t, ok := it.(T); ok {
			out = append(out, t)
		}
	}
	return out
}
