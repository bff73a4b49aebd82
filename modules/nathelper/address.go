// SPDX-License-Identifier: Apache-2.0

package nathelper

import (
	"net/netip"
	"strconv"

	"github.com/kahea-sip/kahea/core/avp"
	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/sip"
	"github.com/kahea-sip/kahea/core/transport"
)

// privateNets are the networks of RFC 1918, 6598 and 7335; reservedNet counts
// with nat_addr_mode 1.
var (
	privateNets = []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("172.16.0.0/12"), netip.MustParsePrefix("192.168.0.0/16"),
		netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/29"),
	}
	reservedNet = netip.MustParsePrefix("192.0.0.0/24")
)

// private tells whether an address is one of a private network.
func (n *NATHelper) private(a netip.Addr) bool {
	a = a.Unmap()
	for _, p := range privateNets {
		if p.Contains(a) {
			return true
		}
	}
	return n.addressMode != 0 && reservedNet.Contains(a)
}

// privateHost is private for the host of a URI or a Via; a name is none.
func (n *NATHelper) privateHost(host string) bool {
	a, ok := sip.ParseHostAddr(host)
	return ok && n.private(a)
}

// isPrivate is is_rfc1918(ip_address).
func (n *NATHelper) isPrivate(_ *module.Call, a module.Args) module.Result {
	return module.Bool(n.privateHost(a.Str(0)))
}

// appendSource appends "address:port".
func appendSource(dst []byte, a netip.AddrPort) []byte {
	dst = append(sip.AppendHost(dst, a.Addr()), ':')
	return strconv.AppendUint(dst, uint64(a.Port()), 10)
}

// appendReceived appends the URI of the place that the message came from.
func appendReceived(dst []byte, c *module.Call) []byte {
	dst = appendSource(append(dst, "sip:"...), c.Packet.Src)
	if p := c.Packet.Socket.Proto; p != transport.UDP {
		dst = append(append(dst, ";transport="...), p.Param()...)
	}
	return dst
}

// fixRegister is fix_nated_register().
func (n *NATHelper) fixRegister(c *module.Call, _ module.Args) module.Result {
	to, ok := n.received.(module.Assignable)
	if !ok {
		return module.False
	}
	uri := c.Mem.Keep(appendReceived(c.Mem.Begin(), c))
	if err := to.Set(c, module.Index{}, avp.String(uri)); err != nil {
		return c.Fail("fix_nated_register", err)
	}
	return module.True
}

// recordRoutes is $rr_count.
func recordRoutes(c *module.Call) module.Value {
	list, err := c.Msg.RecordRoutes()
	if err != nil {
		return module.Value{}
	}
	return avp.Number(int64(len(list)))
}

// topRecordRoutes is $rr_top_count.
func topRecordRoutes(c *module.Call) module.Value {
	list, err := c.Msg.RecordRoutes()
	switch {
	case err != nil:
		return module.Value{}
	case len(list) == 0:
		return avp.Number(0)
	}
	if u, err := list[0].ParseURI(); err == nil && u.Params.Has("r2") {
		return avp.Number(2)
	}
	return avp.Number(1)
}
