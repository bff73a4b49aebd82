// SPDX-License-Identifier: Apache-2.0

// Package domain tells which domains a server is responsible for.
package domain

import (
	"context"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transport"
)

func init() { module.Register("domain", func() module.Module { return New() }) }

// Domain is the module.
type Domain struct {
	url                     string
	domainTable, attrsTable string
	idColumn, domainColumn  string
	nameColumn, typeColumn  string
	valueColumn             string
	registerMyself          int

	host  module.Host
	db    db.Database
	table atomic.Pointer[table]
}

// Versions of the tables.
const (
	domainVersion = 2
	attrsVersion  = 1
)

// New returns the module with its defaults.
func New() *Domain {
	return &Domain{url: "mysql://kamailioro:kamailioro@localhost/kamailio", domainTable: "domain", attrsTable: "domain_attrs",
		idColumn: "did", domainColumn: "domain", nameColumn: "name", typeColumn: "type", valueColumn: "value"}
}

var _ module.Starter = (*Domain)(nil)

// Exports implements module.Module.
func (m *Domain) Exports() module.Exports {
	const routes = module.RequestRoute | module.FailureRoute | module.BranchRoute | module.LocalRoute
	name := module.Arg{Name: "domain", Doc: "name of a domain"}
	return module.Exports{
		Doc: "Tells which domains the server is responsible for, and what is known of them.",
		Params: []module.Param{
			{Name: "db_url", Set: &m.url, Doc: "database"},
			{Name: "domain_table", Set: &m.domainTable, Doc: "table with the domains"},
			{Name: "domain_attrs_table", Set: &m.attrsTable, Doc: "table with their attributes"},
			{Name: "did_col", Set: &m.idColumn, Doc: "column with the id of a domain, of both tables; NULL stands for the domain"},
			{Name: "domain_col", Set: &m.domainColumn, Doc: "column with the name of a domain"},
			{Name: "name_col", Set: &m.nameColumn, Doc: "column with the name of an attribute"},
			{Name: "type_col", Set: &m.typeColumn, Doc: "column with the type of an attribute: 0 integer, 2 string"},
			{Name: "value_col", Set: &m.valueColumn, Doc: "column with the value of an attribute"},
			{Name: "register_myself", Set: &m.registerMyself, Min: 0, Max: 1, Doc: "1 makes the domains myself"},
		},
		Functions: []module.Function{
			{Name: "is_from_local", Routes: routes, Run: m.isFromLocal, Doc: "True when the domain of From is local."},
			{Name: "is_uri_host_local", Routes: routes, Run: m.isURILocal, Doc: "True when the domain of the Request-URI is local."},
			{Name: "is_domain_local", Args: []module.Arg{name}, Routes: routes, Run: m.isLocal, Doc: "True when a domain is local."},
			{Name: "lookup_domain", Lua: "lookup_domain(str); lookup_domain_prefix(str,str)", Args: []module.Arg{name, {Name: "prefix", Optional: true, Doc: "put in front of the names"}}, Routes: routes, Run: m.lookup,
				Doc: "True when a domain is local: its id becomes $avp(did), and its attributes AVPs with their names."},
		},
		RPC: []module.Command{
			{Name: "domain.reload", Run: m.rpcReload, Doc: "Reads the tables anew; when that fails the old content stays."},
			{Name: "domain.dump", Run: m.rpcDump, Doc: "Lists domains and the names of their attributes."},
		},
	}
}

// DatabaseURLs implements module.Connector.
func (m *Domain) DatabaseURLs() []string { return []string{m.url} }

// Start implements module.Starter.
func (m *Domain) Start(ctx context.Context, h module.Host) (err error) {
	m.host = h
	if m.db, err = h.Database(ctx, m.url); err != nil {
		return err
	}
	versions := h.Core().VersionTable
	if err := db.CheckVersion(ctx, m.db, versions, m.domainTable, domainVersion); err != nil {
		return err
	}
	if err := db.CheckVersion(ctx, m.db, versions, m.attrsTable, attrsVersion); err != nil {
		return err
	}
	if err := m.load(ctx); err != nil {
		return err
	}
	if m.registerMyself != 0 {
		h.Transport().OnMyself(func(host string, _ int, _ transport.Proto) bool { return m.table.Load().find(host) != nil })
	}
	return nil
}
