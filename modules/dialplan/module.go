// SPDX-License-Identifier: Apache-2.0

// Package dialplan translates numbers and other texts by rules of a database.
package dialplan

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("dialplan", func() module.Module { return New() }) }

// Dialplan is the module.
type Dialplan struct {
	host     module.Host
	log      *slog.Logger
	database db.Database
	plans    atomic.Pointer[plans]

	loading sync.Mutex
	loaded  time.Time     // guarded by loading; when the rules were read last
	binder  module.Binder // compiles the variables of rules

	// Parameters.
	url, table  string
	columns     [colCount]string
	attrs       module.Accessor
	fetchRows   int
	dynamic     int
	reloadDelta int
}

// New returns the module with its defaults.
func New() *Dialplan {
	d := &Dialplan{url: "mysql://kamailio:kamailiorw@localhost/kamailio", table: "dialplan", fetchRows: 1000, reloadDelta: 5}
	for i, c := range columns {
		d.columns[i] = c.name
	}
	return d
}

var (
	_ module.Preparer = (*Dialplan)(nil)
	_ module.Starter  = (*Dialplan)(nil)
)

// Exports implements module.Module.
func (d *Dialplan) Exports() module.Exports {
	return module.Exports{
		Doc:       "Translates numbers and other texts by rules of a database, which are kept in memory.",
		Params:    d.params(),
		Functions: d.functions(),
		Lua: []module.Function{
			{Name: "dp_translate_vars", Args: []module.Arg{planArg, {Name: "input", Type: module.ArgVar, Doc: "variable with the text"}, outArg}, Routes: module.AnyRoute, Run: d.translateVars,
				Doc: "dp_translate with a variable for the text and one for what it becomes."},
		},
		RPC: []module.Command{
			{Name: "dialplan.reload", Run: d.rpcReload, Doc: "Reads the rules anew."},
			{Name: "dialplan.dump", Run: d.rpcDump, Doc: "Lists the rules of a dialplan: its number."},
			{Name: "dialplan.translate", Run: d.rpcTranslate, Doc: "Translates a text: number of the dialplan, text."},
		},
	}
}

func (d *Dialplan) params() []module.Param {
	list := []module.Param{
		{Name: "db_url", Set: &d.url, Doc: "database"},
		{Name: "table_name", Set: &d.table, Doc: "table with the rules"},
	}
	for i, c := range columns {
		list = append(list, module.Param{Name: c.param, Set: &d.columns[i], Doc: "column with " + c.what})
	}
	return append(list, []module.Param{
		{Name: "attrs_pvar", Set: &d.attrs, Doc: "variable that gets the attributes of the rule that matched"},
		{Name: "fetch_rows", Set: &d.fetchRows, Min: 1, Max: 1 << 30, Notice: "rows are taken while they arrive", Doc: "rows that are fetched at once"},
		{Name: "match_dynamic", Set: &d.dynamic, Min: 0, Max: 1, Doc: "1 evaluates variables in the two expressions for each text"},
		{Name: "append_branch", Set: func(int) error { return nil }, Notice: "a Request-URI that is changed in a failure route is sent to once, by the next t_relay", Doc: "whether a translation in a failure route appends a branch"},
		{Name: "reload_delta", Set: &d.reloadDelta, Min: 0, Max: 1 << 30, Unit: "s", Doc: "least time between two times of reading the rules"},
	}...)
}

var (
	planArg = module.Arg{Name: "dpid", Type: module.ArgInt, Doc: "number of the dialplan"}
	textArg = module.Arg{Name: "inval", Doc: "text"}
	outArg  = module.Arg{Name: "outvar", Type: module.ArgVar, Doc: "variable for what the text becomes; it stays where the rule has no replacement"}
)

func (d *Dialplan) functions() []module.Function {
	return []module.Function{
		{Name: "dp_match", Args: []module.Arg{planArg, textArg}, Routes: module.AnyRoute, Run: d.match, Doc: "Finds the rule for a text, and sets attrs_pvar. -1 where none matches, -2 where there is no such dialplan."},
		{Name: "dp_replace", Args: []module.Arg{planArg, textArg, outArg}, Routes: module.AnyRoute, Run: d.replace, Doc: "Translates a text. The results are those of dp_match; -1 also where the rule matches and its subst_exp does not."},
		{Name: "dp_translate", Lua: "dp_translate(int)", Args: []module.Arg{planArg, {Name: "src_dst", Optional: true, Literal: true, Compile: d.compilePair, Doc: `variable with the text, and behind a slash the one for what it becomes: "$rU/$var(x)"; without that as dp_match. Both are $rU where it is left out`}},
			Routes: module.AnyRoute, Run: d.translate, Doc: "Translates the user of the Request-URI, or the text of a variable."},
		{Name: "dp_reload", Lua: "-", Routes: module.AnyRoute, Run: d.reload, Doc: "Reads the rules anew. False within reload_delta of the last time, or where a rule is wrong: then the old ones stay."},
	}
}

// Prepare implements module.Preparer.
func (d *Dialplan) Prepare(b module.Binder) error {
	d.binder = b
	for _, name := range append([]string{d.table}, d.columns[:]...) {
		if err := db.CheckName(name); err != nil {
			return fmt.Errorf("dialplan: %q: %w", name, err)
		}
	}
	if _, ok := d.attrs.(module.Assignable); d.attrs != nil && !ok {
		return fmt.Errorf("dialplan: attrs_pvar: the variable cannot be assigned to")
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (d *Dialplan) DatabaseURLs() []string { return []string{d.url} }

// Start implements module.Starter.
func (d *Dialplan) Start(ctx context.Context, h module.Host) (err error) {
	d.host, d.log = h, h.Log().With("module", "dialplan")
	if d.database, err = h.Database(ctx, d.url); err != nil {
		return fmt.Errorf("db_url: %w", err)
	}
	if err := db.CheckVersion(ctx, d.database, h.Core().VersionTable, d.table, tableVersion); err != nil {
		return err
	}
	err = d.load(ctx)
	d.loaded = time.Time{} // reload_delta counts from the first reload
	return err
}
