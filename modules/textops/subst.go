// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/subst"
)

var errReadOnly = errors.New("the variable is read-only")

// substPart makes subst(expression) and subst_body(expression).
func substPart(p part, name string) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		s, ok := a[0].Data.(*subst.Expression)
		if !ok {
			return c.Fail(name, a[0].Err)
		}
		text, base := p.of(c.Msg)
		if text == "" {
			return module.False
		}
		n, err := s.Each(c, text, func(start, end int, repl string) { c.Msg.Replace(base+start, base+end, repl) })
		if err != nil {
			return c.Fail(name, err)
		}
		return module.Bool(n > 0)
	}
}

// substURI is subst_uri(expression): on the Request-URI as it is now.
func substURI(c *module.Call, a module.Args) module.Result {
	s, ok := a[0].Data.(*subst.Expression)
	if !ok {
		return c.Fail("subst_uri", a[0].Err)
	}
	uri, n, err := s.Apply(c, c.Target.URI)
	if err != nil {
		return c.Fail("subst_uri", err)
	}
	if n == 0 {
		return module.False
	}
	c.Target.URI = c.Keep(uri)
	return module.True
}

// substUser is subst_user(expression): on the user of the Request-URI.
func substUser(c *module.Call, a module.Args) module.Result {
	s, ok := a[0].Data.(*subst.Expression)
	if !ok {
		return c.Fail("subst_user", a[0].Err)
	}
	u, err := sip.ParseURI(c.Target.URI)
	if err != nil {
		return c.Fail("subst_user", module.ErrRequestURI)
	}
	user, n, err := s.Apply(c, u.User)
	if err != nil {
		return c.Fail("subst_user", err)
	}
	if n == 0 {
		return module.False
	}
	if err := c.SetRequestUser(user); err != nil {
		return c.Fail("subst_user", err)
	}
	return module.True
}

// substHeader is subst_hf(hf, expression, flags): on values.
func substHeader(c *module.Call, a module.Args) module.Result {
	s, ok := a[1].Data.(*subst.Expression)
	if !ok {
		return c.Fail("subst_hf", a[1].Err)
	}
	which, ok := a[2].Data.(selection)
	if !ok {
		return c.Fail("subst_hf", a[2].Err)
	}
	found := module.False
	selected(c.Msg, a.Str(0), which, func(i int) bool {
		value := c.Msg.HeaderValueAt(i)
		base := c.Msg.Offset(value)
		n, err := s.Each(c, value, func(start, end int, repl string) { c.Msg.Replace(base+start, base+end, repl) })
		if err != nil {
			found = c.Fail("subst_hf", err)
			return false
		}
		if n > 0 {
			found = module.True
		}
		return true
	})
	return found
}

// substVar is subst_v(text, expression, variable).
func substVar(c *module.Call, a module.Args) module.Result {
	s, ok := a[1].Data.(*subst.Expression)
	if !ok {
		return c.Fail("subst_v", a[1].Err)
	}
	text, n, err := s.Apply(c, a.Str(0))
	if err != nil {
		return c.Fail("subst_v", err)
	}
	if n == 0 {
		return module.False
	}
	return assign(c, "subst_v", a.Var(2), text)
}

// assign sets a variable that a function was given.
func assign(c *module.Call, function string, v module.Accessor, text string) module.Result {
	to, ok := v.(module.Assignable)
	if !ok {
		return c.Fail(function, errReadOnly)
	}
	if err := to.Set(c, module.Index{}, avp.String(text)); err != nil {
		return c.Fail(function, err)
	}
	return module.True
}
