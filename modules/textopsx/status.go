// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
)

var (
	errReply  = errors.New("the message is no reply")
	errStatus = errors.New("a status code is a number of 100 to 699")
	errClass  = errors.New("the class of a provisional or successful reply cannot be changed")
)

// changeStatus is change_reply_status(code, reason).
func changeStatus(c *module.Call, a module.Args) module.Result {
	return setStatus(c, "change_reply_status", a.Int(0, 0), a.Str(1))
}

// changeCode is change_reply_status_code(vcode).
func changeCode(c *module.Call, a module.Args) module.Result {
	return setStatus(c, "change_reply_status_code", a.Int(0, 0), c.Msg.Reason)
}

// setStatus changes the reply's first line. Unlike with other changes the
// script, and whoever handles the reply behind it, sees the new code at once.
func setStatus(c *module.Call, function string, code int, reason string) module.Result {
	old := c.Msg.Status
	switch {
	case old == 0:
		return c.Fail(function, errReply)
	case code < 100 || code > 699:
		return c.Fail(function, errStatus)
	case (old < 300 || code < 300) && old/100 != code/100:
		return c.Fail(function, errClass)
	}
	reason = c.Keep(reason)
	c.Msg.SetStatus(code, reason)
	c.Msg.Status, c.Msg.Reason = code, reason
	return module.True
}
