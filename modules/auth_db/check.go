// SPDX-License-Identifier: Apache-2.0

package auth_db

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// What a check returns beside the results of auth.
const (
	noUser       module.Result = -3
	otherUser    module.Result = -8
	noSubscriber module.Result = -2 // of is_subscriber
)

var (
	errRealm = errors.New("the realm is empty")
	errURI   = errors.New("it is no URI")
)

// authenticate is www_authenticate(realm, table[, method]) and its kin.
func (m *AuthDB) authenticate(name string, toProxy bool) func(*module.Call, module.Args) module.Result {
	return func(c *module.Call, a module.Args) module.Result {
		method := c.Msg.MethodName
		if len(a) > 2 && a[2].Given {
			method = a.Str(2)
		}
		return m.verify(c, a, name, toProxy, method)
	}
}

// verify checks the credentials. Whether there is such a user or not the same
// is done: a query, a hash and a comparison.
func (m *AuthDB) verify(c *module.Call, a module.Args, name string, toProxy bool, method string) module.Result {
	realm, table := a.Str(0), a.Str(1)
	switch {
	case realm == "":
		return c.Fail(name, errRealm)
	case a[1].Err != nil:
		return c.Fail(name, a[1].Err)
	}
	cred, result := m.auth.Begin(c, toProxy, realm)
	if cred == nil {
		return result
	}
	user, domain, whole := strings.Cut(cred.Username, "@")
	if !whole {
		domain = cred.Realm
	}
	columns := m.columns
	if whole && m.calculate == 0 {
		columns = m.columns2
	}
	row, err := m.find(c, table, columns, user, domain, m.useDomain != 0)
	if err != nil {
		return c.Fail(name, err)
	}
	if row == nil {
		cred.Check(m.hash(cred, "nobody"), method, c.Msg.Body())
		return noUser
	}
	result = m.auth.Finish(c, cred, m.hash(cred, db.Text(row[0])), method)
	if result == module.True || m.forceAVPs != 0 {
		m.assign(c, row[1:])
	}
	return result
}

// hash is HA1 of what the table has.
func (m *AuthDB) hash(cred *digest.Credentials, secret string) digest.Hex {
	if m.calculate != 0 {
		return cred.Algorithm.HA1(cred.Username, cred.Realm, secret)
	}
	ha1, _ := digest.ParseHex(secret)
	return ha1 // none for other text: no response is right
}

// find returns the row of a user, nil where there is none. What it asks with is
// copied: a driver that gave up waiting may hold it for longer than the message
// is there.
func (m *AuthDB) find(c *module.Call, table string, columns []string, user, domain string, withDomain bool) (row []db.Value, err error) {
	q := db.Query{Table: strings.Clone(table), Columns: columns, Where: []db.Cond{db.Is(m.userColumn, strings.Clone(user))}, Limit: 1}
	if withDomain {
		q.Where = append(q.Where, db.Is(m.domainColumn, strings.Clone(domain)))
	}
	c.Block(func() {
		err = m.db.Select(c.Context(), q, func(r []db.Value) error {
			row = r
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	return row, nil
}

// Bits of the flags of auth_check.
const (
	flagUser = 1 << iota
	flagAnonymous
)

// anonymous are the requests that may come with another From.
const anonymous = sip.MethodInvite | sip.MethodBye | sip.MethodPrack | sip.MethodUpdate | sip.MethodMessage

// check is auth_check(realm, table, flags).
func (m *AuthDB) check(c *module.Call, a module.Args) module.Result {
	result := m.verify(c, a, "auth_check", c.Msg.Method != sip.MethodRegister, c.Msg.MethodName)
	flags := a.Int(2, 0)
	if result != module.True || flags&flagUser == 0 || c.Authorized == "" {
		return result // an ACK or CANCEL is nobody's
	}
	if flags&flagAnonymous != 0 && c.Msg.Method.Has(anonymous) {
		return result
	}
	if !m.auth.SameUser(c, m.useDomain != 0) {
		return otherUser
	}
	return result
}

// Bits of the flags of is_subscriber.
const (
	flagDomain = 1 << iota
	flagBare
)

// isSubscriber is is_subscriber(uri, table, flags).
func (m *AuthDB) isSubscriber(c *module.Call, a module.Args) module.Result {
	const name = "is_subscriber"
	if a[1].Err != nil {
		return c.Fail(name, a[1].Err)
	}
	u, err := c.ParseURI(a.Str(0))
	if err != nil || a.Str(0) == "" {
		return c.Fail(name, errURI)
	}
	flags, user, host := a.Int(2, 0), u.User, u.Host
	if user == "" {
		return noSubscriber
	}
	row, err := m.find(c, a.Str(1), m.columns, user, host, flags&flagDomain != 0)
	if err != nil {
		return c.Fail(name, err)
	}
	if row == nil {
		return noSubscriber
	}
	if flags&flagBare == 0 {
		m.assign(c, row[1:])
	}
	return module.True
}
