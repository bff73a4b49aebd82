// SPDX-License-Identifier: Apache-2.0

// Package alias_db finds the users that aliases of a table stand for.
package alias_db

import (
	"context"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("alias_db", func() module.Module { return New() }) }

// AliasDB is the module.
type AliasDB struct {
	url                                string
	userColumn, domainColumn           string
	aliasUserColumn, aliasDomainColumn string
	domainPrefix                       string
	useDomain, appendBranches          int
	tables                             []asked // that the script names
	db                                 db.Database
}

// tableVersion is that of the table dbaliases.
const tableVersion = 1

// New returns the module with its defaults.
func New() *AliasDB {
	return &AliasDB{url: "mysql://kamailioro:kamailioro@localhost/kamailio", userColumn: "username", domainColumn: "domain",
		aliasUserColumn: "alias_username", aliasDomainColumn: "alias_domain"}
}

var _ module.Starter = (*AliasDB)(nil)

// Exports implements module.Module.
func (m *AliasDB) Exports() module.Exports {
	table := module.Arg{Name: "table", Doc: "table of the aliases", Compile: func(text string) (any, error) { return nil, db.CheckName(text) }}
	flags := module.Arg{Name: "flags", Optional: true, Literal: true, Compile: compileFlags, Doc: "letters: d look for the user only, u for the domain too, r for the alias of a user"}
	return module.Exports{
		Doc: "Finds the users that aliases of a table stand for.",
		Params: []module.Param{
			{Name: "db_url", Set: &m.url, Doc: "database"},
			{Name: "user_column", Set: &m.userColumn, Doc: "column with the user name"},
			{Name: "domain_column", Set: &m.domainColumn, Doc: "column with the domain of the user"},
			{Name: "alias_user_column", Set: &m.aliasUserColumn, Doc: "column with the user name of the alias"},
			{Name: "alias_domain_column", Set: &m.aliasDomainColumn, Doc: "column with the domain of the alias"},
			{Name: "use_domain", Set: &m.useDomain, Min: 0, Max: 1, Doc: "1 looks for the domain of the URI too, where no flag says otherwise"},
			{Name: "domain_prefix", Set: &m.domainPrefix, Doc: "how a domain may begin without being another one"},
			{Name: "append_branches", Set: &m.appendBranches, Min: 0, Max: 1, Doc: "1 makes further users of an alias branches, of alias_db_find further values"},
		},
		Functions: []module.Function{
			{Name: "alias_db_lookup", Lua: "lookup(str); lookup_ex(str,str)", Args: []module.Arg{table, flags}, Routes: module.RequestRoute | module.FailureRoute, Prepare: m.keepTable, Run: m.lookup,
				Doc: "Puts the user that the Request-URI is an alias of in its place. False when it is none."},
			{Name: "alias_db_find", Lua: "-", Args: []module.Arg{table, {Name: "input", Doc: "URI to look for"}, {Name: "output", Type: module.ArgVar, Doc: "variable for the user's URI"}, flags},
				Routes: module.RequestRoute | module.FailureRoute | module.AnyReply | module.BranchRoute | module.LocalRoute, Prepare: m.keepTable, Run: m.find,
				Doc: "Assigns the URI of the user that a URI is an alias of. False when it is none."},
		},
	}
}

// asked is a table that a call names, with its flags.
type asked struct {
	table string
	options
}

// keepTable remembers a table that a call names, for Start. The flags are its
// last argument.
func (m *AliasDB) keepTable(_ module.Binder, a module.Args) error {
	if a[0].Const {
		o, _ := a[len(a)-1].Data.(options)
		m.tables = append(m.tables, asked{a.Str(0), o})
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (m *AliasDB) DatabaseURLs() []string { return []string{m.url} }

// Start implements module.Starter.
func (m *AliasDB) Start(ctx context.Context, h module.Host) (err error) {
	if m.db, err = h.Database(ctx, m.url); err != nil {
		return err
	}
	for _, t := range m.tables {
		if err := db.CheckVersion(ctx, m.db, h.Core().VersionTable, t.table, tableVersion); err != nil {
			return err
		}
		q := m.query(t.table, t.options, "", "")
		if err := db.CheckColumns(ctx, m.db, t.table, q.Named()...); err != nil {
			return err
		}
	}
	return nil
}
