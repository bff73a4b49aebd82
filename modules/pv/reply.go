// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
)

func replyVariables() []module.Variable {
	return []module.Variable{
		read("rs", status, "status code of a reply"),
		read("rr", reason, "reason phrase of a reply"),
		read("rsi", func(c *module.Call) module.Value { return number(c.Msg.Status) }, "status code of a reply as a number, 0 for a request"),
	}
}

func status(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return null
	}
	return avp.Text(int64(c.Msg.Status), c.Mem.Keep(strconv.AppendInt(c.Mem.Begin(), int64(c.Msg.Status), 10)))
}

func reason(c *module.Call) module.Value {
	if c.Msg.IsRequest() {
		return null
	}
	return avp.String(c.Msg.Reason)
}
