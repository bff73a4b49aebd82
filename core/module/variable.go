// SPDX-License-Identifier: Apache-2.0

package module

import (
	"log/slog"
	"sync"

	"github.com/kahea-sip/kahea/core/avp"
)

// Value is the value of a variable.
type Value = avp.Value

// Variable is a script variable: plain as $ru, or a class as $hdr(name).
type Variable struct {
	Name string // without $
	Doc  string
	// Get and Set serve a plain variable. Set nil makes it read-only.
	Get func(c *Call) Value
	Set func(c *Call, v Value) error
	// Bind serves a class: it is called at start for each place where the
	// variable is written, with the text between the parentheses. An error
	// stops the start. One of Get and Bind is set, or both: then Get is for
	// the name without parentheses.
	Bind func(b Binder, inner string) (Accessor, error)
}

// Accessor is one place where a variable is written, bound to what it names.
type Accessor interface {
	// Get returns the value; i is the index behind the name.
	Get(c *Call, i Index) Value
}

// Assignable is an Accessor that may stand on the left of an assignment.
type Assignable interface {
	Accessor
	// Set assigns; null deletes, where the variable can be absent. A string
	// that outlives the message is cloned by Set.
	Set(c *Call, i Index, v Value) error
}

// Plain returns the variable itself of what Binder.Var returned: an index that is
// given to it counts, where Binder.Var has the one that is written. It is nil
// where an index or a transformation is written.
func Plain(v Accessor) Accessor {
	if p, ok := v.(interface{ Plain() Accessor }); ok {
		return p.Plain()
	}
	return v
}

// Index is the index of a variable: $(avp(x)[2]), $(hdr(Via)[-1]), $(avp(x)[*]).
type Index struct {
	Given bool
	All   bool // [*]
	N     int
}

// Getter makes an Accessor of a function that ignores the index.
type Getter func(c *Call) Value

// Get implements Accessor.
func (g Getter) Get(c *Call, _ Index) Value { return g(c) }

// Template is a string with variables, compiled.
type Template interface {
	// Eval returns the text for a message. It is valid as long as the
	// message. A variable that is null prints as <null>.
	Eval(c *Call) string
	// Value is Eval, but keeps type and null of a template that is just
	// one variable.
	Value(c *Call) Value
	// Const reports whether there are no variables.
	Const() bool
	// String returns the source text.
	String() string
}

// Binder is what Compile, Bind and Prepare may ask of the engine at start.
type Binder interface {
	// Template compiles a string with variables.
	Template(text string) (Template, error)
	// Var compiles one variable, written as in a script.
	Var(text string) (Accessor, error)
	// Route returns the route of a kind and name; ok is false when the
	// configuration does not define it.
	Route(kind RouteKind, name string) (r RouteRef, ok bool)
	// VarSlot returns the place of $var(name) in Call.Vars.
	VarSlot(name string) int
	// Flag returns the number of a flag that a flags line names; ok is false
	// for another name.
	Flag(name string) (number int, ok bool)
	// Setting tells that a module, the engine or the operator declares a setting.
	Setting(group, name string) bool
	// Module returns a loaded module, or nil.
	Module(name string) Module
	// Log is for notices about the configuration.
	Log() *slog.Logger
	// Compiling is held by who calls Template or Var later than in Prepare and
	// Compile: while messages are handled.
	Compiling() sync.Locker
}

// Transformation is one step of $(name{class.op,arg}).
type Transformation struct {
	Class string // "s", "uri", "re" …
	Name  string // "len"; empty where the class has no operations
	Args  []Arg
	// Run returns the transformed value.
	Run func(c *Call, v Value, a Args) Value
	// Accept, if set, serves a class whose arguments do not split at commas
	// (re.subst, s.select …): it is called at start with the text behind the
	// name and returns the step.
	Accept func(b Binder, text string) (func(c *Call, v Value) Value, error)
	// TakesNull tells that the step sees a null value too; others leave it
	// null.
	TakesNull bool
	Doc       string
}
