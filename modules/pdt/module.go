// SPDX-License-Identifier: Apache-2.0

// Package pdt translates the beginning of a number into a domain.
package pdt

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/prefix"
)

func init() { module.Register("pdt", func() module.Module { return New() }) }

// tableVersion is the version of the table that is needed.
const tableVersion = 1

// PDT is the module.
type PDT struct {
	url, table                               string
	sourceColumn, prefixColumn, domainColumn string
	lead                                     string
	fetchRows                                int
	signs                                    string
	checkDomain                              bool

	log      *slog.Logger
	db       db.Database
	alphabet *prefix.Alphabet
	reload   sync.Mutex // one reload at a time
	areas    atomic.Pointer[areas]
}

// New returns the module with its defaults.
func New() *PDT {
	return &PDT{url: "mysql://kamailio:kamailiorw@localhost/kamailio", table: "pdt", sourceColumn: "sdomain", prefixColumn: "prefix",
		domainColumn: "domain", fetchRows: 1000, signs: "0123456789", checkDomain: true}
}

var (
	_ module.Preparer = (*PDT)(nil)
	_ module.Starter  = (*PDT)(nil)
)

// Exports implements module.Module.
func (p *PDT) Exports() module.Exports {
	const routes = module.RequestRoute | module.FailureRoute | module.EventRoute
	rewrite := module.Arg{Name: "rewrite_mode", Type: module.ArgInt, Doc: "0 takes the leading prefix and the one that was found away from the user, 1 the leading one only, 2 leaves the user as it is"}
	optional := rewrite
	optional.Optional = true
	return module.Exports{
		Doc: "Puts the domain that belongs to the beginning of the user into the Request-URI.",
		Params: []module.Param{
			{Name: "db_url", Set: &p.url, Doc: "URL of the database"},
			{Name: "db_table", Set: &p.table, Doc: "table with the prefixes"},
			{Name: "sdomain_column", Set: &p.sourceColumn, Doc: "column of the source domain, * for any"},
			{Name: "prefix_column", Set: &p.prefixColumn, Doc: "column of the prefix"},
			{Name: "domain_column", Set: &p.domainColumn, Doc: "column of the domain that replaces host and port"},
			{Name: "prefix", Set: &p.lead, Doc: "what a user must begin with; prefixes are looked for behind it"},
			{Name: "fetch_rows", Set: &p.fetchRows, Notice: "rows are taken while they arrive", Doc: "rows that Kamailio reads at once"},
			{Name: "char_list", Set: &p.signs, Doc: "the signs that prefixes consist of, at most 64"},
			{Name: "check_domain", Set: &p.checkDomain, Doc: "1 leaves out a row whose prefix or domain its source domain has already, 0 allows a domain several prefixes and refuses a prefix that comes again"},
		},
		Functions: []module.Function{
			{Name: "prefix2domain", Routes: routes, Run: p.prefix2domain, Lua: "pprefix2domain(int,int)", Args: []module.Arg{optional,
				{Name: "multidomain_mode", Type: module.ArgInt, Optional: true, Doc: "0 looks among the prefixes of source domain *, 1 among those of the domain in From, 2 then among those of *"}},
				Doc: "Changes the Request-URI to the domain of the longest prefix that the user begins with; parameters and headers of the URI go away. False when there is none."},
			{Name: "pd_translate", Routes: routes | module.BranchRoute, Run: p.translate, Args: []module.Arg{
				{Name: "sdomain", Doc: "source domain"}, rewrite},
				Doc: "The same for the prefixes of a source domain."},
		},
		RPC: []module.Command{
			{Name: "pdt.list", Run: p.rpcList, Doc: "Lists what begins with sdomain, prefix and domain; each may be left out, or be a dot."},
			{Name: "pdt.reload", Run: p.rpcReload, Doc: "Reads the table anew. Where that fails the old content stays."},
		},
	}
}

// Prepare implements module.Preparer.
func (p *PDT) Prepare(module.Binder) error {
	var err error
	if p.alphabet, err = prefix.NewAlphabet(p.signs); err != nil {
		return fmt.Errorf("parameter char_list: %w", err)
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (p *PDT) DatabaseURLs() []string { return []string{p.url} }

// Start implements module.Starter.
func (p *PDT) Start(ctx context.Context, h module.Host) error {
	p.log = h.Log().With("module", "pdt")
	var err error
	if p.db, err = h.Database(ctx, p.url); err != nil {
		return err
	}
	if err = db.CheckVersion(ctx, p.db, h.Core().VersionTable, p.table, tableVersion); err != nil {
		return err
	}
	a, err := p.load(ctx)
	if err != nil {
		return err
	}
	p.areas.Store(a)
	return nil
}
