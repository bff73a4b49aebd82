// SPDX-License-Identifier: Apache-2.0

// Package avpops works on AVPs: with databases, with messages and with each other.
package avpops

import (
	"context"
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/db"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("avpops", func() module.Module { return New() }) }

// AVPOps is the module.
type AVPOps struct {
	url, table   string
	useDomain    bool
	uses         []use // that the script makes of the database
	uuidColumn   string
	userColumn   string
	domainColumn string
	nameColumn   string
	valueColumn  string
	typeColumn   string
	schemes      map[string]*scheme

	db db.Database
}

// New returns the module with its defaults.
func New() *AVPOps {
	return &AVPOps{uuidColumn: "uuid", userColumn: "username", domainColumn: "domain", nameColumn: "attribute", valueColumn: "value",
		typeColumn: "type", schemes: map[string]*scheme{}}
}

var (
	_ module.Preparer = (*AVPOps)(nil)
	_ module.Starter  = (*AVPOps)(nil)
)

// Exports implements module.Module.
func (m *AVPOps) Exports() module.Exports {
	const routes = module.AnyRoute &^ module.OnSendRoute
	literal := func(name, doc string, compile func(string) (any, error)) module.Arg {
		return module.Arg{Name: name, Doc: doc, Literal: true, Compile: compile}
	}
	source := literal("source", "`$pv` or text, then `/username`, `/domain`, `/uri` or `/uuid`; `$ru`, `$fu`, `$tu` and `$ou` are URIs, all else is a uuid where it is not said", m.compileSource)
	stored := literal("name", "`$avp(x)`, or `a`, `i` or `s` for all, those whose name is a number and the others, then `/table` or `/$scheme`", m.compileStored)
	dest := literal("dest", "`$avp(x);$avp(y)`, `$avp(i:1);$avp(i:2)` and so on where it is left out", compileList)
	dest.Optional = true
	return module.Exports{
		Doc: "Loads and stores AVPs, checks, copies and changes them, and puts them into the message.",
		Params: []module.Param{
			{Name: "db_url", Set: &m.url, Doc: "URL of the database; without it the functions for one are refused"},
			{Name: "avp_table", Set: &m.table, Doc: "table of the AVPs"},
			{Name: "use_domain", Set: &m.useDomain, Doc: "1 lets a URI stand for its user and domain, 0 for its user alone"},
			{Name: "uuid_column", Set: &m.uuidColumn, Doc: "column of the unique identifier"},
			{Name: "username_column", Set: &m.userColumn, Doc: "column of the user"},
			{Name: "domain_column", Set: &m.domainColumn, Doc: "column of the domain"},
			{Name: "attribute_column", Set: &m.nameColumn, Doc: "column of the AVP's name"},
			{Name: "value_column", Set: &m.valueColumn, Doc: "column of its value"},
			{Name: "type_column", Set: &m.typeColumn, Doc: "column of its type: 1 is added for an integer value, 2 for a name that is a number"},
			{Name: "db_scheme", Set: m.addScheme, Doc: "another table to load from: `name:table=T;value_col=C` and further `uuid_col=`, `username_col=`, `domain_col=`, `value_type=` integer or string"},
		},
		Functions: []module.Function{
			{Name: "avp_db_load", Args: []module.Arg{source, stored}, Routes: routes, Run: m.load, Prepare: m.prepareDB, Lua: "-", Doc: "Loads AVPs. False when there are none."},
			{Name: "avp_db_store", Args: []module.Arg{source, stored}, Routes: routes, Run: m.store, Prepare: m.prepareStore, Lua: "-", Doc: "Stores AVPs. False when there are none."},
			{Name: "avp_db_delete", Args: []module.Arg{source, stored}, Routes: routes, Run: m.remove, Prepare: m.prepareStore, Lua: "-", Doc: "Deletes AVPs from the database."},
			{Name: "avp_db_query", Args: []module.Arg{{Name: "query", Doc: "statement"}, dest}, Routes: routes, Run: m.query, Prepare: m.prepareDB, Lua: "-", Doc: "Runs a statement and puts what it gives into AVPs, the first row in front. $rc is -2 where it gives no rows, -1 for a failure."},
			{Name: "avp_delete", Args: []module.Arg{literal("name", "`$avp(x)`, with `/g` for all its values; `a`, `i` or `s`", compileDelete)}, Routes: routes, Run: deleteAVPs, Prepare: prepare, Lua: "-", Doc: "Deletes AVPs. False when there are none."},
			{Name: "avp_pushto", Args: []module.Arg{literal("destination", "`$ru`, `$ru/username`, `$ru/domain`, `$du` or `$br`", compileDestination), literal("name", "`$avp(x)` or another variable, with `/g` for all values", compileValues)}, Routes: routes, Run: pushTo, Prepare: prepare, Lua: "-",
				Doc: "Writes a value into the Request-URI or a part of it, the destination URI, or a new branch. With `g` the further values for the Request-URI become branches."},
			{Name: "avp_check", Args: []module.Arg{literal("name", "a variable", compileValues), literal("op_value", "`op/value/flags`; op is eq, ne, lt, le, gt, ge, re, fm, and, or, xor; value is a variable, `i:` and an integer, or a text, with or without `s:`; flag g checks all values, i ignores case", compileCheck)}, Routes: routes, Run: check, Prepare: prepare, Doc: "Compares a value. True when it, or with g one of them, is as said."},
			{Name: "avp_copy", Args: []module.Arg{literal("old_name", "`$avp(x)`", compileAVP("")), literal("new_name", "`$avp(y)/flags`: g copies all values, d moves, n makes integers of them, s texts", compileAVP("gdns"))}, Routes: routes, Run: copyAVP, Prepare: prepare, Doc: "Copies or moves an AVP. Of several values the order is reversed."},
			{Name: "avp_subst", Args: []module.Arg{literal("avps", "`$avp(x)/$avp(y)/flags`: g changes all values, d deletes those that were changed", compilePair("gd")), literal("subst", "`/expression/replacement/flags`", compileSubst)}, Routes: routes, Run: substitute("avp_subst"), Prepare: prepare, Lua: "-", Doc: "Replaces what an expression finds in the text of an AVP, in place or into another one. False when nothing was found."},
			{Name: "avp_subst_pv", Args: []module.Arg{literal("avps", "as of avp_subst", compilePair("gd")), {Name: "subst", Doc: "`/expression/replacement/flags`; variables are replaced first", Compile: compileSubst}}, Routes: routes, Run: substitute("avp_subst_pv"), Prepare: prepareFirst, Lua: "-", Doc: "The same with variables in all of the expression."},
			{Name: "avp_op", Args: []module.Arg{literal("name", "`$avp(x)`, or `$avp(x)/$avp(y)`", compilePair("")), literal("op_value", "`op/value/flags`; op is add, sub, mul, div, mod, and, or, xor, not; value is a variable, or `i:` and an integer; flag d deletes the source", compileOp)}, Routes: routes, Run: compute, Prepare: prepare, Lua: "-", Doc: "Calculates with all values of an AVP. Where no other AVP is named the results are put in front of its newest value. False when there is no integer."},
			{Name: "is_avp_set", Args: []module.Arg{literal("name", "`$avp(x)/flags`: s asks for a text, n for an integer, e for an empty text", compileAVP("esn"))}, Routes: routes, Run: isSet, Prepare: prepare, Lua: "-", Doc: "True when there is such an AVP."},
			{Name: "avp_print", Routes: routes, Run: printAVPs, Lua: "-", Doc: "Logs all AVPs at level INFO."},
		},
	}
}

// Prepare implements module.Preparer.
func (m *AVPOps) Prepare(module.Binder) error {
	if m.url != "" && m.table == "" {
		return errors.New("parameter avp_table is not set, and db_url is")
	}
	return nil
}

// DatabaseURLs implements module.Connector.
func (m *AVPOps) DatabaseURLs() []string {
	if m.url == "" {
		return nil
	}
	return []string{m.url}
}

// Start implements module.Starter.
func (m *AVPOps) Start(ctx context.Context, h module.Host) error {
	if m.url == "" {
		return nil
	}
	var err error
	if m.db, err = h.Database(ctx, m.url); err != nil {
		return fmt.Errorf("avpops: %w", err)
	}
	for _, u := range m.uses {
		if err := m.check(ctx, u); err != nil {
			return fmt.Errorf("avpops: %w", err)
		}
	}
	return nil
}
