// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
)

// via looks the host of the topmost Via of a request up, for what dns, rev_dns
// and reply_to_via ask. It may wait for the resolver.
func (e *Engine) via(c *module.Call) {
	v, err := c.Msg.Via(0)
	if err != nil {
		return
	}
	if host, ok := sip.ParseHostAddr(v.Host); ok {
		if e.opt.ReplyToVia {
			c.Msg.ReplyAddr = host.Unmap()
		}
		return
	}
	source := c.Packet.Src.Addr().Unmap()
	if e.opt.DNS || e.opt.ReplyToVia {
		addrs := e.addrs(c, v.Host)
		c.Msg.ViaIsSource = e.opt.DNS && slices.Contains(addrs, source)
		if i := slices.IndexFunc(addrs, func(a netip.Addr) bool { return a.Is4() == source.Is4() }); e.opt.ReplyToVia && i >= 0 {
			c.Msg.ReplyAddr = addrs[i]
		}
	}
	if e.opt.RevDNS && !c.Msg.ViaIsSource {
		var names []string
		e.Block(c, func() { names, _ = e.opt.Locator.Names(c.Context(), source) })
		c.Msg.ViaIsSource = slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(strings.TrimSuffix(n, "."), v.Host) })
	}
}

// addrs are the addresses of a host; a host that has none is no fault of ours.
func (e *Engine) addrs(c *module.Call, host string) []netip.Addr {
	addrs, ok := e.opt.Locator.ReadyAddrs(host)
	if !ok {
		e.Block(c, func() { addrs, _ = e.opt.Locator.Addrs(c.Context(), host) })
	}
	return addrs
}
