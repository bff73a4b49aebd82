// SPDX-License-Identifier: Apache-2.0

// Package auth_db checks digest credentials against a table of subscribers.
package auth_db

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/digest"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("auth_db", func() module.Module { return New() }) }

// AuthDB is the module.
type AuthDB struct {
	url                                 string
	userColumn, domainColumn            string
	passwordColumn, passwordColumn2     string
	load                                string
	calculate, useDomain, checkVersions int
	forceAVPs                           int
	attributes                          []attribute
	columns, columns2                   []string        // of a query: the password, then the attributes
	tables                              map[string]bool // that the script names; true where the domain is looked for
	auth                                verifier
	db                                  db.Database
}

// verifier is what auth_db needs of auth.
type verifier interface {
	Begin(c *module.Call, toProxy bool, realm string) (*digest.Credentials, module.Result)
	Finish(c *module.Call, cred *digest.Credentials, ha1 digest.Hex, method string) module.Result
	SameUser(c *module.Call, domain bool) bool
}

// tableVersion is that of the table subscriber.
const tableVersion = 7

// defaultColumn2 may be missing: tables of one's own have no user names with a
// domain.
const defaultColumn2 = "ha1b"

// New returns the module with its defaults.
func New() *AuthDB {
	return &AuthDB{url: "mysql://kamailioro:kamailioro@localhost/kamailio", userColumn: "username", domainColumn: "domain",
		passwordColumn: "ha1", passwordColumn2: defaultColumn2, checkVersions: 1, tables: map[string]bool{}}
}

var (
	_ module.Preparer = (*AuthDB)(nil)
	_ module.Starter  = (*AuthDB)(nil)
)

// Exports implements module.Module.
func (m *AuthDB) Exports() module.Exports {
	return module.Exports{
		Doc:      "Checks digest credentials against a table of subscribers.",
		Requires: []string{"auth"},
		Params: []module.Param{
			{Name: "db_url", Set: &m.url, Doc: "database"},
			{Name: "user_column", Set: &m.userColumn, Doc: "column with the user name"},
			{Name: "domain_column", Set: &m.domainColumn, Doc: "column with the domain"},
			{Name: "password_column", Set: &m.passwordColumn, Doc: "column with HA1, with calculate_ha1 the password"},
			{Name: "password_column_2", Set: &m.passwordColumn2, Doc: "column with the HA1 of credentials whose user name has a domain; not with calculate_ha1"},
			{Name: "calculate_ha1", Set: &m.calculate, Min: 0, Max: 1, Doc: "1 computes HA1 from the password"},
			{Name: "use_domain", Set: &m.useDomain, Min: 0, Max: 1, Doc: "1 looks for the domain too: that of the user name, else the realm"},
			{Name: "load_credentials", Set: &m.load, Doc: "columns that become AVPs, divided by semicolons: a name, or $avp(x)=name"},
			{Name: "version_table", Set: &m.checkVersions, Min: 0, Max: 1, Doc: "0 does not check the versions of tables at start"},
			{Name: "force_generate_avps", Set: &m.forceAVPs, Min: 0, Max: 1, Doc: "1 sets the AVPs of load_credentials also where the password is wrong"},
		},
		Functions: m.functions(),
	}
}

