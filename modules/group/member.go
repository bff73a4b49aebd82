// SPDX-License-Identifier: Apache-2.0

package group

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// notMember is what is_user_in returns for a user who is in another group.
const notMember module.Result = -6

var (
	errURI    = errors.New("it is no URI with a user")
	errNobody = errors.New("nobody was authorized")
)

// source finds the user and domain that an argument names.
type source func(m *Group, c *module.Call) (user, domain string, err error)

var sources = map[string]source{
	"Request-URI": func(_ *Group, c *module.Call) (string, string, error) { return split(c.ParseURI(c.Target.URI)) },
	"To":          func(_ *Group, c *module.Call) (string, string, error) { return split(c.Msg.ToURI()) },
	"From":        func(_ *Group, c *module.Call) (string, string, error) { return split(c.Msg.FromURI()) },
	"Credentials": (*Group).authorized,
}

func split(u *sip.URI, err error) (user, domain string, _ error) {
	if err != nil || u.User == "" {
		return "", "", errURI
	}
	return u.User, u.Host, nil
}

// authorized is who was authorized.
func (m *Group) authorized(c *module.Call) (user, domain string, err error) {
	if m.auth == nil {
		return "", "", errNobody
	}
	user, ok := m.auth.AuthorizedUser(c)
	if !ok {
		return "", "", errNobody
	}
	if name, domain, whole := strings.Cut(user, "@"); whole {
		return name, domain, nil
	}
	return user, m.auth.AuthorizedRealm(c), nil
}

// who is the user that the first argument of a call names.
func (m *Group) who(c *module.Call, t module.Template) (user, domain string, err error) {
	if t.Const() {
		if f := sources[t.String()]; f != nil {
			return f(m, c)
		}
		return "", "", errSource
	}
	return split(c.ParseURI(t.Eval(c)))
}

// isUserIn is is_user_in(source, group).
func (m *Group) isUserIn(c *module.Call, a module.Args) module.Result {
	user, domain, err := m.who(c, a.Template(0))
	if err != nil {
		return c.Fail("is_user_in", err)
	}
	return m.member(c, user, domain, a.Str(1))
}

// isUserOfURIIn is is_user_in(uri, group) in Lua.
func (m *Group) isUserOfURIIn(c *module.Call, a module.Args) module.Result {
	user, domain, err := split(c.ParseURI(a.Str(0)))
	if err != nil {
		return c.Fail("is_user_in", err)
	}
	return m.member(c, user, domain, a.Str(1))
}

// query asks whether a user is a member of a group. It keeps its arguments.
func (m *Group) query(user, domain, group string) db.Query {
	q := db.Query{Table: m.table, Columns: []string{m.groupColumn}, Limit: 1,
		Where: []db.Cond{db.Is(m.userColumn, user), db.Is(m.groupColumn, group)}}
	if m.useDomain != 0 {
		q.Where = append(q.Where, db.Is(m.domainColumn, domain))
	}
	return q
}

// member tells whether a user is a member of a group.
func (m *Group) member(c *module.Call, user, domain, group string) module.Result {
	// Copies: a driver that gave up waiting may hold them for longer than the
	// message is there.
	q := m.query(strings.Clone(user), strings.Clone(domain), strings.Clone(group))
	found := false
	var err error
	c.Block(func() {
		err = m.db.Select(c.Context(), q, func([]db.Value) error {
			found = true
			return nil
		})
	})
	switch {
	case err != nil:
		return c.Fail("is_user_in", err)
	case !found:
		return notMember
	}
	return module.True
}

// getUserGroup is get_user_group(uri, avp). The rules are looked at from the end,
// so that the value of the first row is the newest.
func (m *Group) getUserGroup(c *module.Call, a module.Args) module.Result {
	const name = "get_user_group"
	user, domain, err := m.who(c, a.Template(0))
	if err != nil {
		return c.Fail(name, err)
	}
	to, ok := a.Var(1).(module.Assignable)
	if !ok {
		return module.False
	}
	uri := c.Mem.Keep(append(append(append(append(c.Mem.Begin(), "sip:"...), user...), '@'), domain...))
	n := module.Result(0)
	for i := len(m.rules) - 1; i >= 0; i-- {
		if !m.rules[i].re.MatchString(uri) {
			continue
		}
		if err := to.Set(c, module.Index{}, avp.Number(m.rules[i].id)); err != nil {
			return c.Fail(name, err)
		}
		if n++; m.multiple == 0 {
			break
		}
	}
	if n == 0 {
		return module.False
	}
	return n
}
