// SPDX-License-Identifier: Apache-2.0

package dialplan

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// noPlan is the result where there is no dialplan of that number.
const noPlan module.Result = -2

var (
	errAssign = errors.New("the variable behind the slash cannot be assigned to")
	errPair   = errors.New(`it is a variable, or two with a slash between them: "$rU/$var(x)"`)
)

// pair is the argument src/dest of dp_translate.
type pair struct {
	src module.Accessor
	dst module.Assignable // nil where nothing is translated
}

// compilePair is Arg.Compile.
func (d *Dialplan) compilePair(text string) (any, error) {
	src, dst, two := strings.Cut(text, "/")
	var p pair
	var err error
	if p.src, err = d.binder.Var(strings.TrimSpace(src)); err != nil {
		return nil, errPair
	}
	if !two {
		return p, nil
	}
	out, err := d.binder.Var(strings.TrimSpace(dst))
	if err != nil {
		return nil, errPair
	}
	var ok bool
	if p.dst, ok = out.(module.Assignable); !ok {
		return nil, errAssign
	}
	return p, nil
}

// apply finds the rule for a text, and gives what that becomes to set, nil for
// nothing.
func (d *Dialplan) apply(c *module.Call, name string, plan int64, text string, set func(out string) error) module.Result {
	rules := (*d.plans.Load())[plan]
	if rules == nil {
		return noPlan
	}
	if text == "" {
		return module.False
	}
	for _, r := range rules {
		ok, err := r.matches(c, text)
		if err != nil {
			return c.Fail(name, err)
		}
		if !ok {
			continue
		}
		if set != nil {
			out, changed, err := r.translate(c, text)
			if err == nil && changed {
				err = set(out)
			}
			if err != nil {
				return c.Fail(name, err)
			}
		}
		if d.attrs != nil {
			if err := d.attrs.(module.Assignable).Set(c, module.Index{}, avp.String(r.attrs)); err != nil {
				return c.Fail(name, err)
			}
		}
		return module.True
	}
	return module.False
}

// assign returns what sets a variable.
func assign(c *module.Call, to module.Assignable) func(out string) error {
	return func(out string) error { return to.Set(c, module.Index{}, avp.String(out)) }
}

// discard is for a translation that nobody wants, whose expression has to match all
// the same.
func discard(string) error { return nil }

// match is dp_match(dpid, inval).
func (d *Dialplan) match(c *module.Call, a module.Args) module.Result {
	return d.apply(c, "dp_match", int64(a.Int(0, 0)), a.Str(1), nil)
}

// replace is dp_replace(dpid, inval, outvar).
func (d *Dialplan) replace(c *module.Call, a module.Args) module.Result {
	out, ok := a.Var(2).(module.Assignable)
	if !ok {
		return c.Fail("dp_replace", errAssign)
	}
	return d.apply(c, "dp_replace", int64(a.Int(0, 0)), a.Str(1), assign(c, out))
}

// requestUser is $rU as a variable to assign to.
type requestUser struct{}

// Get implements module.Accessor.
func (requestUser) Get(c *module.Call, _ module.Index) module.Value {
	u, err := c.ParseURI(c.Target.URI)
	if err != nil {
		return avp.Value{}
	}
	return avp.String(u.User)
}

// Set implements module.Assignable.
func (requestUser) Set(c *module.Call, _ module.Index, v module.Value) error {
	return c.SetRequestUser(v.Str)
}

// translate is dp_translate(id[, src[/dest]]).
func (d *Dialplan) translate(c *module.Call, a module.Args) module.Result {
	p := pair{requestUser{}, requestUser{}}
	if a[1].Given {
		var ok bool
		if p, ok = a[1].Data.(pair); !ok {
			return c.Fail("dp_translate", a[1].Err)
		}
	}
	return d.translatePair(c, int64(a.Int(0, 0)), p)
}

// translateVars is dp_translate_vars(dpid, input, outvar) of Lua.
func (d *Dialplan) translateVars(c *module.Call, a module.Args) module.Result {
	out, ok := a.Var(2).(module.Assignable)
	if !ok || a.Var(1) == nil {
		return c.Fail("dp_translate_vars", errAssign)
	}
	return d.translatePair(c, int64(a.Int(0, 0)), pair{a.Var(1), out})
}

func (d *Dialplan) translatePair(c *module.Call, plan int64, p pair) module.Result {
	v := p.src.Get(c, module.Index{})
	text := string(v.AppendText(nil))
	if v.IsNull() {
		text = ""
	}
	if p.dst == nil {
		return d.apply(c, "dp_translate", plan, text, discard)
	}
	return d.apply(c, "dp_translate", plan, text, assign(c, p.dst))
}

// reload is dp_reload().
func (d *Dialplan) reload(c *module.Call, _ module.Args) module.Result {
	var err error
	c.Block(func() { err = d.load(c.Context()) })
	if err != nil {
		return c.Fail("dp_reload", err)
	}
	return module.True
}
