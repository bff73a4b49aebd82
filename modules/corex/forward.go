// SPDX-License-Identifier: Apache-2.0

package corex

import "github.com/kahea-sip/kahea/core/module"

// forwardReply is forward_reply(): the reply goes upstream now, with the edits
// so far. It goes once more when the route ends, unless that drops it.
func forwardReply(c *module.Call, _ module.Args) module.Result {
	r := c.Received()
	if err := c.Host.Transactions().ForwardReply(&r); err != nil {
		return c.Fail("forward_reply", err)
	}
	return module.True
}
