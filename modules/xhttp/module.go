// SPDX-License-Identifier: Apache-2.0

// Package xhttp lets a script answer requests of HTTP that arrive at the sockets of SIP.
package xhttp

import (
	"context"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("xhttp", func() module.Module { return New() }) }

// eventRequest is the event route of a request.
const eventRequest = "xhttp:request"

// XHTTP is the module.
type XHTTP struct {
	skip, match *ere.Regexp // nil where the parameter is not set
	callback    string

	host               module.Host
	requests, answered counter.Counter
}

// New returns the module with its defaults.
func New() *XHTTP { return &XHTTP{} }

var _ module.Starter = (*XHTTP)(nil)

// Exports implements module.Module.
func (x *XHTTP) Exports() module.Exports {
	return module.Exports{
		Doc: "Lets a script answer requests of HTTP, which arrive at the TCP and TLS sockets of SIP.",
		Params: []module.Param{
			{Name: "url_skip", Set: expression(&x.skip), Doc: "regular expression: URLs that it fits are left to other modules"},
			{Name: "url_match", Set: expression(&x.match), Doc: "regular expression: URLs that it does not fit are left to other modules"},
			{Name: "event_callback", Set: &x.callback, Event: eventRequest, Doc: "function of a Lua script that is run in place of the event route, with the name of the event"},
		},
		Functions: []module.Function{
			{Name: "xhttp_reply", Routes: module.RequestRoute | module.EventRoute, Run: x.reply,
				Args: []module.Arg{
					{Name: "code", Type: module.ArgInt, Doc: "status code, 100 to 699"},
					{Name: "reason", Doc: "reason phrase"},
					{Name: "ctype", Doc: "Content-Type; empty for none"},
					{Name: "body", Doc: "body; empty for none"},
				},
				Doc: "Answers the request, with the header fields of append_to_reply. False for a second answer, for a code out of range, and outside of a request of HTTP."},
		},
		Lua: []module.Function{
			{Name: "get_hu", Get: func(c *module.Call, _ module.Args) module.Value { return url(c) }, Doc: "The URL in the first line of the request, nil for a reply."},
		},
		Variables: []module.Variable{
			{Name: "hu", Get: url, Doc: "URL of the request, as it stands in its first line; null for a reply"},
		},
		Events: []module.Event{
			{Name: eventRequest, Doc: "Run for each request of HTTP. Without an answer of the route the client gets none, but for the error of jsonrpc_dispatch."},
		},
		Counters: []counter.Entry{
			{Name: "requests", Counter: &x.requests, Doc: "requests of HTTP that the event route was run for"},
			{Name: "replies", Counter: &x.answered, Doc: "answers to such requests"},
		},
	}
}

// expression is the setter of a parameter with a regular expression.
func expression(to **ere.Regexp) func(string) error {
	return func(text string) error {
		re, err := ere.Compile(text, 0)
		if err != nil {
			return err
		}
		*to = re
		return nil
	}
}

// Start implements module.Starter.
func (x *XHTTP) Start(_ context.Context, h module.Host) error {
	x.host = h
	h.TakeHTTP(x.take)
	return nil
}

// url is $hu. A request of SIP has one too, as in Kamailio.
func url(c *module.Call) module.Value {
	if !c.Msg.IsRequest() {
		return module.Value{}
	}
	return avp.String(c.Msg.RequestURI)
}
