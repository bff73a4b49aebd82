// SPDX-License-Identifier: Apache-2.0

// Package maxfwd limits how often a request is forwarded (RFC 3261 16.6 step 3).
package maxfwd

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/setting"
)

func init() { module.Register("maxfwd", func() module.Module { return New() }) }

// Maxfwd is the module.
type Maxfwd struct {
	limit setting.Int
}

// New returns the module with its defaults.
func New() *Maxfwd {
	m := new(Maxfwd)
	m.limit.Set(70)
	return m
}

// Exports implements module.Module.
func (m *Maxfwd) Exports() module.Exports {
	value := func(doc string) []module.Arg {
		return []module.Arg{{Name: "max_value", Type: module.ArgInt, Doc: doc}}
	}
	start := value("value of the header where the request has none")
	than := value("value to compare with")
	return module.Exports{
		Doc: "Adds, decrements and checks Max-Forwards, so that a request cannot go in circles.",
		Params: []module.Param{
			{Name: "max_limit", Set: &m.limit, Min: 1, Max: 256,
				Doc: "upper limit of the value in forwarded requests; a greater one is lowered to it"},
		},
		Functions: []module.Function{
			{Name: "maxfwd_process", Args: start, Routes: module.RequestRoute, Run: m.process, Lua: "-",
				Doc: "Adds Max-Forwards (2) or decrements it (1). -1 when it is 0 already, -2 when it cannot be read."},
			{Name: "mf_process_maxfwd_header", Args: start, Routes: module.RequestRoute, Run: m.process, Lua: "-",
				Doc: "The same as maxfwd_process."},
			{Name: "process_maxfwd", Args: start, Routes: module.RequestRoute, Run: m.process,
				Doc: "The same as maxfwd_process."},
			{Name: "is_maxfwd_lt", Args: than, Routes: anyForward, Run: m.less,
				Doc: "True while Max-Forwards, as it would be sent, is less than the argument; -1 when it is not, -2 when there is none."},
			{Name: "mf_lowlimit", Args: than, Routes: anyForward, Run: m.less, Lua: "-",
				Doc: "The same as is_maxfwd_lt."},
			{Name: "maxfwd_at_least", Args: than, Routes: anyForward, Run: m.atLeast, Lua: "-",
				Doc: "True while Max-Forwards is not less than the argument; -1 when it is, -2 when there is none."},
		},
		Settings: []setting.Entry{
			{Group: "maxfwd", Name: "max_limit", Int: &m.limit, Min: 0, Max: 255,
				Doc: "Max forward header field max limit"},
		},
	}
}

const anyForward = module.RequestRoute | module.FailureRoute | module.BranchRoute
