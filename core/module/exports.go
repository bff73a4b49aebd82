// SPDX-License-Identifier: Apache-2.0

package module

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/setting"
)

// Exports is the table of all that a module offers.
type Exports struct {
	// Doc says in one sentence what the module is for.
	Doc string
	// Requires names the modules that must be loaded before this one.
	Requires []string
	// After names modules that, when loaded, are started before this one.
	After     []string
	Params    []Param
	Functions []Function
	// Lua are functions that only scripts in Lua have. Name is the name in
	// KSR.module, or with a dot that in another table: "pvx.avp_get".
	Lua             []Function
	Variables       []Variable
	Transformations []Transformation
	RPC             []Command
	Events          []Event
	Counters        []counter.Entry
	Settings        []setting.Entry
}

// Param is a parameter that modparam sets.
type Param struct {
	Name string
	Doc  string
	// Set receives the value. Its type is the parameter's type:
	//   *int, *int64, *bool, *setting.Int  an integer (yes/no words are 1/0)
	//   *string, *setting.Str              a string
	//   *[]string                          a string, may be set several times
	//   *Template                          a string with variables
	//   *Accessor                          one variable, "$avp(x)"
	//   *RouteRef with Route               the name of a route
	//   func(string) error, func(int) error  anything else; called each time
	//   func(any) error                    an integer or a string, as it was
	//                                      written: int64 or string
	// What Set points to holds the default before parameters are set.
	Set any
	// Min and Max bound an integer; both zero means no bounds.
	Min, Max int64
	// Unit of an integer, for the documentation: "s", "ms", "bytes" …
	Unit string
	// Route is the kind of route that a *RouteRef parameter names.
	Route RouteKind
	// Notice is set for a parameter that is taken and can have no meaning in
	// this engine (a tuning of Kamailio's processes or shared memory): it
	// says why, and is logged once at start.
	Notice string
	// Event is set for a *string parameter that names the function of a Lua
	// script to run in place of an event_route: the name of the event, or
	// how the names of the events begin that it serves ("usrloc:").
	Event string
	// EventName is what that function is told, where it is not the name of the event.
	EventName string
}

// ArgType is the type of a function's argument.
type ArgType uint8

// The argument types. Any argument may be written as a constant or, where the
// type is not a route, an expression with variables.
const (
	// ArgStr is a string; an integer is taken as its decimal text.
	ArgStr ArgType = iota
	// ArgInt is an integer; a string must be a decimal number.
	ArgInt
	// ArgAny is a value as it is.
	ArgAny
	// ArgVar is a variable that the function reads or assigns: Data holds its
	// Accessor.
	ArgVar
	// ArgTemplate is a string whose variables the function evaluates itself,
	// perhaps later or for another message: Data holds its Template.
	ArgTemplate
	// ArgRoute is the constant name of a route of kind Arg.Route: Data holds
	// its RouteRef. An unknown route is an error at start.
	ArgRoute
	// ArgRegexp is a POSIX extended regular expression: Data holds a
	// *ere.Regexp.
	ArgRegexp
)

// Meaning is what the text of an argument stands for.
type Meaning uint8

// The meanings.
const (
	// MeansAny is anything.
	MeansAny Meaning = iota
	// MeansURI is a SIP URI.
	MeansURI
	// MeansHostPort is host or host:port; of a URI, without its scheme.
	MeansHostPort
	// MeansMethods are names of methods, separated by "|".
	MeansMethods
	// MeansLevel is the level of a line of the log, where one more argument is
	// given behind it.
	MeansLevel
	// MeansSocket is a socket that the server listens on.
	MeansSocket
)

