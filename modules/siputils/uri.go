// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var (
	errReadOnly  = errors.New("the variable is read-only")
	errNoScheme  = errors.New("the URI has no scheme")
	errEmptyHost = errors.New("the host is empty")
)

// Results beside true and false.
const (
	notNeeded module.Result = 2 // tel2sip: the URI is no tel URI
	temporary module.Result = 2 // is_gruu: gr without value
)

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

// isURI is is_uri(pseudo-variable).
func isURI(_ *module.Call, a module.Args) module.Result {
	u, err := sip.ParseURI(a.Str(0))
	if err != nil {
		return module.False
	}
	switch u.Scheme {
	case sip.SchemeSIP, sip.SchemeSIPS:
		return module.Bool(u.Host != "")
	case sip.SchemeTel, sip.SchemeTels, sip.SchemeURN:
		return module.True
	}
	return module.False
}

// isGRUU is is_gruu([uri]) (RFC 5627 3.1): 1 for a public one, 2 for a
// temporary one.
func isGRUU(c *module.Call, a module.Args) module.Result {
	text := c.Target.URI
	if a[0].Given {
		text = a.Str(0)
	}
	u, err := sip.ParseURI(text)
	if err != nil {
		return c.Fail("is_gruu", err)
	}
	switch value, ok := u.Params.Lookup("gr"); {
	case !ok:
		return module.False
	case value == "":
		return temporary
	}
	return module.True
}

// tel2SIP is tel2sip(uri, hostpart, result) (RFC 3261 19.1.6).
func tel2SIP(c *module.Call, a module.Args) module.Result {
	text := a.Str(0)
	if len(text) < 4 || !sip.EqualFold(text[:4], "tel:") {
		return notNeeded
	}
	number, params, _ := strings.Cut(text[4:], ";")
	out := append(c.Mem.Begin(), "sip:"...)
	out = appendDigits(out, number)
	if params != "" {
		out = appendLower(append(out, ';'), params)
	}
	out = append(append(append(out, '@'), a.Str(1)...), ";user=phone"...)
	return assign(c, "tel2sip", a.Var(2), c.Mem.Keep(out))
}

// setURIUser is set_uri_user(uri, user). It works on the text, so that the
// rest of the URI, right or wrong, stays as it is.
func setURIUser(c *module.Call, a module.Args) module.Result {
	text := a.Var(0).Get(c, module.Index{}).Str
	scheme, rest, ok := strings.Cut(text, ":")
	if !ok {
		return c.Fail("set_uri_user", errNoScheme)
	}
	if _, host, ok := strings.Cut(rest, "@"); ok {
		rest = host
	}
	out := append(append(c.Mem.Begin(), scheme...), ':')
	if user := a.Str(1); user != "" {
		out = append(append(out, user...), '@')
	}
	return assign(c, "set_uri_user", a.Var(0), c.Mem.Keep(append(out, rest...)))
}

// setURIHost is set_uri_host(uri, host).
func setURIHost(c *module.Call, a module.Args) module.Result {
	text := a.Var(0).Get(c, module.Index{}).Str
	colon := strings.IndexByte(text, ':')
	switch {
	case a.Str(1) == "":
		return c.Fail("set_uri_host", errEmptyHost)
	case colon < 0:
		return c.Fail("set_uri_host", errNoScheme)
	}
	start := max(colon, strings.IndexByte(text, '@')) + 1
	end := start
	if strings.HasPrefix(text[start:], "[") {
		end += strings.IndexByte(text[start:], ']') + 1
	}
	if n := strings.IndexAny(text[end:], ":;?"); n >= 0 {
		end += n
	} else {
		end = len(text)
	}
	out := append(append(append(c.Mem.Begin(), text[:start]...), a.Str(1)...), text[end:]...)
	return assign(c, "set_uri_host", a.Var(0), c.Mem.Keep(out))
}
