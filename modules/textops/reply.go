// SPDX-License-Identifier: Apache-2.0

package textops

import (
	"strconv"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// dateFormat is that of Date (RFC 3261 20.17).
const dateFormat = "Date: Mon, 02 Jan 2006 15:04:05 GMT\r\n"

func appendNumber(dst []byte, n int) []byte { return strconv.AppendInt(dst, int64(n), 10) }

// appendToReply is append_to_reply(txt).
func appendToReply(c *module.Call, a module.Args) module.Result {
	text := a.Str(0)
	if text == "" {
		return c.Fail("append_to_reply", errHeaderEmpty)
	}
	addReplyHeader(c, text)
	return module.True
}

func addReplyHeader(c *module.Call, text string) {
	all := append(append(c.Mem.Begin(), c.ReplyHeaders...), text...)
	c.ReplyHeaders = c.Keep(c.Mem.Keep(all))
}

func date(c *module.Call) string {
	return c.Mem.Keep(c.Host.Clock().Now().In(time.UTC).AppendFormat(c.Mem.Begin(), dateFormat))
}

// appendTime is append_time().
func appendTime(c *module.Call, _ module.Args) module.Result {
	addReplyHeader(c, date(c))
	return module.True
}

// appendTimeToRequest is append_time_to_request(): behind the first header, as
// Kamailio has it.
func appendTimeToRequest(c *module.Call, _ module.Args) module.Result {
	if c.Msg.NumHeaders() == 0 {
		return module.False
	}
	c.Msg.Insert(c.Msg.Header(0).End, sip.After, date(c))
	return module.True
}
