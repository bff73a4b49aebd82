// SPDX-License-Identifier: Apache-2.0

// Package group tells which groups a user is a member of.
package group

import (
	"context"
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("group", func() module.Module { return New() }) }

// Group is the module.
type Group struct {
	url, table                            string
	userColumn, domainColumn, groupColumn string
	reTable, reColumn, idColumn           string
	useDomain, multiple                   int

	asksTable, asksExpressions bool // what the script needs
	auth                       authorizer
	db                         db.Database
	rules                      []rule // in the order of the table
}

// rule is a row of re_table.
type rule struct {
	re *ere.Regexp
	id int64
}

// authorizer is what group needs of auth.
type authorizer interface {
	AuthorizedUser(c *module.Call) (user string, ok bool)
	AuthorizedRealm(c *module.Call) string
}

// Versions of the tables.
const (
	groupVersion = 2
	reVersion    = 1
)

// New returns the module with its defaults.
func New() *Group {
	return &Group{url: "mysql://kamailioro:kamailioro@localhost/kamailio", table: "grp", userColumn: "username", domainColumn: "domain",
		groupColumn: "grp", reColumn: "reg_exp", idColumn: "group_id", multiple: 1}
}

var _ module.Starter = (*Group)(nil)

const isUserInDoc = "True when the user of a URI is a member of a group. $rc is -6 when not, -1 for what has no user and when the database does not answer."

// Exports implements module.Module.
func (m *Group) Exports() module.Exports {
	uri := module.Arg{Name: "uri", Type: module.ArgTemplate, Doc: "Request-URI, To, From, Credentials, or a variable with a URI"}
	const routes = module.RequestRoute | module.FailureRoute | module.BranchRoute | module.LocalRoute
	return module.Exports{
		Doc: "Tells which groups a user is a member of.",
		Params: []module.Param{
			{Name: "db_url", Set: &m.url, Doc: "database"},
			{Name: "table", Set: &m.table, Doc: "table with the members of groups"},
			{Name: "user_column", Set: &m.userColumn, Doc: "column with the user name"},
			{Name: "domain_column", Set: &m.domainColumn, Doc: "column with the domain"},
			{Name: "group_column", Set: &m.groupColumn, Doc: "column with the group"},
			{Name: "use_domain", Set: &m.useDomain, Min: 0, Max: 1, Doc: "1 looks for the domain too"},
			{Name: "re_table", Set: &m.reTable, Doc: "table with expressions and the groups of those who match; empty for none"},
			{Name: "re_exp_column", Set: &m.reColumn, Doc: "column with the expression"},
			{Name: "re_gid_column", Set: &m.idColumn, Doc: "column with the number of the group"},
			{Name: "multiple_gid", Set: &m.multiple, Min: 0, Max: 1, Doc: "0 makes get_user_group stop at the first that matches, from the end of the table"},
		},
		Lua: []module.Function{
			{Name: "is_user_in", Lua: "is_user_in(str,str)", Args: []module.Arg{{Name: "uri", Doc: "SIP URI"}, {Name: "group", Doc: "name of the group"}}, Run: m.isUserOfURIIn, Doc: isUserInDoc},
		},
		Functions: []module.Function{
			{Name: "is_user_in", Lua: "-", Args: []module.Arg{uri, {Name: "group", Doc: "name of the group"}}, Routes: routes, Prepare: m.prepareTable, Run: m.isUserIn,
				Doc: isUserInDoc},
			{Name: "get_user_group", Lua: "-", Args: []module.Arg{uri, {Name: "avp", Type: module.ArgVar, Doc: "AVP for the groups"}}, Routes: routes, Prepare: m.prepareExpressions, Run: m.getUserGroup,
				Doc: "Adds the numbers of the groups whose expressions match sip:user@domain, without regard to case. $rc is how many they are; false when there is none."},
		},
	}
}

var (
	errSource = errors.New("it is none of Request-URI, To, From, Credentials and no variable")
	errTable  = errors.New("parameter re_table is not set")
)

func (m *Group) prepareTable(_ module.Binder, a module.Args) error {
	m.asksTable = true
	return checkSource(a)
}

func (m *Group) prepareExpressions(_ module.Binder, a module.Args) error {
	if m.reTable == "" {
		return errTable
	}
	m.asksExpressions = true
	return checkSource(a)
}

// checkSource refuses a constant that is no source of a URI.
func checkSource(a module.Args) error {
	if t := a.Template(0); t != nil && t.Const() && sources[t.String()] == nil {
		return errSource
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (m *Group) DatabaseURLs() []string { return []string{m.url} }

// Start implements module.Starter.
func (m *Group) Start(ctx context.Context, h module.Host) (err error) {
	m.auth, _ = h.Module("auth").(authorizer)
	if m.db, err = h.Database(ctx, m.url); err != nil {
		return err
	}
	versions := h.Core().VersionTable
	if m.asksTable {
		if err := db.CheckVersion(ctx, m.db, versions, m.table, groupVersion); err != nil {
			return err
		}
		q := m.query("", "", "")
		if err := db.CheckColumns(ctx, m.db, m.table, q.Named()...); err != nil {
			return err
		}
	}
	if !m.asksExpressions {
		return nil
	}
	if err := db.CheckVersion(ctx, m.db, versions, m.reTable, reVersion); err != nil {
		return err
	}
	return m.load(ctx)
}

// load reads the expressions.
func (m *Group) load(ctx context.Context) error {
	return m.db.Select(ctx, db.Query{Table: m.reTable, Columns: []string{m.reColumn, m.idColumn}}, func(row []db.Value) error {
		re, err := ere.Compile(db.Text(row[0]), ere.IgnoreCase)
		if err != nil {
			return fmt.Errorf("table %s: %q: %w", m.reTable, db.Text(row[0]), err)
		}
		id, ok := db.Int(row[1])
		if !ok {
			return fmt.Errorf("table %s: %q is no number of a group", m.reTable, db.Text(row[1]))
		}
		m.rules = append(m.rules, rule{re, id})
		return nil
	})
}
