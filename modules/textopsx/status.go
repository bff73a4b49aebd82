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
	code, err := newStatus(c, a)
	if err != nil {
		return c.Fail("change_reply_status", err)
	}
	c.Msg.SetStatus(code, c.Keep(a.Str(1)))
	c.Msg.Status = code
	return module.True
}

// changeCode is change_reply_status_code(vcode).
func changeCode(c *module.Call, a module.Args) module.Result {
	code, err := newStatus(c, a)
	if err != nil {
		return c.Fail("change_reply_status_code", err)
	}
	c.Msg.SetStatusCode(code)
	c.Msg.Status = code
	return module.True
}

// newStatus is the code that the reply's first line gets. Unlike other changes it
// is seen at once by the script and whoever handles the reply behind it; the
// reason that they see stays the one that came.
func newStatus(c *module.Call, a module.Args) (int, error) {
	code, old := a.Int(0, 0), c.Msg.Status
	switch {
	case old == 0:
		return 0, errReply
	case code < 100 || code > 699:
		return 0, errStatus
	case (old < 300 || code < 300) && old/100 != code/100:
		return 0, errClass
	}
	return code, nil
}
