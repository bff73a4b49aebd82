// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"errors"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// shiftXAVP is xavp_lshift(xname, idx).
func shiftXAVP(c *module.Call, a module.Args) module.Result {
	return module.Bool(c.XAVPs.Rotate(a.Str(0), a.Int(1, 0)))
}

var errField = errors.New("a field of the extended AVP is no URI")

// pushDestination is xavp_push_dst(xname). A mistake in one field leaves all
// as they were.
func pushDestination(c *module.Call, a module.Args) module.Result {
	fields := xavps.rootFields(c, a.Str(0), false)
	if fields == nil {
		return c.Fail("xavp_push_dst", errNoXAVP)
	}
	uri, next, socket := fieldText(fields, "uri"), fieldText(fields, "dsturi"), fieldText(fields, "socket")
	t := c.Target
	for _, f := range [...]struct {
		text string
		to   *string
	}{{uri, &t.URI}, {next, &t.DstURI}} {
		if f.text == "" {
			continue
		}
		if _, err := sip.ParseURI(f.text); err != nil {
			return c.Fail("xavp_push_dst", errField)
		}
		*f.to = f.text
	}
	if socket != "" {
		if t.Socket = c.Host.Transport().SocketByText(socket); t.Socket == nil {
			return c.Fail("xavp_push_dst", errNoSocket(socket))
		}
	}
	if uri != "" {
		c.TargetUsed = false
	}
	c.Target = t
	return module.True
}

// fieldText is the text of a field, "" where there is none.
func fieldText(fields *avp.Tree, name string) string {
	it := fields.At(name, 0)
	if it == nil || it.Fields != nil {
		return ""
	}
	return it.Value.Str
}
