// SPDX-License-Identifier: Apache-2.0

// Package uri_db compares the users of URIs with who was authorized, and with tables of users.
package uri_db

import (
	"cmp"
	"context"
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("uri_db", func() module.Module { return New() }) }

// URIDB is the module.
type URIDB struct {
	url, table                              string
	userColumn, domainColumn, uriUserColumn string
	useTable, useDomain                     int

	asks bool // the script calls a function that needs the database
	auth authorizer
	db   db.Database
}

// authorizer is what uri_db needs of auth.
type authorizer interface {
	AuthorizedUser(c *module.Call) (user string, ok bool)
	AuthorizedRealm(c *module.Call) string
}

// Versions of the tables uri and subscriber.
const (
	uriVersion        = 1
	subscriberVersion = 7
)

const defaultURL = "mysql://kamailioro:kamailioro@localhost/kamailio"

// New returns the module with its defaults.
func New() *URIDB {
	return &URIDB{url: defaultURL, table: "subscriber", userColumn: "username", domainColumn: "domain", uriUserColumn: "uri_user"}
}

var _ module.Starter = (*URIDB)(nil)

// Exports implements module.Module.
func (m *URIDB) Exports() module.Exports {
	const results = " $rc: -1 it cannot be read, -2 nobody was authorized, -4 no user in it, -9 not in the table, -10 another user"
	uri := []module.Arg{{Name: "uri", Doc: "SIP URI"}, {Name: "username", Optional: true, Doc: "user in place of who was authorized"},
		{Name: "realm", Optional: true, Paired: true, Doc: "its realm"}}
	uri[1].Optional = true
	return module.Exports{
		Doc: "Compares the users of URIs with who was authorized, and with tables of users.",
		Params: []module.Param{
			{Name: "db_url", Set: &m.url, Doc: "database"},
			{Name: "db_table", Set: &m.table, Doc: "table of the users, or with use_uri_table of their URIs"},
			{Name: "user_column", Set: &m.userColumn, Doc: "column with the user name"},
			{Name: "domain_column", Set: &m.domainColumn, Doc: "column with the domain"},
			{Name: "uriuser_column", Set: &m.uriUserColumn, Doc: "column with the user of a URI"},
			{Name: "use_uri_table", Set: &m.useTable, Min: 0, Max: 1, Doc: "1 asks the table uri which users a user may be"},
			{Name: "use_domain", Set: &m.useDomain, Min: 0, Max: 1, Doc: "1 makes does_uri_exist look for the domain too"},
		},
		Functions: []module.Function{
			{Name: "check_to", Routes: module.RequestRoute, Prepare: m.ask(true), Run: m.checkTo, Doc: "True when the user of To is who was authorized." + results},
			{Name: "check_from", Routes: module.RequestRoute, Prepare: m.ask(true), Run: m.checkFrom, Doc: "True when the user of From is who was authorized." + results},
			{Name: "check_uri", Lua: "check_uri(str); check_uri_realm(str,str,str)", Args: uri, Routes: module.RequestRoute, Prepare: m.ask(true), Run: m.checkURI, Doc: "True when the user of a URI is who was authorized, or a user that is named." + results},
			{Name: "does_uri_exist", Routes: module.RequestRoute | module.LocalRoute, Prepare: m.ask(false), Run: m.exists, Doc: "True when the table has the user of the Request-URI. $rc is -5 when not."},
		},
	}
}

// ask remembers that the script needs the database; onlyTable is set for what
// needs it with use_uri_table only.
func (m *URIDB) ask(onlyTable bool) func(module.Binder, module.Args) error {
	return func(module.Binder, module.Args) error {
		m.asks = m.asks || !onlyTable || m.useTable != 0
		return nil
	}
}

// DatabaseURLs implements module.Connector.
func (m *URIDB) DatabaseURLs() []string {
	if !m.asks {
		return nil
	}
	return []string{cmp.Or(m.url, defaultURL)}
}

// Start implements module.Starter.
func (m *URIDB) Start(ctx context.Context, h module.Host) (err error) {
	m.auth, _ = h.Module("auth").(authorizer)
	if m.url == "" {
		m.url = defaultURL
	}
	if !m.asks {
		return nil
	}
	if m.db, err = h.Database(ctx, m.url); err != nil {
		return err
	}
	version := subscriberVersion
	if m.useTable != 0 {
		version = uriVersion
	}
	if err := db.CheckVersion(ctx, m.db, h.Core().VersionTable, m.table, version); err != nil {
		return err
	}
	return db.CheckColumns(ctx, m.db, m.table, m.asked()...)
}

