// SPDX-License-Identifier: Apache-2.0

// Package xmlrpc serves control commands as XML-RPC over HTTP.
package xmlrpc

import (
	"context"

	"github.com/kahea-sip/kahea/core/counter"
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("xmlrpc", func() module.Module { return New() }) }

// XMLRPC is the module.
type XMLRPC struct {
	route          module.RouteRef // NoRoute for the main one
	skip, match    *ere.Regexp     // nil where the parameter is not set
	mode           int
	escape, double int
	callback       string

	host     module.Host
	requests counter.Counter
}

// New returns the module with its defaults.
func New() *XMLRPC { return &XMLRPC{escape: 1} }

var _ module.Starter = (*XMLRPC)(nil)

// Exports implements module.Module.
func (x *XMLRPC) Exports() module.Exports {
	return module.Exports{
		Doc:   "Serves control commands as XML-RPC over HTTP, at the TCP and TLS sockets of SIP.",
		After: []string{"xhttp"},
		Params: []module.Param{
			{Name: "route", Set: &x.route, Route: module.RequestRoute, Doc: "route that is run for a request; without it request_route is"},
			{Name: "url_skip", Set: expression(&x.skip), Doc: "regular expression: URLs that it fits are left to other modules"},
			{Name: "url_match", Set: expression(&x.match), Doc: "regular expression: URLs that it does not fit are left to other modules"},
			{Name: "mode", Set: &x.mode, Min: 0, Max: 1, Doc: "1 runs no route by itself: the script calls dispatch_rpc in event_route[xhttp:request]"},
			{Name: "escape_cr", Set: &x.escape, Min: 0, Max: 1, Doc: "1 writes a carriage return in answers as &#xD;"},
			{Name: "double_lf_to_crlf", Set: &x.double, Min: 0, Max: 1, Doc: "1 makes CR LF of two line feeds in a row in arguments"},
			{Name: "autoconversion", Set: new(int), Notice: "an argument of another type is converted wherever that is possible", Doc: "converts arguments to the types that commands want"},
			{Name: "event_callback", Set: &x.callback, Event: eventRequest, Doc: "function of a Lua script that is run in place of the route, with the text " + eventRequest},
		},
		Functions: []module.Function{
			{Name: "dispatch_rpc", Routes: module.RequestRoute | module.EventRoute, Run: x.dispatch,
				Doc: "Runs the command that the body of the request asks for, and answers. What is no XML-RPC is answered with a fault."},
			{Name: "xmlrpc_reply", Routes: module.RequestRoute | module.EventRoute, Run: x.reply,
				Args: []module.Arg{{Name: "code", Type: module.ArgInt, Doc: "code of the fault; below 300 the answer is the reason"}, {Name: "reason", Doc: "text"}},
				Doc:  "Answers the request."},
		},
		Counters: []counter.Entry{
			{Name: "requests", Counter: &x.requests, Doc: "requests that the route was run for"},
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
func (x *XMLRPC) Start(_ context.Context, h module.Host) error {
	x.host = h
	if x.mode == 0 {
		h.TakeHTTP(x.take)
	}
	return nil
}
