// SPDX-License-Identifier: Apache-2.0

// Package speeddial replaces short numbers by the addresses that their owners have stored.
package speeddial

import (
	"context"
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("speeddial", func() module.Module { return New() }) }

// SpeedDial is the module.
type SpeedDial struct {
	url                          string
	userColumn, domainColumn     string
	shortUserColumn, shortDomain string
	newURIColumn, domainPrefix   string
	useDomain                    int
	tables                       []string // that the script names
	db                           db.Database
}

// tableVersion is that of the table speed_dial.
const tableVersion = 2

// New returns the module with its defaults.
func New() *SpeedDial {
	return &SpeedDial{url: "mysql://kamailioro:kamailioro@localhost/kamailio", userColumn: "username", domainColumn: "domain",
		shortUserColumn: "sd_username", shortDomain: "sd_domain", newURIColumn: "new_uri"}
}

var _ module.Starter = (*SpeedDial)(nil)

// Exports implements module.Module.
func (m *SpeedDial) Exports() module.Exports {
	return module.Exports{
		Doc: "Replaces short numbers by the addresses that their owners have stored.",
		Params: []module.Param{
			{Name: "db_url", Set: &m.url, Doc: "database"},
			{Name: "user_column", Set: &m.userColumn, Doc: "column with the user name of the owner"},
			{Name: "domain_column", Set: &m.domainColumn, Doc: "column with the domain of the owner"},
			{Name: "sd_user_column", Set: &m.shortUserColumn, Doc: "column with the short number"},
			{Name: "sd_domain_column", Set: &m.shortDomain, Doc: "column with the domain of the short number"},
			{Name: "new_uri_column", Set: &m.newURIColumn, Doc: "column with the URI that replaces the short one"},
			{Name: "domain_prefix", Set: &m.domainPrefix, Doc: "how a domain may begin without being another one"},
			{Name: "use_domain", Set: &m.useDomain, Min: 0, Max: 2, Doc: "what is looked for beside the user names: 0 nothing, 1 the domain of the owner, 2 that of the Request-URI too"},
		},
		Functions: []module.Function{
			{Name: "sd_lookup", Lua: "lookup(str); lookup_owner(str,str)", Args: []module.Arg{{Name: "table", Doc: "table of the short numbers", Compile: func(text string) (any, error) { return nil, db.CheckName(text) }}, {Name: "owner", Optional: true, Doc: "URI of the owner, that of From where it is left out"}},
				Routes: module.RequestRoute, Prepare: m.keepTable, Run: m.lookup, Doc: "Puts the address in the place of the short number in the Request-URI. False when there is none."},
		},
	}
}

// keepTable remembers a table that a call names, for Start.
func (m *SpeedDial) keepTable(_ module.Binder, a module.Args) error {
	if a[0].Const {
		m.tables = append(m.tables, a.Str(0))
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (m *SpeedDial) DatabaseURLs() []string { return []string{m.url} }

// Start implements module.Starter.
func (m *SpeedDial) Start(ctx context.Context, h module.Host) (err error) {
	if m.db, err = h.Database(ctx, m.url); err != nil {
		return err
	}
	for _, t := range m.tables {
		if err := db.CheckVersion(ctx, m.db, h.Core().VersionTable, t, tableVersion); err != nil {
			return err
		}
		columns := []string{m.newURIColumn, m.userColumn, m.shortUserColumn, m.domainColumn, m.shortDomain}
		if err := db.CheckColumns(ctx, m.db, t, columns[:3+m.useDomain]...); err != nil {
			return err
		}
	}
	return nil
}

var (
	errURI   = errors.New("it is no URI of an owner")
	errEmpty = errors.New("the address of a short number is empty")
)

// lookup is sd_lookup(table[, owner]).
func (m *SpeedDial) lookup(c *module.Call, a module.Args) module.Result {
	const name = "sd_lookup"
	if a[0].Err != nil {
		return c.Fail(name, a[0].Err)
	}
	owner := a.Str(1)
	if !a[1].Given {
		from, err := c.Msg.From()
		if err != nil {
			return module.False
		}
		owner = from.URI
	}
	u, err := c.ParseURI(owner)
	if err != nil || u.User == "" {
		return c.Fail(name, errURI)
	}
	q := db.Query{Table: strings.Clone(a.Str(0)), Columns: []string{m.newURIColumn}, Where: []db.Cond{db.Is(m.userColumn, strings.Clone(u.User))}, Limit: 1}
	if m.useDomain >= 1 {
		q.Where = append(q.Where, db.Is(m.domainColumn, m.domain(u.Host)))
	}
	if u, err = c.ParseURI(c.Target.URI); err != nil || u.User == "" {
		return module.False
	}
	q.Where = append(q.Where, db.Is(m.shortUserColumn, strings.Clone(u.User)))
	if m.useDomain >= 2 {
		q.Where = append(q.Where, db.Is(m.shortDomain, m.domain(u.Host)))
	}
	found, uri := false, ""
	c.Block(func() {
		err = m.db.Select(c.Context(), q, func(row []db.Value) error {
			found, uri = true, db.Text(row[0])
			return nil
		})
	})
	switch {
	case err != nil:
		return c.Fail(name, err)
	case !found:
		return module.False
	case uri == "":
		return c.Fail(name, errEmpty)
	}
	c.Target.URI = c.Keep(whole(uri))
	return module.True
}

// domain is a domain without the prefix, as a copy that outlives the message.
func (m *SpeedDial) domain(host string) string {
	return strings.Clone(strings.TrimPrefix(host, m.domainPrefix))
}

// whole is an address as a URI: one without scheme gets sip.
func whole(uri string) string {
	for _, scheme := range [...]string{"sip:", "sips:", "tel:"} {
		if len(uri) > len(scheme) && strings.EqualFold(uri[:len(scheme)], scheme) {
			return uri
		}
	}
	return "sip:" + uri
}
