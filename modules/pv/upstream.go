// SPDX-License-Identifier: Apache-2.0

package pv

import (
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// replyVia is the Via that says where a reply goes: the second one (RFC 3261
// 18.2.2), nil for a request and for a reply to us.
func replyVia(c *module.Call) *sip.Via {
	if c.Msg.IsRequest() {
		return nil
	}
	v, err := c.Msg.Via(1)
	if err != nil {
		return nil
	}
	return v
}

// upstream makes the getter of a part of where a reply goes.
func upstream(part func(c *module.Call, host string, port int, v *sip.Via) module.Value) getter {
	return func(c *module.Call) module.Value {
		v := replyVia(c)
		if v == nil {
			return null
		}
		host, port := v.Host, v.SentByPort()
		if v.Received != "" {
			host = v.Received
		}
		if n, err := strconv.Atoi(v.RportText); err == nil {
			port = n
		}
		return part(c, host, port, v)
	}
}

// Where a reply goes.
var (
	upstreamHost  = upstream(func(_ *module.Call, host string, _ int, _ *sip.Via) module.Value { return avp.String(host) })
	upstreamPort  = upstream(func(_ *module.Call, _ string, port int, _ *sip.Via) module.Value { return number(port) })
	upstreamProto = upstream(func(c *module.Call, _ string, _ int, _ *sip.Via) module.Value { return protoText(c) })
	upstreamURI   = upstream(func(c *module.Call, host string, port int, _ *sip.Via) module.Value {
		return build(c, func(b []byte) []byte {
			b = appendPort(append(append(b, "sip:"...), host...), port)
			return append(append(b, ";transport="...), proto(c).String()...)
		})
	})
)

// hop chooses between the getter for requests and that for replies.
func hop(request, reply getter) getter {
	return func(c *module.Call) module.Value {
		if c.Msg.IsRequest() {
			return request(c)
		}
		return reply(c)
	}
}

// replyRoute are the attributes of $rpl: where a reply goes.
func replyRoute() module.Variable {
	return attribute("rpl", "where a reply goes: duri, dhost, dport, dproto, dprotoid; cntvia is the number of its Via values", map[string]getter{
		"duri": upstreamURI, "dhost": upstreamHost, "dport": upstreamPort, "dproto": upstreamProto,
		"dprotoid": upstream(func(c *module.Call, _ string, _ int, _ *sip.Via) module.Value { return number(int(proto(c))) }),
		"cntvia": func(c *module.Call) module.Value {
			if c.Msg.IsRequest() {
				return null
			}
			return number(c.Msg.NumVias())
		},
	})
}
