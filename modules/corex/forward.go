// SPDX-License-Identifier: Apache-2.0

package corex

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transaction"
)

var errIndex = errors.New("the index of a branch is not negative")

// forwardReply is forward_reply(): the reply goes upstream now, with the edits
// so far. It goes once more when the route ends, unless that drops it.
func forwardReply(c *module.Call, _ module.Args) module.Result {
	r := c.Received()
	if err := c.Host.Transactions().ForwardReply(&r); err != nil {
		return c.Fail("forward_reply", err)
	}
	return module.True
}

// forwardUAC is forward_uac([bindex]).
func forwardUAC(c *module.Call, a module.Args) module.Result {
	return forwardAlone(c, "forward_uac", transaction.Hop{Index: a.Int(0, 0)})
}

// forwardUACTo is forward_uac_uri(vuri [, bindex]).
func forwardUACTo(c *module.Call, a module.Args) module.Result {
	if _, err := sip.ParseURI(a.Str(0)); err != nil {
		return c.Fail("forward_uac_uri", errURI)
	}
	return forwardAlone(c, "forward_uac_uri", transaction.Hop{URI: a.Str(0), Index: a.Int(1, 0)})
}

// forwardAlone sends the request with our Via as the only one: a reply to it
// ends here.
func forwardAlone(c *module.Call, function string, h transaction.Hop) module.Result {
	if h.Index < 0 {
		return c.Fail(function, errIndex)
	}
	mark := c.Msg.EditMark()
	for i := c.Msg.First(sip.HeaderVia); i >= 0; i = c.Msg.Next(sip.HeaderVia, i) {
		c.Msg.DeleteHeader(i)
	}
	r := c.Received()
	err := c.Host.Transactions().Forward(&r, &h)
	c.Msg.EditReset(mark)
	return module.Bool(err == nil) // it is counted, and what a request names is nothing to log
}
