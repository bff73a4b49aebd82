// SPDX-License-Identifier: Apache-2.0

package xmlrpc

import (
	"errors"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/rpc"
	"github.com/kahea-sip/kahea/rpc/xmlrpc"
)

// eventRequest is the event that a script in Lua is told.
const eventRequest = "xmlrpc:request"

// madeUpURI is $ru of a request of HTTP, as in Kamailio.
const madeUpURI = "sip:127.0.0.1:9"

const contentType = "text/xml"

// take runs the route for a request; false leaves it to others.
func (x *XMLRPC) take(c *module.Call) bool {
	u := c.Msg.RequestURI
	switch {
	case c.Msg.MethodName != "POST" && c.Msg.MethodName != "GET",
		x.skip != nil && x.skip.MatchString(u), x.match != nil && !x.match.MatchString(u):
		return false
	}
	x.requests.Inc()
	route := x.route
	c.Route, c.Target.URI = module.RequestRoute, madeUpURI
	switch event, ok := x.host.Route(module.EventRoute, eventRequest); {
	case ok:
		c.Route, route = module.EventRoute, event
	case route == module.NoRoute:
		route = c.Gen.Main
	}
	if c.Msg.FirstNamed("Transfer-Encoding") >= 0 {
		c.ReplyClose = true // where the body ends is not known
		x.answer(c, x.printer().Fault(411, "Content-Length Required"))
		return true
	}
	c.Gen.Program.Run(c, route)
	return true
}

func (x *XMLRPC) printer() xmlrpc.Printer { return xmlrpc.Printer{EscapeCR: x.escape != 0} }

func (x *XMLRPC) answer(c *module.Call, doc []byte) error {
	return c.AnswerHTTP(200, "OK", contentType, string(doc))
}

// dispatch is dispatch_rpc().
func (x *XMLRPC) dispatch(c *module.Call, _ module.Args) module.Result {
	var doc []byte
	call, err := xmlrpc.Parse([]byte(c.Msg.Body()))
	if err != nil {
		doc = x.printer().Fault(400, err.Error())
	} else {
		c.Block(func() { doc = x.run(c, call) })
	}
	if err := x.answer(c, doc); err != nil {
		return c.Fail("dispatch_rpc", err)
	}
	return module.True
}

func (x *XMLRPC) run(c *module.Call, call xmlrpc.Call) []byte {
	if x.double != 0 {
		for i, a := range call.Args {
			if s, ok := a.(string); ok {
				call.Args[i] = strings.ReplaceAll(s, "\n\n", "\r\n")
			}
		}
	}
	reply, err := rpc.Call(c.Context(), x.host, call.Method, call.Args)
	var fault *module.Fault
	switch {
	case errors.Is(err, rpc.ErrNotFound):
		return x.printer().Fault(500, "Method Not Found")
	case errors.As(err, &fault):
		return x.printer().Fault(fault.Code, fault.Text)
	case err != nil:
		return x.printer().Fault(500, err.Error())
	}
	return x.printer().Reply(reply)
}

// reply is xmlrpc_reply(code, reason).
func (x *XMLRPC) reply(c *module.Call, a module.Args) module.Result {
	if a[0].Err != nil {
		return c.Fail("xmlrpc_reply", a[0].Err)
	}
	doc := x.printer().Fault(a.Int(0, 0), a.Str(1))
	if a.Int(0, 0) < 300 {
		doc = x.printer().Reply(rpc.Reply{Values: []any{a.Str(1)}})
	}
	if err := x.answer(c, doc); err != nil {
		return c.Fail("xmlrpc_reply", err)
	}
	return module.True
}