// Arg declares one argument of a function.
type Arg struct {
	Name string
	Type ArgType
	// Optional arguments stand behind the others.
	Optional bool
	// Paired is set for an optional argument that must be given where the one
	// before it is.
	Paired bool
	// Means says what a text stands for. A constant that cannot be such a thing
	// is taken, as in Kamailio, with a warning of the checker.
	Means Meaning
	// Literal is an ArgStr in which a variable's sign means nothing.
	Literal bool
	// Route is the kind of route that an ArgRoute names.
	Route RouteKind
	// Class is set for an ArgVar of a function of Exports.Lua that takes only
	// what stands between the parentheses of a variable: "avp" for $avp(…).
	Class string
	// Compile, if set, turns the text of an ArgStr into what the function
	// works with (Data): once, at start, for a constant, where an error
	// stops the start with the argument's position; and for each call for
	// an argument with variables.
	Compile func(text string) (any, error)
	Doc     string
}

// Function is a script function, of the native language and of Lua.
type Function struct {
	Name string
	Args []Arg
	// Routes are the kinds of routes it may be called in.
	Routes RouteKind
	// Run does the work. Args has one entry for each declared argument;
	// those that were left out have Given false.
	Run func(c *Call, a Args) Result
	// Prepare, if set, sees the constant arguments of each call at start,
	// before any message: a function that needs a table, a list or a timer
	// for its argument asks for it here. Its error has the call's position.
	Prepare func(b Binder, a Args) error
	// Get serves a function of Exports.Lua that returns a value, Table one
	// that returns a table, nil for nothing; Run is nil.
	Get   func(c *Call, a Args) Value
	Table func(c *Call, a Args) *Table
	// Lua says how Lua has the function; see Forms. Empty means: under the
	// same name, with the arguments that are not optional. "-" means: not.
	Lua string
	// Outside is set for a function that asks or changes what is not of this
	// server: another program, another server, a file. A trace tells such a call
	// and does not make it; the function is false there.
	Outside bool
	// LuaResult, if set, is what Lua gets in place of a result: KEMI has other
	// numbers than the native language for some functions.
	LuaResult func(r Result) Result
	Doc       string
}

// LuaZero is the LuaResult of functions that return 0 to Lua where they are
// true.
func LuaZero(r Result) Result {
	if r > 0 {
		return 0
	}
	return r
}

// Takes tells whether the function can be called with n arguments.
func (f *Function) Takes(n int) bool {
	if n == len(f.Args) {
		return true
	}
	return n < len(f.Args) && f.Args[n].Optional && !f.Args[n].Paired
}

// Signature is how the function is written, arguments that may be left out in
// brackets: t_reply(code[, reason]).
func (f *Function) Signature() string {
	var b strings.Builder
	b.WriteString(f.Name + "(")
	open := 0
	for i, a := range f.Args {
		if a.Optional && !a.Paired {
			b.WriteByte('[')
			open++
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(a.Name)
	}
	b.WriteString(strings.Repeat("]", open) + ")")
	return b.String()
}

// ArgValue is an argument of one call.
type ArgValue struct {
	Value avp.Value
	// Data is what Arg.Compile or the argument's type made of it.
	Data any
	// Err is the error of Compile for an argument with variables.
	Err   error
	Given bool
	// Const tells that the argument has no variables: Data is the same for
	// every call.
	Const bool
}

// Args are the arguments of one call. The slice is the engine's: valid until
// the function returns.
type Args []ArgValue

// Str returns the i-th argument as a string, "" when it was left out.
func (a Args) Str(i int) string { return a[i].Value.Str }

// Int returns the i-th argument as an integer, or def when it was left out.
func (a Args) Int(i, def int) int {
	if !a[i].Given {
		return def
	}
	return int(a[i].Value.Int)
}

// Var returns the variable of an ArgVar.
func (a Args) Var(i int) Accessor {
	v, _ := a[i].Data.(Accessor)
	return v
}

// Template returns the template of an ArgTemplate.
func (a Args) Template(i int) Template {
	t, _ := a[i].Data.(Template)
	return t
}

// Route returns the route of an ArgRoute, NoRoute when it was left out or
// named "0".
func (a Args) Route(i int) RouteRef {
	r, _ := a[i].Data.(RouteRef)
	return r
}

// Event names an event route that the module runs.
type Event struct {
	Name string // "usrloc:contact-expired"
	Doc  string
}
