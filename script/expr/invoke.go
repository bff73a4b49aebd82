// SPDX-License-Identifier: Apache-2.0

package expr

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/script/variable"
)

// Invoke is a call of a module's function.
type Invoke struct {
	// Core marks a function of the core: as in Kamailio it leaves $rc as it is,
	// and makes it 0 inside of an expression.
	Core bool
	Fn   *module.Function
	// Args has an entry for each declared argument: constant ones are ready.
	Args module.Args
	// Dynamic are the arguments that are computed for each call.
	Dynamic []Dynamic
	// Source is the call as the listing prints it.
	Source string
	// Action is what followers are told of it inside of an expression; nil
	// without one.
	Action *module.Action
}

// Dynamic is an argument that is computed for each call.
type Dynamic struct {
	Index int
	Node  Node
	Type  module.ArgType
	// Compile is that of the declaration.
	Compile func(text string) (any, error)
}

// Raw runs the function and returns its result. Zero ends the script.
func (i *Invoke) Raw(c *module.Call) module.Result {
	args := i.Args
	if len(i.Dynamic) == 0 {
		r := i.Fn.Run(c, args)
		if !i.Core {
			c.RC = r
		}
		if r == module.Stop {
			FrameOf(c).Stop = true
		}
		return r
	}
	return i.dynamic(c)
}

func (i *Invoke) dynamic(c *module.Call) module.Result {
	f := FrameOf(c)
	base := len(f.args)
	f.args = append(f.args, i.Args...)
	for d := range i.Dynamic {
		dyn := &i.Dynamic[d]
		v := dyn.Node.Value(c)
		// The node may have called a function itself and moved f.args.
		f.args[base+dyn.Index] = dyn.argument(c, v)
	}
	args := module.Args(f.args[base:len(f.args):len(f.args)])
	r := i.Fn.Run(c, args)
	if !i.Core {
		c.RC = r
	}
	if r == module.Stop {
		f.Stop = true
	}
	clear(f.args[base:])
	f.args = f.args[:base]
	return r
}

// argument makes the value fit the declared type.
func (d *Dynamic) argument(c *module.Call, v module.Value) module.ArgValue {
	a := module.ArgValue{Value: v, Given: true}
	switch d.Type {
	case module.ArgStr, module.ArgRegexp:
		if v.Kind == avp.Int {
			v.Str = variable.Decimal(c, v.Int)
		}
		// A quoted null variable brings its text.
		a.Value = avp.String(v.Str)
	case module.ArgInt:
		n, ok := variable.Int(v)
		if !ok {
			a.Err = errNotNumber
		}
		a.Value = avp.Number(n)
	}
	if d.Compile != nil && d.Type != module.ArgInt {
		a.Data, a.Err = d.Compile(a.Value.Str)
	}
	return a
}

type argumentError string

func (e argumentError) Error() string { return string(e) }

const errNotNumber = argumentError("argument is not a number")

// Value implements Node: the code that the function returned.
func (i *Invoke) Value(c *module.Call) module.Value { return avp.Number(int64(i.asked(c))) }

// asked is Raw inside of an expression, where a function of the core makes $rc 0.
func (i *Invoke) asked(c *module.Call) module.Result {
	if i.Action != nil {
		FrameOf(c).Follow(c, i.Action)
	}
	r := i.Raw(c)
	if i.Core {
		c.RC = 0
	}
	return r
}

// Int implements Node: 1 when the function returned a positive code, else 0.
func (i *Invoke) Int(c *module.Call) int64 { return truth(i.asked(c) > 0) }

// Told implements Coded.
func (i *Invoke) Told() *module.Action { return i.Action }

// Type implements Node.
func (i *Invoke) Type() Type { return Int }

// String implements Node.
func (i *Invoke) String() string { return i.Source }

// Route runs a route inside an expression or as a statement.
type Route struct {
	Ref  module.RouteRef
	Name string
	// By gives the name where it is computed; else nil.
	By Node
	// Action is as that of Invoke.
	Action *module.Action
}

// Raw runs the route and returns its code.
func (r *Route) Raw(c *module.Call) module.Result {
	f := FrameOf(c)
	ref := r.Ref
	if r.By != nil {
		name := variable.Text(c, r.By.Value(c))
		found, ok := f.Find(name)
		if !ok {
			c.Log().Error("route not found", "name", strings.Clone(name), "at", c.Line)
			return module.True
		}
		ref = found
	}
	res := f.Enter(c, ref)
	c.RC = res
	return res
}

// asked is Raw inside of an expression.
func (r *Route) asked(c *module.Call) module.Result {
	if r.Action != nil {
		FrameOf(c).Follow(c, r.Action)
	}
	return r.Raw(c)
}

// Told implements Coded.
func (r *Route) Told() *module.Action { return r.Action }

// Value implements Node.
func (r *Route) Value(c *module.Call) module.Value { return avp.Number(int64(r.asked(c))) }

// Int implements Node.
func (r *Route) Int(c *module.Call) int64 { return truth(r.asked(c) > 0) }

// Type implements Node.
func (r *Route) Type() Type { return Int }

// String implements Node.
func (r *Route) String() string {
	if r.By != nil {
		return "route(" + r.By.String() + ")"
	}
	return "route(" + r.Name + ")"
}

// Coded is a node whose result is a return code: a function or a route.
type Coded interface {
	Node
	Raw(c *module.Call) module.Result
	// Told is what followers are told of it; nil without one.
	Told() *module.Action
}

var (
	_ Coded = (*Invoke)(nil)
	_ Coded = (*Route)(nil)
)
