// SPDX-License-Identifier: Apache-2.0

package xhttp

import (
	"net/http"

	"github.com/kahea-sip/kahea/core/module"
)

// take runs the event route for a request; false leaves it to others.
func (x *XHTTP) take(c *module.Call) bool {
	u := c.Msg.RequestURI
	if x.skip != nil && x.skip.MatchString(u) || x.match != nil && !x.match.MatchString(u) {
		return false
	}
	route, ok := x.host.Route(module.EventRoute, eventRequest)
	if !ok {
		return false
	}
	x.requests.Inc()
	if c.Msg.FirstNamed("Transfer-Encoding") >= 0 {
		// Where such a body ends is not known: what comes behind could be taken for a request (RFC 9112 6.1).
		c.ReplyClose = true
		_ = x.Reply(c, http.StatusNotImplemented, "Not Implemented", "", "")
		return true
	}
	c.Gen.Program.Run(c, route)
	return true
}

// reply is xhttp_reply(code, reason, ctype, body).
func (x *XHTTP) reply(c *module.Call, a module.Args) module.Result {
	for i := range a {
		if a[i].Err != nil {
			return c.Fail("xhttp_reply", a[i].Err)
		}
	}
	if err := x.Reply(c, a.Int(0, 0), a.Str(1), a.Str(2), a.Str(3)); err != nil {
		return c.Fail("xhttp_reply", err)
	}
	return module.True
}

// Reply answers the request of a call, once. Other modules call it as well.
func (x *XHTTP) Reply(c *module.Call, code int, reason, contentType, body string) error {
	err := c.AnswerHTTP(code, reason, contentType, body)
	if err == nil {
		x.answered.Inc()
	}
	return err
}
