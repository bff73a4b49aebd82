// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// adapt puts the view before the functions and variables of a module.
func (v *traceView) adapt(e *module.Exports) {
	for i := range e.Lua {
		v.keepInside(&e.Lua[i])
	}
	for i := range e.Functions {
		f := &e.Functions[i]
		v.keepInside(f)
		run := f.Run
		name := f.Name
		f.Run = func(c *module.Call, a module.Args) module.Result {
			text := name + "(" + v.arguments(c, a) + ")"
			r := run(c, a)
			v.note("%s gives %d", text, r)
			return r
		}
	}
	for i := range e.Variables {
		v.adaptVariable(&e.Variables[i])
	}
}

// keepInside tells the calls of a function that would ask something outside in place of making them.
func (v *traceView) keepInside(f *module.Function) {
	if !f.Outside {
		return
	}
	name := f.Name
	f.Run = func(c *module.Call, a module.Args) module.Result {
		v.note("would call %s(%s), but a trace leaves the world outside alone", name, v.arguments(c, a))
		return module.False
	}
}

func (v *traceView) adaptVariable(x *module.Variable) {
	name := "$" + x.Name
	if get := x.Get; get != nil {
		x.Get = func(c *module.Call) module.Value {
			val := get(c)
			v.once("%s is %s", name, valueText(val))
			return val
		}
	}
	if set := x.Set; set != nil {
		x.Set = func(c *module.Call, val module.Value) error {
			v.note("%s = %s", name, valueText(val))
			return set(c, val)
		}
	}
	if bind := x.Bind; bind != nil {
		x.Bind = func(b module.Binder, inner string) (module.Accessor, error) {
			acc, err := bind(b, inner)
			if err != nil || acc == nil {
				return acc, err
			}
			seen := seenAccessor{Accessor: acc, view: v, name: name + "(" + inner + ")"}
			if inner == "" {
				seen.name = name
			}
			if set, ok := acc.(module.Assignable); ok {
				return seenAssignable{seen, set}, nil
			}
			return seen, nil
		}
	}
}

// seenAccessor tells what is read through it.
type seenAccessor struct {
	module.Accessor
	view *traceView
	name string
}

// Get implements module.Accessor.
func (s seenAccessor) Get(c *module.Call, i module.Index) module.Value {
	val := s.Accessor.Get(c, i)
	s.view.once("%s is %s", s.indexed(i), valueText(val))
	return val
}

func (s seenAccessor) indexed(i module.Index) string {
	switch {
	case !i.Given:
		return s.name
	case i.All:
		return "$(" + s.name[1:] + "[*])"
	}
	return "$(" + s.name[1:] + "[" + strconv.Itoa(i.N) + "])"
}

// seenAssignable also tells what is assigned through it.
type seenAssignable struct {
	seenAccessor
	set module.Assignable
}

// Set implements module.Assignable.
func (s seenAssignable) Set(c *module.Call, i module.Index, val module.Value) error {
	s.view.note("%s = %s", s.indexed(i), valueText(val))
	return s.set.Set(c, i, val)
}

// arguments prints the arguments of a call with the values that they have.
func (v *traceView) arguments(c *module.Call, a module.Args) string {
	v.mute(1)
	defer v.mute(-1)
	var parts []string
	for i := range a {
		x := &a[i]
		if !x.Given {
			continue
		}
		switch d := x.Data.(type) {
		case module.Template:
			parts = append(parts, strconv.Quote(d.Eval(c)))
			continue
		case fmt.Stringer:
			if x.Value.IsNull() {
				parts = append(parts, d.String())
				continue
			}
		}
		parts = append(parts, valueText(x.Value))
	}
	return strings.Join(parts, ", ")
}

func (v *traceView) mute(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.muted += n
}
