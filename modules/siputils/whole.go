// SPDX-License-Identifier: Apache-2.0

package siputils

import (
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// parseHeaders is sip_parse_headers(). A worker takes headers apart when
// somebody asks; this asks for all that have a form which every server needs.
// Content-Length may be left out.
func parseHeaders(c *module.Call, _ module.Args) module.Result {
	for i := 0; ; i++ {
		_, err := c.Msg.Via(i)
		if err == sip.ErrAbsent && i > 0 {
			break
		}
		if err != nil {
			return module.False
		}
	}
	if _, err := c.Msg.From(); err != nil {
		return module.False
	}
	if _, err := c.Msg.To(); err != nil {
		return module.False
	}
	if _, err := c.Msg.CSeq(); err != nil {
		return module.False
	}
	_, err := c.Msg.ContentLength()
	return module.Bool(err == nil || err == sip.ErrAbsent)
}
