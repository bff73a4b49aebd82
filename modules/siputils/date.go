// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"errors"
	"time"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

var errDate = errors.New("Date cannot be read")

// outdated is the result of hdr_date_check for a Date too long ago.
const outdated module.Result = -4

// checkDate is hdr_date_check(tdiff).
func checkDate(c *module.Call, a module.Args) module.Result {
	text := c.Msg.Value(sip.HeaderDate)
	if text == "" {
		return module.False
	}
	date, err := time.Parse("Mon, 02 Jan 2006 15:04:05 GMT", text)
	if err != nil {
		return c.Fail("hdr_date_check", errDate)
	}
	if c.Host.Clock().Now().Sub(date) > time.Duration(a.Int(0, 0))*time.Second {
		return outdated
	}
	return module.True
}
