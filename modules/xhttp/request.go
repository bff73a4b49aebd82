// SPDX-License-Identifier: Apache-2.0

package xhttp

import (
	"net/http"

	"github.com/kahea-sip/kahea/core/avp"
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
	x.unanswered(c)
	return true
}

// What Else was given lives with the request, as AVPs whose names no script can write.
const (
	elseCode   = "\x00xhttp.code"
	elseReason = "\x00xhttp.reason"
	elseType   = "\x00xhttp.ctype"
	elseBody   = "\x00xhttp.body"
)

// Else keeps an answer for the end of the event route: it is given where the script has not answered by then. Other modules call it.
func (x *XHTTP) Else(c *module.Call, code int, reason, contentType, body string) {
	c.AVPs.Add(elseCode, avp.Number(int64(code)))
	c.AVPs.Add(elseReason, avp.String(reason))
	c.AVPs.Add(elseType, avp.String(contentType))
	c.AVPs.Add(elseBody, avp.String(body))
}

// unanswered gives the answer of Else; a request that the script has answered has had its own.
func (x *XHTTP) unanswered(c *module.Call) {
	code, ok := c.AVPs.At(elseCode, 0)
	if !ok {
		return
	}
	reason, _ := c.AVPs.At(elseReason, 0)
	contentType, _ := c.AVPs.At(elseType, 0)
	body, _ := c.AVPs.At(elseBody, 0)
	_ = x.Reply(c, int(code.Int), reason.Str, contentType.Str, body.Str)
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
