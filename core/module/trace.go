// SPDX-License-Identifier: Apache-2.0

package module

// Tracer is told what a script does, operation by operation. A program asks it only when it was made with one: then every operation
// costs a call. It belongs to the goroutine of the Call; several may call it at one time.
type Tracer interface {
	// Enter is called when a route block begins, title being its heading: route[RELAY].
	Enter(c *Call, title string)
	// Step is called before an operation, which is the one of that index in its route.
	Step(c *Call, at *Position, index int, op Operation)
	// Leave is called when a route block has ended with that code.
	Leave(c *Call, title string, result Result)
}

// Operation is one operation of a script, as Tracer sees it.
type Operation interface {
	// Name is the operation's name in listings: call, set, if …
	Name() string
	// Operands is what it works on, in the words of the script.
	Operands() string
	// Jump is the index of the operation that a jump goes to, -1 for what goes on with the next one.
	Jump() int
}

// Follower is a module that is told each action of a script while it wants to be: the statements, and the functions and routes that
// conditions ask, in the order in which they run. A script is compiled for that only where such a module is loaded.
type Follower interface {
	// Following tells whether actions are to be told.
	Following() bool
	// Acts is called before an action runs.
	Acts(c *Call, a *Action)
	// Assigned is called after an assignment, v being the variable.
	Assigned(c *Call, name string, v Accessor)
}

// Action is a statement or a call in the way that Kamailio counts them, for those who read its traces.
type Action struct {
	// Name is Kamailio's name of it, Code the number of its kind.
	Name string
	Code int
	// Kind is the kind of the route block that it stands in, Route the name of that.
	Kind  RouteKind
	Route string
	// File and Line are where it ends, and for an if without an else where the next statement begins.
	File string
	Line int
}
