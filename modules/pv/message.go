// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strings"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

func (p *PV) messageVariables() []module.Variable {
	return []module.Variable{
		viaVariable("via0", "the topmost Via", func(c *module.Call) (*sip.Via, error) { return c.Msg.Via(0) }),
		viaVariable("via1", "the second Via", func(c *module.Call) (*sip.Via, error) { return c.Msg.Via(1) }),
		viaVariable("viaZ", "the last Via", func(c *module.Call) (*sip.Via, error) { return c.Msg.Via(c.Msg.NumVias() - 1) }),
		attribute("msg", "parts of the message: buf, len, fline, hdrs, body, lpart", map[string]getter{
			"buf": func(c *module.Call) module.Value { return avp.String(c.Msg.Raw()) }, "len": func(c *module.Call) module.Value { return number(len(c.Msg.Raw())) },
			"body": body, "fline": func(c *module.Call) module.Value { return avp.String(c.Msg.FirstLine()) },
			"hdrs": func(c *module.Call) module.Value {
				return avp.String(strings.TrimSuffix(c.Msg.Raw()[c.Msg.FirstLineEnd():c.Msg.HeadersEnd()], "\r\n"))
			},
			"lpart": func(c *module.Call) module.Value { return avp.String(c.Msg.Raw()[c.Msg.FirstLineEnd():]) },
		}),
		attribute("expires", "lowest (min) and highest (max) lifetime of Contact and Expires, in seconds", map[string]getter{
			"min": expires(func(a, b uint32) bool { return a < b }), "max": expires(func(a, b uint32) bool { return a > b }),
		}),
		{Name: "msgbuf", Bind: bindBuffer, Doc: "the character at an index of the message as it came; assigned, it changes the message itself"},
		replyRoute(),
		{Name: "sel", Bind: bindSelect, Doc: "a part of the message by a path: $sel(via[2].branch)"},
	}
}

func viaVariable(name, doc string, get func(c *module.Call) (*sip.Via, error)) module.Variable {
	part := func(f func(v *sip.Via) module.Value) getter {
		return func(c *module.Call) module.Value {
			v, err := get(c)
			if err != nil {
				return null
			}
			return f(v)
		}
	}
	return attribute(name, doc+": host, port, proto, protoid, branch, rport, received, i, oc …", map[string]getter{
		"host":     part(func(v *sip.Via) module.Value { return orNull(v.Host) }),
		"port":     part(func(v *sip.Via) module.Value { return number(v.SentByPort()) }),
		"proto":    part(func(v *sip.Via) module.Value { return orNull(v.TransportText) }),
		"protoid":  part(func(v *sip.Via) module.Value { return number(int(v.Transport)) }),
		"branch":   part(func(v *sip.Via) module.Value { return orNull(v.Branch) }),
		"rport":    part(func(v *sip.Via) module.Value { return orNull(v.RportText) }),
		"received": part(func(v *sip.Via) module.Value { return orNull(v.Received) }),
		"i":        part(func(v *sip.Via) module.Value { return orNull(v.I) }),
	})
}

// expires is the extreme of the lifetimes that the message asks for: those of
// its contacts and that of Expires.
func expires(better func(a, b uint32) bool) getter {
	return func(c *module.Call) module.Value {
		best, found := uint32(0), false
		if list, _ := c.Msg.Contacts(); len(list) > 0 {
			for i := range list {
				if list[i].HasExpires && (!found || better(list[i].Expires, best)) {
					best, found = list[i].Expires, true
				}
			}
		}
		if n, err := c.Msg.Expires(); err == nil && (!found || better(n, best)) {
			best, found = n, true
		}
		if !found {
			return null
		}
		return avp.Number(int64(best))
	}
}