// asked are the columns that the functions ask for.
func (m *URIDB) asked() []string {
	columns := []string{m.userColumn}
	if m.useTable != 0 {
		columns = append(columns, m.uriUserColumn)
	}
	if m.useTable != 0 || m.useDomain != 0 {
		columns = append(columns, m.domainColumn)
	}
	return columns
}

// What the functions return.
const (
	noCredentials module.Result = -2
	noUser        module.Result = -4
	unknown       module.Result = -5
	notInTable    module.Result = -9
	otherUser     module.Result = -10
)

var (
	errNobody = errors.New("nobody was authorized")
	errURI    = errors.New("it is no URI")
)

// checkTo is check_to().
func (m *URIDB) checkTo(c *module.Call, _ module.Args) module.Result {
	to, err := c.Msg.ToURI()
	if err != nil {
		return module.False
	}
	return m.checkAuthorized(c, "check_to", to.User)
}

// checkFrom is check_from().
func (m *URIDB) checkFrom(c *module.Call, _ module.Args) module.Result {
	from, err := c.Msg.FromURI()
	if err != nil {
		return module.False
	}
	return m.checkAuthorized(c, "check_from", from.User)
}

// checkURI is check_uri(uri[, username, realm]).
func (m *URIDB) checkURI(c *module.Call, a module.Args) module.Result {
	u, err := c.ParseURI(a.Str(0))
	if err != nil || a.Str(0) == "" {
		return c.Fail("check_uri", errURI)
	}
	if a[1].Given {
		return m.check(c, "check_uri", u.User, a.Str(1), a.Str(2))
	}
	return m.checkAuthorized(c, "check_uri", u.User)
}

func (m *URIDB) checkAuthorized(c *module.Call, name, uriUser string) module.Result {
	if uriUser == "" {
		return noUser
	}
	user, ok := "", false
	if m.auth != nil {
		user, ok = m.auth.AuthorizedUser(c)
	}
	if !ok {
		c.Fail(name, errNobody)
		return noCredentials
	}
	user, realm, whole := strings.Cut(user, "@")
	if !whole {
		realm = m.auth.AuthorizedRealm(c)
	}
	return m.check(c, name, uriUser, user, realm)
}

// check compares a user with that of a URI; with use_uri_table the table says
// which users the user may be.
func (m *URIDB) check(c *module.Call, name, uriUser, user, realm string) module.Result {
	if uriUser == "" {
		return noUser
	}
	if m.useTable == 0 {
		if user == uriUser {
			return module.True
		}
		return otherUser
	}
	found, err := m.has(c, db.Is(m.userColumn, strings.Clone(user)), db.Is(m.domainColumn, strings.Clone(realm)), db.Is(m.uriUserColumn, strings.Clone(uriUser)))
	switch {
	case err != nil:
		return c.Fail(name, err)
	case !found:
		return notInTable
	}
	return module.True
}

// exists is does_uri_exist().
func (m *URIDB) exists(c *module.Call, _ module.Args) module.Result {
	u, err := c.ParseURI(c.Target.URI)
	if err != nil {
		return c.Fail("does_uri_exist", errURI)
	}
	if u.User == "" {
		return unknown
	}
	column := m.userColumn
	if m.useTable != 0 {
		column = m.uriUserColumn
	}
	where := []db.Cond{db.Is(column, strings.Clone(u.User))}
	if m.useDomain != 0 {
		where = append(where, db.Is(m.domainColumn, strings.Clone(u.Host)))
	}
	found, err := m.has(c, where...)
	switch {
	case err != nil:
		return c.Fail("does_uri_exist", err)
	case !found:
		return unknown
	}
	return module.True
}

// has tells whether the table has a row. Its conditions are copies: a driver
// that gave up waiting may hold them for longer than the message is there.
func (m *URIDB) has(c *module.Call, where ...db.Cond) (found bool, err error) {
	c.Block(func() {
		err = m.db.Select(c.Context(), db.Query{Table: m.table, Columns: []string{m.userColumn}, Where: where, Limit: 1}, func([]db.Value) error {
			found = true
			return nil
		})
	})
	return found, err
}
