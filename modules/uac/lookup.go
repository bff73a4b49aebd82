// SPDX-License-Identifier: Apache-2.0

package uac

import (
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// What uac_reg_status returns.
const (
	statusOngoing  module.Result = -2
	statusDisabled module.Result = -3
	statusWaiting  module.Result = -99
)

// Bits of the mode of uac_reg_request_to.
const (
	byLocalUser = 1
	withHA1     = 2
)

var (
	errNoRegistry  = errors.New("there are no remote registrations: reg_db_url is not set")
	errAttribute   = errors.New("unknown attribute: it is l_uuid, l_username, r_username or auth_username")
	errAuthAVP     = errors.New("it needs auth_realm_avp, auth_username_avp and auth_password_avp")
	errNoVariable  = errors.New("the variable cannot be assigned")
	errUnknownUUID = errors.New("the table has no such account")
)

// lookup is uac_reg_lookup(uuid, dst): the local URI of the account.
func (m *Module) lookup(c *module.Call, a module.Args) module.Result {
	x := m.registry.get(a.Str(0))
	if x == nil {
		return module.False
	}
	return m.assign(c, "uac_reg_lookup", a.Var(1), x.localURI())
}

// lookupURI is uac_reg_lookup_uri(uri, dst): the uuid of the account whose local
// user the URI has.
func (m *Module) lookupURI(c *module.Call, a module.Args) module.Result {
	u, err := sip.ParseURI(a.Str(0))
	if err != nil {
		return c.Fail("uac_reg_lookup_uri", fmt.Errorf("%q is no URI", a.Str(0)))
	}
	domain := ""
	if m.useDomain != 0 {
		domain = u.Host
	}
	x := m.registry.user(u.User, domain)
	if x == nil {
		return module.False
	}
	return m.assign(c, "uac_reg_lookup_uri", a.Var(1), x.uuid)
}

func (m *Module) assign(c *module.Call, word string, v module.Accessor, s string) module.Result {
	to, ok := v.(module.Assignable)
	if !ok {
		return c.Fail(word, errNoVariable)
	}
	if err := to.Set(c, module.Index{}, avp.String(c.Keep(s))); err != nil {
		return c.Fail(word, err)
	}
	return module.True
}

// status is uac_reg_status(uuid).
func (m *Module) status(_ *module.Call, a module.Args) module.Result {
	x := m.registry.get(a.Str(0))
	if x == nil {
		return module.False
	}
	m.registry.mu.RLock()
	defer m.registry.mu.RUnlock()
	switch {
	case x.flags&disabled != 0:
		return statusDisabled
	case x.flags&online != 0 && x.expiry > m.now():
		return module.True
	case x.flags&ongoing != 0:
		return statusOngoing
	}
	return statusWaiting
}

// requestTo is uac_reg_request_to(user, mode): the request goes to the remote user
// of an account, with its secret for uac_auth.
func (m *Module) requestTo(c *module.Call, a module.Args) module.Result {
	mode := a.Int(1, 0)
	x := m.registry.get(a.Str(0))
	if mode&byLocalUser != 0 {
		x = m.registry.user(a.Str(0), "")
	}
	if x == nil {
		return module.False
	}
	password := x.password
	if mode&withHA1 != 0 {
		password = x.ha1
	}
	c.Target.URI, c.Target.DstURI = c.Keep(x.remoteURI()), c.Keep(x.nextHop())
	for _, to := range []struct {
		v module.Accessor
		s string
	}{{m.realmAVP, x.realm}, {m.usernameAVP, x.username}, {m.passwordAVP, password}} {
		v, ok := to.v.(module.Assignable)
		if !ok {
			return c.Fail("uac_reg_request_to", errAuthAVP)
		}
		if err := v.Set(c, module.Index{}, avp.String(c.Keep(to.s))); err != nil {
			return c.Fail("uac_reg_request_to", err)
		}
	}
	return module.True
}

// filter compiles the name of an attribute.
func filter(text string) (any, error) {
	if of := attribute(text); of != nil {
		return of, nil
	}
	return nil, errAttribute
}

// noAccount is what uac_reg_enable and uac_reg_disable have in $rc where there is
// no such account, with a database of accounts.
const noAccount module.Result = -2

// enable is uac_reg_enable(attr, val), or uac_reg_disable.
func (m *Module) enable(word string, on bool) func(c *module.Call, a module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		of, ok := a[0].Data.(func(*account) string)
		if !ok {
			c.Fail(word, errAttribute)
			return m.unknown()
		}
		x := m.registry.find(of, a.Str(1))
		if x == nil {
			return m.unknown()
		}
		return module.Bool(m.turn(x, on))
	}
}

// unknown is the result for an account that is not there.
func (m *Module) unknown() module.Result {
	if m.database == nil {
		return module.False
	}
	return noAccount
}

// turn enables or disables an account: the next tick sees it.
func (m *Module) turn(a *account, on bool) bool {
	return m.registry.update(a, func() {
		a.flags |= disabled
		if on {
			a.flags &^= disabled | ongoing | online
			a.expiry = m.now() + 1
		}
	})
}

// refresh is uac_reg_refresh(uuid).
func (m *Module) refresh(c *module.Call, a module.Args) module.Result {
	if m.database == nil {
		return c.Fail("uac_reg_refresh", errNoRegistry)
	}
	var err error
	uuid := a.Str(0)
	c.Block(func() { err = m.load(c, uuid) })
	if err != nil {
		return c.Fail("uac_reg_refresh", err)
	}
	return module.True
}

// load reads one account from the table.
func (m *Module) load(c *module.Call, uuid string) error {
	if uuid == "" {
		return errUnknownUUID
	}
	list, err := m.loadProfiles(c.Context(), uuid)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return errUnknownUUID
	}
	m.registry.put(m.newAccount(list[0]))
	return nil
}
