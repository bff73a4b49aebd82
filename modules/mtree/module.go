// SPDX-License-Identifier: Apache-2.0

// Package mtree finds the values that belong to prefixes of numbers.
package mtree

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/prefix"
)

func init() { module.Register("mtree", func() module.Module { return New() }) }

// Mtree is the module.
type Mtree struct {
	url, table                   string
	specs                        []*spec
	nameColumn                   string
	prefixColumn                 string
	valueColumn                  string
	fetchRows                    int
	signs                        string
	value, values                module.Accessor
	dstid, weight, count         module.Accessor
	treeType                     int
	ignoreDuplicates, duplicates bool

	host     module.Host
	log      *slog.Logger
	db       db.Database
	alphabet *prefix.Alphabet
	reload   sync.Mutex // one reload at a time
	forest   atomic.Pointer[forest]
}

// New returns the module with its defaults.
func New() *Mtree {
	return &Mtree{url: "mysql://kamailio:kamailiorw@localhost/kamailio", nameColumn: "tname", prefixColumn: "tprefix", valueColumn: "tvalue",
		fetchRows: 1000, signs: "0123456789"}
}

var (
	_ module.Preparer = (*Mtree)(nil)
	_ module.Starter  = (*Mtree)(nil)
)

// Exports implements module.Module.
func (m *Mtree) Exports() module.Exports {
	const routes = module.RequestRoute | module.FailureRoute | module.BranchRoute | module.AnyReply | module.EventRoute
	return module.Exports{
		Doc: "Finds the values that belong to the longest prefix of a number, or to all of them.",
		Params: []module.Param{
			{Name: "db_url", Set: &m.url, Doc: "URL of the database"},
			{Name: "db_table", Set: &m.table, Doc: "table with several trees, each row with the name of its tree; without effect where `mtree` is set"},
			{Name: "mtree", Set: m.addSpec, Doc: "a tree, `name=N;dbtable=T` and further `type=` 0 for texts, 1 for destinations with weights (`id:weight`), 2 for integers; `multi=1` when the table has other trees, too; `cols='prefix,a,b'` for the columns of the prefix and of the values, which are joined by commas"},
			{Name: "tname_column", Set: &m.nameColumn, Doc: "column of the tree's name"},
			{Name: "tprefix_column", Set: &m.prefixColumn, Doc: "column of the prefix"},
			{Name: "tvalue_column", Set: &m.valueColumn, Doc: "column of the value"},
			{Name: "fetch_rows", Set: &m.fetchRows, Notice: "rows are taken while they arrive", Doc: "rows that Kamailio reads at once"},
			{Name: "char_list", Set: &m.signs, Doc: "the signs that prefixes consist of, at most 64"},
			{Name: "pv_value", Set: &m.value, Doc: "variable that gets the value of the longest prefix, `$avp(s:tvalue)` where it is left out"},
			{Name: "pv_values", Set: &m.values, Doc: "AVP that gets the values of all prefixes in mode 2, `$avp(s:tvalues)` where it is left out"},
			{Name: "pv_dstid", Set: &m.dstid, Doc: "AVP that gets the destinations of a tree of type 1, `$avp(tdstid)` where it is left out"},
			{Name: "pv_weight", Set: &m.weight, Doc: "AVP that gets their weights, `$avp(tweight)` where it is left out"},
			{Name: "pv_count", Set: &m.count, Doc: "variable that gets their number, `$avp(tcount)` where it is left out"},
			{Name: "mt_tree_type", Set: &m.treeType, Min: 0, Max: 2, Doc: "type of the trees of `db_table`"},
			{Name: "mt_ignore_duplicates", Set: &m.ignoreDuplicates, Doc: "1 takes the first value of a prefix that comes again"},
			{Name: "mt_allow_duplicates", Set: &m.duplicates, Doc: "1 keeps all values of a prefix, the last one first; without one of the two a prefix that comes again is an error"},
		},
		Functions: []module.Function{
			{Name: "mt_match", Routes: routes, Run: m.match, Args: []module.Arg{
				{Name: "mtree", Doc: "name of the tree"},
				{Name: "value", Doc: "the number"},
				{Name: "mode", Type: module.ArgInt, Doc: "2 for the values of all prefixes, else that of the longest one"},
			}, Doc: "Finds the values that belong to the beginning of a number: that of the longest prefix into pv_value; in mode 2 those of all prefixes, that of the longest one first, into pv_values; of a tree of type 1 all destinations into pv_dstid and pv_weight, with the heaviest first and each one once, and their number into pv_count. False when no prefix fits."},
		},
		RPC: []module.Command{
			{Name: "mtree.list", Run: m.rpcList, Array: true, Doc: "Lists all trees, or one: mtree."},
			{Name: "mtree.summary", Run: m.rpcSummary, Array: true, Doc: "Tells the size of all trees, or of one: mtree."},
			{Name: "mtree.reload", Run: m.rpcReload, Doc: "Reads all trees from the database anew, or one: mtree. Where that fails the old ones stay."},
			{Name: "mtree.match", Run: m.rpcMatch, Array: true, Doc: "Finds the values of a number: mtree, prefix, mode (0 or 2)."},
		},
	}
}

// Prepare implements module.Preparer.
func (m *Mtree) Prepare(b module.Binder) error {
	if len(m.specs) == 0 && m.table == "" {
		return errors.New("no tree is defined: set parameter mtree or db_table")
	}
	var err error
	if m.alphabet, err = prefix.NewAlphabet(m.signs); err != nil {
		return fmt.Errorf("parameter char_list: %w", err)
	}
	for _, v := range []struct {
		param, text string
		to          *module.Accessor
	}{
		{"pv_value", "$avp(s:tvalue)", &m.value}, {"pv_values", "$avp(s:tvalues)", &m.values}, {"pv_dstid", "$avp(tdstid)", &m.dstid},
		{"pv_weight", "$avp(tweight)", &m.weight}, {"pv_count", "$avp(tcount)", &m.count},
	} {
		if *v.to == nil {
			if *v.to, err = b.Var(v.text); err != nil {
				return fmt.Errorf("parameter %s is %s where it is not set: %w", v.param, v.text, err)
			}
		}
		if _, ok := (*v.to).(module.Assignable); !ok {
			return fmt.Errorf("parameter %s names a variable that cannot be assigned", v.param)
		}
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (m *Mtree) DatabaseURLs() []string { return []string{m.url} }

// Start implements module.Starter.
func (m *Mtree) Start(ctx context.Context, h module.Host) error {
	m.host, m.log = h, h.Log().With("module", "mtree")
	var err error
	if m.db, err = h.Database(ctx, m.url); err != nil {
		return err
	}
	f, err := m.load(ctx, &forest{})
	if err != nil {
		return err
	}
	m.forest.Store(f)
	return nil
}
