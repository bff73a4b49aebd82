// SPDX-License-Identifier: Apache-2.0

package textopsx

import (
	"github.com/kahea-sip/kahea/core/ere"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// removeBody is remove_body().
func removeBody(c *module.Call, _ module.Args) module.Result {
	c.Msg.SetBody("")
	return module.True
}

// keepHeaders is keep_hf([regexp]): it removes what is neither needed for
// routing nor named by the expression. Kamailio returns false from it, always.
func keepHeaders(c *module.Call, a module.Args) module.Result {
	var re *ere.Regexp
	if a[0].Given {
		var ok bool
		if re, ok = a[0].Data.(*ere.Regexp); !ok {
			return c.Fail("keep_hf", a[0].Err)
		}
	}
	for i := range c.Msg.NumHeaders() {
		if needed(c.Msg.HeaderTypeAt(i)) || re != nil && re.MatchString(c.Msg.Header(i).Name) {
			continue
		}
		c.Msg.DeleteHeader(i)
	}
	return module.False
}

// needed says whether keep_hf leaves a header alone.
func needed(t sip.HeaderType) bool {
	switch t {
	case sip.HeaderVia, sip.HeaderFrom, sip.HeaderTo, sip.HeaderCallID, sip.HeaderCSeq, sip.HeaderContentLength, sip.HeaderContentType,
		sip.HeaderMaxForwards, sip.HeaderContact, sip.HeaderRoute, sip.HeaderRecordRoute:
		return true
	}
	return false
}