func (m *AuthDB) functions() []module.Function {
	const results = " $rc: -1 they cannot be checked, -2 wrong password, -3 no such user, -4 stale nonce, -5 no credentials for this realm, -6 the nonce was used before"
	realm := module.Arg{Name: "realm", Doc: "realm of the credentials", Compile: filled}
	table := module.Arg{Name: "table", Doc: "table of the subscribers", Compile: func(text string) (any, error) { return nil, db.CheckName(text) }}
	both := []module.Arg{realm, table}
	method := module.Arg{Name: "method", Optional: true, Doc: "method to check for, that of the request where it is left out"}
	function := func(name string, toProxy bool, lua, doc string, args []module.Arg) module.Function {
		return module.Function{Name: name, Lua: lua, Args: args, Routes: module.RequestRoute, Run: m.authenticate(name, toProxy), Prepare: m.keepTable, Doc: doc}
	}
	return []module.Function{
		function("www_authenticate", false, "www_authenticate(str,str); www_authenticate_method(str,str,str)", "Checks Authorization."+results, append(both[:2:2], method)),
		function("www_authorize", false, "-", "The same as www_authenticate.", both),
		function("proxy_authenticate", true, "-", "Checks Proxy-Authorization."+results, both),
		function("proxy_authorize", true, "-", "The same as proxy_authenticate.", both),
		{Name: "auth_check", Lua: "auth_check(str,str,int)", Args: append(both[:2:2], module.Arg{Name: "flags", Type: module.ArgInt, Doc: "sum of: 1 compare the user with that of From, of REGISTER and PUBLISH To and of PUBLISH the Request-URI too; 2 but not of INVITE, BYE, PRACK, UPDATE, MESSAGE"}),
			Routes: module.RequestRoute, Run: m.check, Prepare: m.keepTable, Doc: "www_authenticate for REGISTER, proxy_authenticate for other requests; $rc may also be -8: the user is another one."},
		{Name: "is_subscriber", Lua: "is_subscriber(str,str,int)", Args: []module.Arg{{Name: "uri", Doc: "URI of the user", Compile: filled}, table, {Name: "flags", Type: module.ArgInt, Doc: "sum of: 1 look for the domain too, 2 set no AVPs"}},
			Routes: module.AnyRoute, Run: m.isSubscriber, Prepare: m.keepSubscribers, Doc: "True when the table has the user of a URI. $rc is -2 when not, -1 for what is no URI and when the database does not answer."},
	}
}

var (
	errEmpty = errors.New("it is empty")
)

// filled refuses an argument without text.
func filled(text string) (any, error) {
	if text == "" {
		return nil, errEmpty
	}
	return nil, nil
}

// keepTable remembers a table that a call names, for Start.
func (m *AuthDB) keepTable(_ module.Binder, a module.Args) error {
	if a[1].Const {
		m.tables[a.Str(1)] = m.tables[a.Str(1)] || m.useDomain != 0
	}
	return nil
}

// keepSubscribers is keepTable of is_subscriber.
func (m *AuthDB) keepSubscribers(_ module.Binder, a module.Args) error {
	if a[1].Const {
		m.tables[a.Str(1)] = m.tables[a.Str(1)] || a[2].Const && a.Int(2, 0)&flagDomain != 0
	}
	return nil
}

// Prepare implements module.Preparer.
func (m *AuthDB) Prepare(b module.Binder) (err error) {
	for _, name := range []string{m.userColumn, m.domainColumn, m.passwordColumn, m.passwordColumn2} {
		if err := db.CheckName(name); err != nil {
			return err
		}
	}
	if m.attributes, err = parseAttributes(b, m.load); err != nil {
		return err
	}
	m.columns, m.columns2 = []string{m.passwordColumn}, []string{m.passwordColumn2}
	for _, a := range m.attributes {
		m.columns, m.columns2 = append(m.columns, a.column), append(m.columns2, a.column)
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (m *AuthDB) DatabaseURLs() []string { return []string{m.url} }

// Start implements module.Starter.
func (m *AuthDB) Start(ctx context.Context, h module.Host) (err error) {
	var ok bool
	if m.auth, ok = h.Module("auth").(verifier); !ok {
		return errors.New("auth_db needs auth to check credentials")
	}
	if m.db, err = h.Database(ctx, m.url); err != nil {
		return err
	}
	for _, t := range slices.Sorted(maps.Keys(m.tables)) {
		if m.checkVersions != 0 {
			if err := db.CheckVersion(ctx, m.db, h.Core().VersionTable, t, tableVersion); err != nil {
				return err
			}
		}
		if err := db.CheckColumns(ctx, m.db, t, m.asked(m.tables[t])...); err != nil {
			return err
		}
	}
	return nil
}

// asked are the columns that a check of credentials asks for.
func (m *AuthDB) asked(withDomain bool) []string {
	columns := append([]string{m.userColumn}, m.columns...)
	if withDomain {
		columns = append(columns, m.domainColumn)
	}
	if m.calculate == 0 && m.passwordColumn2 != defaultColumn2 {
		columns = append(columns, m.passwordColumn2)
	}
	return columns
}
