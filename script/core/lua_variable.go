// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"strconv"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
)

// variableFunctions are those of KSR.pv: each takes the name of a variable as
// a native script writes it. A name that is none is an error in the log, and
// counts as null.
func variableFunctions() []module.Function {
	name := module.Arg{Name: "name", Type: module.ArgVar, Doc: "a variable, as $ru or $(avp(x)[1])"}
	list := []module.Function{
		{Name: "pv.getvn", Args: []module.Arg{name, num("number", "what null counts as")}, Doc: "The value, a number where it is null.",
			Get: func(c *module.Call, a module.Args) module.Value { return orNull(read(c, a), a[1].Value) }},
		{Name: "pv.getvs", Args: []module.Arg{name, str("text", "what null counts as")}, Doc: "The value, a text where it is null.",
			Get: func(c *module.Call, a module.Args) module.Value { return orNull(read(c, a), a[1].Value) }},
		{Name: "pv.geti", Args: []module.Arg{name}, Doc: "The value as an integer, 0 where it is none.",
			Run: func(c *module.Call, a module.Args) module.Result {
				v := read(c, a)
				n, ok := v.Number()
				if !ok {
					n = leading(v.Str)
				}
				return module.Result(n)
			}},
		{Name: "pv.seti", Lua: "pv.seti bool", Args: []module.Arg{name, num("value", "an integer")}, Run: assign, Doc: "Assigns an integer."},
		{Name: "pv.sets", Lua: "pv.sets bool", Args: []module.Arg{name, str("value", "a text")}, Run: assign, Doc: "Assigns a text."},
		{Name: "pv.unset", Lua: "pv.unset bool", Args: []module.Arg{name}, Run: unset, Doc: "Assigns null: takes the value away."},
		{Name: "pv.is_null", Lua: "pv.is_null bool", Args: []module.Arg{name}, Doc: "True when the variable is null.",
			Run: func(c *module.Call, a module.Args) module.Result { return module.Bool(read(c, a).IsNull()) }},
	}
	for _, f := range onNull {
		list = append(list, module.Function{Name: "pv.get" + f.suffix, Args: []module.Arg{name}, Doc: "The value of a variable, " + f.doc + " for null.",
			Get: func(c *module.Call, a module.Args) module.Value { return orNull(read(c, a), f.value) }})
	}
	return list
}

// leading is the number that a text begins with, as the reference has it: 127
// of an address, 1 of a CSeq.
func leading(text string) int64 {
	n := 0
	if strings.HasPrefix(text, "-") {
		n = 1
	}
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	v, _ := strconv.ParseInt(text[:n], 10, 32)
	return v
}

func read(c *module.Call, a module.Args) module.Value {
	v := a.Var(0)
	if v == nil {
		c.Fail("KSR.pv", a[0].Err)
		return module.Value{}
	}
	return v.Get(c, module.Index{})
}

var errReadOnly = errors.New("the variable cannot be assigned")

// assign is true for a variable that cannot be assigned too, as with Kamailio;
// the log tells of it.
func assign(c *module.Call, a module.Args) module.Result { return write(c, a, a[1].Value) }

func unset(c *module.Call, a module.Args) module.Result { return write(c, a, module.Value{}) }

func write(c *module.Call, a module.Args, value module.Value) module.Result {
	v := a.Var(0)
	if v == nil {
		return c.Fail("KSR.pv", a[0].Err)
	}
	set, ok := v.(module.Assignable)
	if !ok {
		c.Fail("KSR.pv", errReadOnly)
		return module.True
	}
	if err := set.Set(c, module.Index{}, value); err != nil {
		return c.Fail("KSR.pv", err)
	}
	return module.True
}
