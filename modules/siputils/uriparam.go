// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// lookup finds a parameter of the Request-URI.
func lookup(c *module.Call, name string) (p sip.Param, ok bool, err error) {
	u, err := sip.ParseURI(c.Target.URI)
	if err != nil {
		return p, false, module.ErrRequestURI
	}
	for one, rest, more := u.Params.Next(); more; one, rest, more = rest.Next() {
		if sip.EqualFold(one.Name, name) {
			return one, true, nil
		}
	}
	return p, false, nil
}

// uriParam is uri_param(param[, value]): without value the parameter must
// have none.
func uriParam(c *module.Call, a module.Args) module.Result {
	p, ok, err := lookup(c, a.Str(0))
	switch {
	case err != nil:
		return c.Fail("uri_param", err)
	case !ok:
		return module.False
	case a[1].Given:
		return module.Bool(p.HasValue && sip.EqualFold(p.Value, a.Str(1)))
	}
	return module.Bool(!p.HasValue)
}

// uriParamAny is uri_param_any(param).
func uriParamAny(c *module.Call, a module.Args) module.Result {
	_, ok, err := lookup(c, a.Str(0))
	if err != nil {
		return c.Fail("uri_param_any", err)
	}
	return module.Bool(ok)
}

// getURIParam is get_uri_param(name, var).
func getURIParam(c *module.Call, a module.Args) module.Result {
	p, ok, err := lookup(c, a.Str(0))
	switch {
	case err != nil:
		return c.Fail("get_uri_param", err)
	case !ok:
		return module.False
	}
	return assign(c, "get_uri_param", a.Var(1), p.Value)
}

// addURIParam is add_uri_param(param).
func addURIParam(c *module.Call, a module.Args) module.Result {
	if a.Str(0) == "" {
		return module.True
	}
	err := c.EditRequestURI(func(u *sip.URI) {
		if u.Params == "" {
			u.Params = sip.Params(a.Str(0))
		} else {
			u.Params = sip.Params(string(u.Params) + ";" + a.Str(0))
		}
	})
	if err != nil {
		return c.Fail("add_uri_param", err)
	}
	return module.True
}

// removeURIParam is uri_param_rm(param): true also when it was not there.
func removeURIParam(c *module.Call, a module.Args) module.Result {
	_, ok, err := lookup(c, a.Str(0))
	if ok {
		err = c.EditRequestURI(func(u *sip.URI) { u.Params = without(u.Params, a.Str(0)) })
	}
	if err != nil {
		return c.Fail("uri_param_rm", err)
	}
	return module.True
}

// without returns parameters less those with a name.
func without(p sip.Params, name string) sip.Params {
	var kept []string
	for rest := p; ; {
		one, more, ok := rest.Next()
		if !ok {
			return sip.Params(strings.Join(kept, ";"))
		}
		if !sip.EqualFold(one.Name, name) {
			kept = append(kept, strings.Trim(string(rest[:len(rest)-len(more)]), ";"))
		}
		rest = more
	}
}
