// SPDX-License-Identifier: Apache-2.0

// Package compile turns a resolved configuration into a flat program.
package compile

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/expr"
	"github.com/kahea-sip/kahea/script/variable"
)

// Code is a compiled configuration. It never changes.
type Code struct {
	// Routes are the route blocks; a RouteRef is a place in it plus one.
	Routes []*Route
	// Index finds routes by kind and name.
	Index map[Key]module.RouteRef
	// Vars are the names of the $var slots.
	Vars []string
	// Flags are the numbers of the flags that flags lines name.
	Flags map[string]int64
}

// Key is a kind of route with a name.
type Key struct {
	Kind module.RouteKind
	Name string
}

// Route is one route block.
type Route struct {
	// Title is how the block is headed: route[RELAY].
	Title string
	Name  string
	Ops   []Op
	// Lines has the place of each operation.
	Lines []module.Position
}

// Code of an operation.
type OpCode uint8

// The operations.
const (
	// OpEnd ends the route; its result is that of the last statement.
	OpEnd OpCode = iota
	// OpCall runs a function.
	OpCall
	// OpRoute runs a route.
	OpRoute
	// OpSet assigns X to Target.
	OpSet
	// OpJumpUnless goes to To unless X is positive. Else it goes on; the
	// result of the last statement is then 1.
	OpJumpUnless
	// OpJump goes to To.
	OpJump
	// OpLoop begins a while: it sets its counter to zero.
	OpLoop
	// OpLoopUnless goes to To unless X is positive, or when the loop ran too
	// often.
	OpLoopUnless
	// OpSwitch goes where Table has X.
	OpSwitch
	// OpBreak leaves a switch, a while or the route: to To.
	OpBreak
	// OpReturn leaves the route with the number X, 1 without X. Zero ends the
	// script.
	OpReturn
	// OpExit ends the script with the number X, 1 without X.
	OpExit
	// OpDrop ends the script and drops the message.
	OpDrop
	// OpTell tells the follower of Action, the statement behind it.
	OpTell
	opCount

	// OpTrace stands in the place of every operation while a program is traced; it is in no listing.
	OpTrace = opCount
)

var opNames = [opCount]string{"end", "call", "route", "set", "unless", "jump", "loop", "while", "switch", "break", "return",
	"exit", "drop", "tell"}

// String is the operation's name in listings.
func (o OpCode) String() string {
	if int(o) < len(opNames) {
		return opNames[o]
	}
	return fmt.Sprintf("op%d", uint8(o))
}

// Op is one operation.
type Op struct {
	Code OpCode
	// To is where jumps go; the number of the loop for OpLoop.
	To   int32
	Loop int32
	X    expr.Node
	// Call and Route are X where it is one.
	Call   *expr.Invoke
	Route  *expr.Route
	Target *variable.Ref
	Table  *Table
	Action *module.Action
}

// Table says where a switch goes.
type Table struct {
	// Numbers and Strings are the labels of each kind.
	Numbers map[int64]int32
	Strings map[string]int32
	// Order has the labels in their order where one is an expression: the
	// first one that fits counts.
	Order []Label
	// Text tells that the subject counts as a string.
	Text bool
	// Default is where it goes when no label fits.
	Default int32
}

// Label is a label of a switch with expressions.
type Label struct {
	String string
	Match  *expr.Match
	To     int32
}

// MaxLoops is how deep while loops may be nested in one route.
const MaxLoops = 16
