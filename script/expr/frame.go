// SPDX-License-Identifier: Apache-2.0

package expr

import "github.com/kahea-sip/kahea/core/module"

// Frame is the state of the script engine for one Call; Call.Frame holds it.
type Frame struct {
	// Stop tells that the script ends: exit, drop, a function that returned
	// Stop. Drop tells that it was drop.
	Stop, Drop bool
	// Failed tells that an expression has no value; its assignment is left
	// out.
	Failed bool
	// Depth is how deep routes are nested.
	Depth int
	// Owner is the program that the frame was set up for.
	Owner any
	// Enter runs a route for a route() inside an expression.
	Enter func(c *module.Call, r module.RouteRef) module.Result
	// Find finds a route by a name that is computed.
	Find func(name string) (module.RouteRef, bool)

	// Follower is the module that is told of actions; nil for none.
	Follower module.Follower

	args []module.ArgValue
}

// Follow tells the follower of an action.
func (f *Frame) Follow(c *module.Call, a *module.Action) {
	if f.Follower != nil && f.Follower.Following() {
		f.Follower.Acts(c, a)
	}
}

// FrameOf returns the frame of a call.
func FrameOf(c *module.Call) *Frame { return c.Frame.(*Frame) }
