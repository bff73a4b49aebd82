// SPDX-License-Identifier: Apache-2.0

package avpops

import (
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

// destination is where avp_pushto writes.
type destination struct {
	text, variable string
	to             module.Assignable
	uri, branch    module.Assignable // for the further values of the Request-URI
}

// destinations are the variables that stand for them.
var destinations = map[string]string{"$ru": "$ru", "$ru/username": "$rU", "$ru/domain": "$rd", "$du": "$du", "$br": "$br"}

func compileDestination(text string) (any, error) {
	v, ok := destinations[text]
	if !ok {
		return nil, fmt.Errorf("%q is none of $ru, $ru/username, $ru/domain, $du and $br", text)
	}
	return &destination{text: text, variable: v}, nil
}

func (d *destination) bind(b module.Binder) error {
	for _, v := range []struct {
		text string
		to   *module.Assignable
	}{{d.variable, &d.to}, {"$ru", &d.uri}, {"$br", &d.branch}} {
		found, err := b.Var(v.text)
		if err != nil {
			return err
		}
		var ok bool
		if *v.to, ok = found.(module.Assignable); !ok {
			return fmt.Errorf("%s cannot be assigned", v.text)
		}
	}
	return nil
}

// pushTo is avp_pushto(destination, name).
func pushTo(c *module.Call, a module.Args) module.Result {
	d, ok := a[0].Data.(*destination)
	v, ok2 := a[1].Data.(*valuesArg)
	if !ok || !ok2 || d.to == nil || v.v == nil {
		return c.Fail("avp_pushto", errPrepared)
	}
	n := 0
	var err error
	v.each(c, false, func(value module.Value) bool {
		if value.Kind == avp.Int {
			value = avp.String(c.Mem.Keep(value.AppendText(c.Mem.Begin())))
		}
		if n++; n == 1 || d.text == "$br" || d.text == "$du" {
			err = d.to.Set(c, module.Index{}, value)
		} else {
			err = d.further(c, value)
		}
		return err != nil
	})
	if err != nil {
		return c.Fail("avp_pushto", err)
	}
	return module.Bool(n > 0)
}

// further makes a branch of a value for the Request-URI, which stays as the first
// value made it.
func (d *destination) further(c *module.Call, v module.Value) error {
	before := c.Target.URI
	if err := d.to.Set(c, module.Index{}, v); err != nil {
		return err
	}
	uri := avp.String(c.Target.URI)
	if err := d.uri.Set(c, module.Index{}, avp.String(before)); err != nil {
		return err
	}
	return d.branch.Set(c, module.Index{}, uri)
}
