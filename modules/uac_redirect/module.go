// SPDX-License-Identifier: Apache-2.0

// Package uac_redirect follows redirections.
package uac_redirect

import (
	"context"
	"errors"
	"fmt"

	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("uac_redirect", func() module.Module { return New() }) }

// Redirect is the module.
type Redirect struct {
	acc accounts // nil where nothing is accounted

	// Parameters.
	defaultFilter         string
	deny, accept          *ere.Regexp
	accFunction, accTable string
	flags, flagsMode, q   int
	denyUnlisted          bool
}

// accounts is what uac_redirect needs of acc.
type accounts interface {
	Request(c *module.Call, function, comment, table string) error
}

// New returns the module with its defaults.
func New() *Redirect {
	return &Redirect{defaultFilter: "accept", accFunction: "acc_log_request", accTable: "acc", q: 10}
}

var (
	_ module.Preparer = (*Redirect)(nil)
	_ module.Starter  = (*Redirect)(nil)
)

// Exports implements module.Module.
func (r *Redirect) Exports() module.Exports {
	filter := []module.Arg{{Name: "filter", Type: module.ArgRegexp, Doc: "expression that a Contact URI is looked at with"},
		{Name: "flags", Compile: compileReset, Doc: "what is forgotten before: reset_all, reset_default (that of the parameter), reset_added (those of earlier calls), or nothing"}}
	reason := module.Arg{Name: "reason", Doc: "text of a record of acc for each Contact"}
	total, each := module.Arg{Name: "max_total", Type: module.ArgInt, Doc: "greatest number of Contacts, 0 for no limit"}, module.Arg{Name: "max_branch", Type: module.ArgInt, Doc: "greatest number of each branch"}
	optional := reason
	optional.Optional = true
	const routes, doc = module.FailureRoute, "Takes the Contacts of the branches that failed with 3xx as new branches. False where there is none."
	return module.Exports{
		Doc:      "Follows redirections: takes the Contacts of 3xx replies as new branches, those that filters let pass.",
		Requires: []string{"tm"},
		After:    []string{"acc"},
		Params: []module.Param{
			{Name: "default_filter", Set: &r.defaultFilter, Doc: "accept or deny: what becomes of a Contact that no filter matches"},
			{Name: "deny_filter", Set: setFilter(&r.deny), Doc: "expression; a Contact that it matches, and accept filters do not, is not taken"},
			{Name: "accept_filter", Set: setFilter(&r.accept), Doc: "expression; a Contact that it matches is taken"},
			{Name: "acc_function", Set: &r.accFunction, Doc: "function of acc for records: acc_log_request, acc_db_request or acc_request; empty for none"},
			{Name: "acc_db_table", Set: &r.accTable, Doc: "table of the records"},
			{Name: "bflags", Set: &r.flags, Doc: "branch flags of new branches, as a sum of bits"},
			{Name: "flags_hdr_mode", Set: &r.flagsMode, Min: 0, Max: 2, Doc: "0 passes over the parameter flags of a Contact, 1 takes it in place of bflags, 2 adds it to them"},
			{Name: "q_value", Set: &r.q, Min: 0, Max: 1000, Doc: "q of a Contact that names none, in thousandths"},
		},
		Functions: []module.Function{
			{Name: "set_deny_filter", Lua: "-", Args: filter, Routes: routes, Run: r.addFilter(denying), Doc: "Adds a deny filter for this message, at most six."},
			{Name: "set_accept_filter", Lua: "-", Args: filter, Routes: routes, Run: r.addFilter(accepting), Doc: "Adds an accept filter for this message, at most six."},
			{Name: "get_redirects", Lua: "-", Args: []module.Arg{{Name: "max", Literal: true, Compile: compileLimits, Doc: "greatest number of Contacts, and behind a colon of each branch; 0 or * for no limit. The highest q are taken"}, optional},
				Routes: routes, Prepare: r.needsAcc, Run: r.getRedirects, Doc: doc},
		},
		Lua: []module.Function{
			{Name: "get_redirects_all", Routes: routes, Run: func(c *module.Call, _ module.Args) module.Result { return r.take(c, limits{}, "") }, Doc: doc},
			{Name: "get_redirects", Args: []module.Arg{total, each}, Routes: routes, Doc: doc,
				Run: func(c *module.Call, a module.Args) module.Result {
					return r.take(c, limits{a.Int(0, 0), a.Int(1, 0)}, "")
				}},
			{Name: "get_redirects_acc", Args: []module.Arg{total, each, reason}, Routes: routes, Doc: doc + " With records of acc.",
				Run: func(c *module.Call, a module.Args) module.Result {
					return r.take(c, limits{a.Int(0, 0), a.Int(1, 0)}, a.Str(2))
				}},
		},
	}
}

func setFilter(to **ere.Regexp) func(string) error {
	return func(text string) (err error) {
		*to, err = ere.Compile(text, ere.IgnoreCase)
		return err
	}
}

var errNoAcc = errors.New("a reason is for records, which need the module acc, loaded before, and acc_function")

// needsAcc is called for each call of get_redirects in the script.
func (r *Redirect) needsAcc(b module.Binder, a module.Args) error {
	if a[1].Given && (b.Module("acc") == nil || r.accFunction == "") {
		return errNoAcc
	}
	return nil
}

// Prepare implements module.Preparer.
func (r *Redirect) Prepare(module.Binder) error {
	switch r.defaultFilter {
	case "accept":
	case "deny":
		r.denyUnlisted = true
	default:
		return fmt.Errorf("uac_redirect: default_filter is accept or deny, not %q", r.defaultFilter)
	}
	switch r.accFunction {
	case "", "acc_log_request", "acc_db_request", "acc_request":
		return nil
	}
	return fmt.Errorf("uac_redirect: acc_function is acc_log_request, acc_db_request or acc_request, not %q", r.accFunction)
}

// Start implements module.Starter.
func (r *Redirect) Start(_ context.Context, h module.Host) error {
	if r.accFunction != "" {
		r.acc, _ = h.Module("acc").(accounts)
	}
	return nil
}
