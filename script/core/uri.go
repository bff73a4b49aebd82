// SPDX-License-Identifier: Apache-2.0

package core

import (
	"errors"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

func edited(c *module.Call, function string, err error) module.Result {
	if err != nil {
		return c.Fail(function, err)
	}
	return module.True
}

func prefix(c *module.Call, a module.Args) module.Result {
	return edited(c, "prefix", c.EditRequestURI(func(u *sip.URI) {
		u.User = c.Mem.Keep(append(append(c.Mem.Begin(), a.Str(0)...), u.User...))
		u.HasUser = true
	}))
}

func strip(c *module.Call, a module.Args) module.Result {
	return stripUser(c, "strip", a.Int(0, 0), func(user string, n int) string { return user[n:] })
}

func stripTail(c *module.Call, a module.Args) module.Result {
	return stripUser(c, "strip_tail", a.Int(0, 0), func(user string, n int) string { return user[:len(user)-n] })
}

func stripUser(c *module.Call, function string, n int, cut func(user string, n int) string) module.Result {
	if n < 0 {
		return c.Fail(function, errors.New("the number of characters is negative"))
	}
	return edited(c, function, c.EditRequestURI(func(u *sip.URI) {
		if u.User = cut(u.User, min(n, len(u.User))); u.User == "" {
			u.HasUser, u.Password, u.HasPassword = false, "", false
		}
	}))
}

func clearBranches(c *module.Call, _ module.Args) module.Result {
	c.Branches = c.Branches[:0]
	c.Dropped = transaction.Hops(&c.Target)
	return module.True
}

func removeBranch(c *module.Call, a module.Args) module.Result {
	if i := a.Int(0, 0); i >= 0 && i < len(c.Branches) {
		c.Branches = slices.Delete(c.Branches, i, i+1)
	}
	return module.True
}

func revertURI(c *module.Call, _ module.Args) module.Result {
	c.Target.URI = c.Msg.RequestURI
	return module.True
}

func userPhone(c *module.Call, _ module.Args) module.Result {
	return edited(c, "userphone", c.EditRequestURI(func(u *sip.URI) {
		if u.PhoneUser() {
			return
		}
		b := append(c.Mem.Begin(), u.Params...)
		if len(b) > 0 {
			b = append(b, ';')
		}
		u.Params = sip.Params(c.Mem.Keep(append(b, "user=phone"...)))
	}))
}

func setURI(c *module.Call, a module.Args) module.Result {
	c.Target.URI = c.Keep(a.Str(0))
	c.Dropped = transaction.HopURIs{}
	return module.True
}

func setHost(c *module.Call, a module.Args) module.Result {
	return edited(c, "sethost", c.SetRequestHost(a.Str(0)))
}

func setHostPort(c *module.Call, a module.Args) module.Result {
	return edited(c, "sethostport", c.EditRequestHost(func(u *sip.URI) { putHostPort(u, a.Str(0)) }))
}

func putHostPort(u *sip.URI, text string) {
	host, port := text, ""
	if i := strings.LastIndexByte(text, ':'); i >= 0 && strings.IndexByte(text[i:], ']') < 0 {
		host, port = text[:i], text[i+1:]
	}
	n, _ := sip.ParseUint(port)
	u.Host, u.PortText, u.Port = host, port, int(n)
}

func setHostPortTrans(c *module.Call, a module.Args) module.Result {
	hostport, trans, _ := strings.Cut(a.Str(0), ";")
	return edited(c, "sethostporttrans", c.EditRequestHost(func(u *sip.URI) {
		putHostPort(u, hostport)
		b := append(c.Mem.Begin(), trans...)
		for rest := u.Params; ; {
			p, more, ok := rest.Next()
			if !ok {
				break
			}
			rest = more
			if sip.EqualFold(p.Name, "transport") {
				continue
			}
			if len(b) > 0 {
				b = append(b, ';')
			}
			b = append(b, p.Name...)
			if p.HasValue {
				b = append(append(b, '='), p.Value...)
			}
		}
		u.Params = sip.Params(c.Mem.Keep(b))
	}))
}

func setUser(c *module.Call, a module.Args) module.Result {
	return edited(c, "setuser", c.SetRequestUser(a.Str(0)))
}

func setUserPass(c *module.Call, a module.Args) module.Result {
	user, password, has := strings.Cut(a.Str(0), ":")
	return edited(c, "setuserpass", c.EditRequestURI(func(u *sip.URI) {
		u.User, u.HasUser, u.Password, u.HasPassword = user, true, password, has
	}))
}

func setPort(c *module.Call, a module.Args) module.Result {
	return edited(c, "setport", c.SetRequestPort(a.Str(0)))
}
