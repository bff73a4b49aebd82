// SPDX-License-Identifier: Apache-2.0

// Package kex has script flags, branch flags and the commands for counters.
package kex

import (
	"sync/atomic"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("kex", func() module.Module { return new(Kex) }) }

// Kex is the module.
type Kex struct {
	serial atomic.Uint64 // counts the values of $sruid
}

// Exports implements module.Module.
func (k *Kex) Exports() module.Exports {
	flag := module.Arg{Name: "flag", Type: module.ArgInt, Doc: "number of the flag, 0 to 31"}
	branch := module.Arg{Name: "branch", Type: module.ArgInt, Optional: true, Doc: "index of the branch; 0, the Request-URI, where it is left out"}
	one, two := []module.Arg{flag}, []module.Arg{flag, branch}
	uri := []module.Arg{{Name: "uri", Doc: "SIP URI or address"}}
	printf := []module.Arg{{Name: "var", Type: module.ArgVar, Doc: "variable to assign"}, {Name: "str", Doc: "text with variables"}}
	return module.Exports{
		Doc: "Script flags, branch flags, destination URI, and the commands for counters.",
		Functions: []module.Function{
			{Name: "setsflag", Args: one, Routes: module.AnyRoute, Run: setScriptFlag, Doc: "Sets a script flag, which lives as long as the message is in the script."},
			{Name: "issflagset", Args: one, Routes: module.AnyRoute, Run: isScriptFlag, Doc: "True when the script flag is set."},
			{Name: "resetsflag", Args: one, Routes: module.AnyRoute, Run: resetScriptFlag, Doc: "Clears a script flag."},
			{Name: "setbflag", Args: two, Routes: module.AnyRoute, Run: setBranchFlag, Doc: "Sets a branch flag, which goes with the branch, and into the location table with save()."},
			{Name: "isbflagset", Args: two, Routes: module.AnyRoute, Run: isBranchFlag, Doc: "True when the branch flag is set."},
			{Name: "resetbflag", Args: two, Routes: module.AnyRoute, Run: resetBranchFlag, Doc: "Clears a branch flag."},
			{Name: "setdsturi", Args: uri, Routes: module.AnyRoute, Run: setDstURI, Doc: "Sets the next hop ($du)."},
			{Name: "resetdsturi", Routes: module.AnyRoute, Run: resetDstURI, Doc: "Takes the next hop ($du) back."},
			{Name: "isdsturiset", Routes: module.AnyRoute, Run: isDstURI, Doc: "True when the next hop ($du) is set."},
			{Name: "pv_printf", Args: printf, Routes: module.AnyRoute, Run: printTo, Doc: "Assigns a text with variables to a variable."},
			{Name: "avp_printf", Args: printf, Routes: module.AnyRoute, Run: printTo, Doc: "The same as pv_printf."},
			{Name: "is_myself", Args: uri, Routes: module.AnyRoute, Run: isMyself, Doc: "True when the URI names this server. A URI without port matches any port."},
			{Name: "is_myhost", Args: uri, Routes: module.AnyRoute, Run: isMyhost, Doc: "True when the URI's host is one of this server, whatever the port."},
			{Name: "setdebug", Args: []module.Arg{{Name: "level", Type: module.ArgInt, Doc: "-5 (alert) to 3 (debug)"}}, Routes: module.AnyRoute, Run: setDebug,
				Doc: "Sets the log level of the worker that runs the script, for this and later messages."},
			{Name: "resetdebug", Routes: module.AnyRoute, Run: resetDebug, Doc: "Gives the worker the log level of the debug parameter again."},
		},
		Variables: []module.Variable{
			{Name: "sruid", Get: k.uniqueID, Doc: "a unique text, another one each time"},
		},
		Counters: counter.MemoryEntries(),
		RPC: []module.Command{
			{Name: "stats.get_statistics", Run: getStatistics, Array: true, Doc: "get core and modules stats, e.g. all, core: or rcv_requests"},
			{Name: "stats.fetch", Run: fetch(func(v int64) any { return text(v) }), Doc: "fetch core and modules stats"},
			{Name: "stats.fetchn", Run: fetch(func(v int64) any { return v }), Doc: "fetch core and modules stats as numbers"},
			{Name: "stats.reset_statistics", Run: resetStatistics, Array: true, Doc: "reset core and modules stats"},
			{Name: "stats.clear_statistics", Run: clearStatistics, Array: true, Doc: "print core and modules stats and reset them"},
		},
	}
}
