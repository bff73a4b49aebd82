// SPDX-License-Identifier: Apache-2.0

// Package siputils answers questions about SIP messages and URIs.
package siputils

import "github.com/kahea-sip/kahea/core/module"

func init() { module.Register("siputils", func() module.Module { return New() }) }

// Siputils is the module.
type Siputils struct{}

// New returns the module with its defaults.
func New() *Siputils { return new(Siputils) }

// Exports implements module.Module.
func (s *Siputils) Exports() module.Exports {
	return module.Exports{
		Doc: "Answers questions about messages and URIs, and changes URIs.",
		Functions: []module.Function{
			{Name: "is_request", Routes: module.AnyRoute, Run: isRequest, Doc: "True when the message is a request."},
			{Name: "is_reply", Routes: module.AnyRoute, Run: isReply, Doc: "True when the message is a reply."},
			{Name: "has_totag", Routes: module.AnyRoute, Run: hasToTag, Doc: "True when To has a tag, so that the request belongs to a dialog."},
			{Name: "is_first_hop", Args: []module.Arg{{Name: "mode", Type: module.ArgInt, Optional: true, Doc: "1 lets a host name in Record-Route pass and skips the test for loops"}},
				Routes: module.AnyRoute, Run: isFirstHop,
				Doc: "True when the request has one Via, or the topmost Record-Route of the reply is this server."},
			{Name: "is_sip", Routes: module.AnyRoute, Run: isSIP, Doc: "True when the message is SIP."},
			{Name: "is_http", Routes: module.AnyRoute, Run: isHTTP, Doc: "True when the message is HTTP."},
		},
	}
}
