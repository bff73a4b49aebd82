// SPDX-License-Identifier: Apache-2.0

// Package sanity looks for mistakes in messages before they do harm.
package sanity

import "github.com/kahea-sip/kahea/core/module"

func init() { module.Register("sanity", func() module.Module { return New() }) }

// Sanity is the module.
type Sanity struct {
	checks       int
	uris         int
	proxyRequire []string
	autodrop     int
	noReply      int
}

// New returns the module with its defaults.
func New() *Sanity { return &Sanity{checks: defaultChecks, uris: defaultURIs, autodrop: 1} }

const where = module.RequestRoute | module.AnyReply

// Exports implements module.Module.
func (s *Sanity) Exports() module.Exports {
	args := []module.Arg{
		{Name: "msg_checks", Type: module.ArgInt, Optional: true, Doc: "sum of the checks"},
		{Name: "uri_checks", Type: module.ArgInt, Optional: true, Doc: "sum of the URIs for check 1024"},
	}
	return module.Exports{
		Doc:      "Looks for mistakes in a message and answers it with what is wrong.",
		Requires: []string{"sl"},
		Params: []module.Param{
			{Name: "default_checks", Set: &s.checks, Doc: "sum of the checks that sanity_check does without arguments"},
			{Name: "uri_checks", Set: &s.uris, Doc: "sum of the URIs that check 1024 looks at: 1 Request-URI, 2 From, 4 To, 8 Contact"},
			{Name: "proxy_require", Set: s.setProxyRequire, Doc: "option tags, separated by commas, that Proxy-Require may hold"},
			{Name: "autodrop", Set: &s.autodrop, Min: 0, Max: 1, Doc: "1 ends the script when a check fails, 0 returns false"},
			{Name: "noreply", Set: &s.noReply, Min: 0, Max: 1, Doc: "1 leaves the reply to sanity_reply"},
		},
		Lua: []module.Function{
			{Name: "sanity_check", Lua: "sanity_check(int,int); sanity_check_defaults", Args: args, Routes: where, Run: s.checkInLua,
				Doc: "True when nothing is wrong. Else a request is answered, and the result is negative whatever autodrop says."},
		},
		Functions: []module.Function{
			{Name: "sanity_check", Lua: "-", Args: args, Routes: where, Run: s.check,
				Doc: "True when nothing is wrong. Else a request is answered, and the result is false or the end of the script (autodrop)."},
			{Name: "sanity_reply", Routes: where, Run: s.reply, Doc: "Sends the reply that the last check asked for, with noreply."},
		},
	}
}
