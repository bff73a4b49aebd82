// SPDX-License-Identifier: Apache-2.0

// Package counters gives scripts counters of their own, and shows all counters
// of the server.
package counters

import (
	"context"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("counters", func() module.Module { return New() }) }

// Counters is the module.
type Counters struct {
	group    string
	declared []string

	script map[string]*scriptCounter // by group and name, joined by a dot
	order  []*scriptCounter
}

var (
	_ module.Preparer = (*Counters)(nil)
	_ module.Starter  = (*Counters)(nil)
)

// New makes the module with its defaults.
func New() *Counters { return &Counters{group: "script"} }

// routes are those that Kamailio lets the functions be called in.
const routes = module.RequestRoute | module.AnyReply | module.FailureRoute | module.OnSendRoute | module.LocalRoute | module.EventRoute

// Exports implements module.Module.
func (m *Counters) Exports() module.Exports {
	name := module.Arg{Name: "counter", Type: module.ArgStr, Compile: m.compile, Doc: "[group.]name of a counter that script_counter declares"}
	return module.Exports{
		Doc: "Counters of a script's own, and commands that show all counters of the server.",
		Params: []module.Param{
			{Name: "script_counter", Set: &m.declared,
				Doc: "declares a counter: [group.]name, and behind a space or colon what it counts; may be set several times"},
			{Name: "script_cnt_grp_name", Set: &m.group, Doc: "group of the counters that are declared without one"},
		},
		Functions: []module.Function{
			{Name: "cnt_inc", Args: []module.Arg{name}, Routes: routes, Lua: "inc", Run: m.inc, Doc: "Adds one to a counter."},
			{Name: "cnt_add", Args: []module.Arg{name, {Name: "number", Type: module.ArgInt, Doc: "what to add"}}, Routes: routes, Lua: "add", Run: m.add,
				Doc: "Adds a number to a counter."},
			{Name: "cnt_reset", Args: []module.Arg{name}, Routes: routes, Lua: "reset", Run: m.reset, Doc: "Sets a counter to zero."},
		},
		RPC: []module.Command{
			{Name: "cnt.get", Run: rpcGet, Doc: "Returns the value of a counter: group, name."},
			{Name: "cnt.get_raw", Run: rpcGetRaw, Doc: "Returns the value of a counter as it was counted: group, name."},
			{Name: "cnt.get_vars", Run: rpcGetVars, Doc: "Returns all counters of a group with their values: group."},
			{Name: "cnt.grp_get_all", Run: rpcGetVars, Doc: "Returns all counters of a group with their values: group."},
			{Name: "cnt.grps_list", Run: rpcGroups, Array: true, Doc: "Lists the groups of counters."},
			{Name: "cnt.help", Run: rpcHelp, Doc: "Says what a counter counts: group, name."},
			{Name: "cnt.list_groups", Run: rpcGroups, Array: true, Doc: "Lists the groups of counters."},
			{Name: "cnt.list_vars", Run: rpcNames, Array: true, Doc: "Lists the counters of a group: group."},
			{Name: "cnt.reset", Run: rpcReset, Doc: "Sets a counter to zero: group, name."},
			{Name: "cnt.var_list", Run: rpcNames, Array: true, Doc: "Lists the counters of a group: group."},
		},
	}
}

// Start implements module.Starter.
func (m *Counters) Start(_ context.Context, h module.Host) error { return m.declare(h.Counters()) }
