// SPDX-License-Identifier: Apache-2.0

package avpops

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/subst"
)

var errPrepared = errors.New("the argument must be a constant text")

// isSet is is_avp_set(name/flags).
func isSet(c *module.Call, a module.Args) module.Result {
	s, ok := a[0].Data.(*avpArg)
	if !ok || s.avp == nil {
		return c.Fail("is_avp_set", errPrepared)
	}
	v, ok := c.AVPs.At(s.avp.Name(c), 0)
	switch {
	case !ok, s.has("s") && v.Kind != avp.Str, s.has("n") && v.Kind != avp.Int, s.has("e") && (v.Kind != avp.Str || v.Str != ""):
		return module.False
	}
	return module.True
}

// deletion is the argument of avp_delete.
type deletion struct {
	avpArg
	matching matching // 0 for one AVP
}

func compileDelete(text string) (any, error) {
	parts := split(text)
	d := new(deletion)
	var err error
	if len(parts) > 2 {
		return nil, fmt.Errorf("%q has too many parts", text)
	}
	if len(parts) == 2 {
		if d.flags, err = flags(parts[1], "g"); err != nil {
			return nil, err
		}
	}
	var words bool
	if d.matching, words, err = parseMatching(parts[0]); !words {
		d.text = parts[0]
	}
	return d, err
}

func (d *deletion) bind(b module.Binder) error {
	if d.matching != 0 {
		return nil
	}
	return d.avpArg.bind(b)
}

// deleteAVPs is avp_delete(name/flags).
func deleteAVPs(c *module.Call, a module.Args) module.Result {
	d, ok := a[0].Data.(*deletion)
	switch {
	case !ok || d.matching == 0 && d.avp == nil:
		return c.Fail("avp_delete", errPrepared)
	case d.matching != 0:
		names := d.matching.names(c)
		for _, name := range names {
			c.AVPs.Clear(name)
		}
		return module.Bool(len(names) > 0)
	case d.has("g"):
		return module.Bool(c.AVPs.Clear(d.avp.Name(c)) > 0)
	}
	return module.Bool(c.AVPs.Remove(d.avp.Name(c), 0))
}

// copyAVP is avp_copy(old_name, new_name/flags).
func copyAVP(c *module.Call, a module.Args) module.Result {
	from, ok := a[0].Data.(*avpArg)
	to, ok2 := a[1].Data.(*avpArg)
	if !ok || !ok2 || from.avp == nil || to.avp == nil {
		return c.Fail("avp_copy", errPrepared)
	}
	name, target := from.avp.Name(c), to.avp.Name(c)
	values := valuesOf(c, name, to.has("g"))
	for i, v := range values {
		switch {
		case to.has("n") && v.Kind == avp.Str:
			n, ok := avp.ParseInt(v.Str)
			if !ok && v.Str != "" {
				return module.False
			}
			values[i] = avp.Number(n)
		case to.has("s") && v.Kind == avp.Int:
			values[i] = avp.String(string(v.AppendText(nil)))
		}
	}
	if to.has("d") {
		for range values {
			c.AVPs.Remove(name, 0)
		}
	}
	for _, v := range values {
		add(c, target, v)
	}
	return module.Bool(len(values) > 0)
}

// substArg is an expression whose variables are found when the call is prepared.
type substArg struct{ *subst.Expression }

func (s substArg) bind(b module.Binder) error { return s.Bind(b) }

func compileSubst(text string) (any, error) {
	if len(text) > 3 { // flags of either case
		if i := strings.LastIndexByte(text, text[0]); i > 0 {
			text = text[:i] + strings.ToLower(text[i:])
		}
	}
	e, err := subst.Parse(text)
	if err != nil {
		return nil, err
	}
	return substArg{e}, nil
}

// substitute makes avp_subst(avps, subst) and avp_subst_pv.
func substitute(function string) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		p, ok := a[0].Data.(*pair)
		e, ok2 := a[1].Data.(substArg)
		switch {
		case !ok || p.from.avp == nil:
			return c.Fail(function, errPrepared)
		case !ok2:
			return c.Fail(function, a[1].Err)
		}
		name := p.from.avp.Name(c)
		target := name
		if p.to.avp != nil {
			target = p.to.avp.Name(c)
		}
		all := valuesOf(c, name, true)
		var kept, changed []module.Value // kept is what stays of all
		for i, v := range all {
			text, n := v.Str, 0
			if v.Kind == avp.Str && (i == 0 || strings.Contains(p.flags, "g")) {
				var err error
				if text, n, err = e.Apply(c, v.Str); err != nil {
					return c.Fail(function, err)
				}
			}
			if n > 0 {
				changed = append(changed, avp.String(text))
			}
			if n == 0 || !p.inPlace(c) && !strings.Contains(p.flags, "d") {
				kept = append(kept, v)
			}
		}
		if len(changed) == 0 {
			return module.False
		}
		if len(kept) < len(all) {
			put(c, name, kept)
		}
		for _, v := range changed {
			add(c, target, v)
		}
		return module.True
	}
}

// printAVPs is avp_print().
func printAVPs(c *module.Call, _ module.Args) module.Result {
	for name, v := range c.AVPs.All() {
		c.Log().Info("AVP name=<" + strings.TrimPrefix(name, "i:") + ">")
		if v.Kind == avp.Int {
			c.Log().Info(fmt.Sprintf("AVP val_int=<%d>", v.Int))
		} else {
			c.Log().Info(fmt.Sprintf("AVP val_str=<%s / %d>", v.Str, len(v.Str)))
		}
	}
	return module.True
}
