// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

type (
	getter = func(c *module.Call) module.Value
	setter = func(c *module.Call, v module.Value) error
)

var null = module.Value{}

var (
	errNeedString = errors.New("the value must be a string")
	errNeedNumber = errors.New("the value must be a number")
	errReadOnly   = errors.New("it is read-only")
)

// orNull is a text, null when it is empty.
func orNull(s string) module.Value {
	if s == "" {
		return null
	}
	return avp.String(s)
}

func number(n int) module.Value { return avp.Number(int64(n)) }

// text is the value as a string in the message's memory.
func text(c *module.Call, v module.Value) string {
	if v.Kind == avp.Int {
		return c.Mem.Keep(strconv.AppendInt(c.Mem.Begin(), v.Int, 10))
	}
	return v.Str
}

// build makes a string value of what f appends.
func build(c *module.Call, f func(b []byte) []byte) module.Value {
	return avp.String(c.Mem.Keep(f(c.Mem.Begin())))
}

func read(name string, get getter, doc string) module.Variable {
	return module.Variable{Name: name, Get: get, Doc: doc}
}

func write(name string, get getter, set setter, doc string) module.Variable {
	return module.Variable{Name: name, Get: get, Set: set, Doc: doc}
}

// attribute binds a class whose names are fixed: $via0(host).
func attribute(name, doc string, get map[string]getter) module.Variable {
	return module.Variable{Name: name, Doc: doc, Bind: func(_ module.Binder, inner string) (module.Accessor, error) {
		g, ok := get[inner]
		if !ok {
			return nil, errors.New("$" + name + " has no attribute " + strconv.Quote(inner))
		}
		return module.Getter(g), nil
	}}
}

// dynamic is a name that may hold variables: $hdr($var(x)).
type dynamic struct {
	fixed string
	tpl   module.Template
}

func bindName(b module.Binder, inner string) (dynamic, error) {
	if inner == "" {
		return dynamic{}, errors.New("the name is empty")
	}
	for i := range inner {
		if inner[i] == '$' {
			t, err := b.Template(inner)
			if err != nil {
				return dynamic{}, err
			}
			if !t.Const() {
				return dynamic{tpl: t}, nil
			}
			return dynamic{fixed: t.Eval(nil)}, nil
		}
	}
	return dynamic{fixed: inner}, nil
}

func (d *dynamic) name(c *module.Call) string {
	if d.tpl == nil {
		return d.fixed
	}
	return d.tpl.Eval(c)
}
