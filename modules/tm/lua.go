// SPDX-License-Identifier: Apache-2.0

package tm

import (
	"errors"

	"github.com/kahea-sip/kahea/core/module"
	"github.com/kahea-sip/kahea/core/transaction"
	"github.com/kahea-sip/kahea/core/transport"
)

func (m *TM) luaFunctions() []module.Function {
	hop := module.Arg{Name: "proxy", Compile: proxy, Doc: `"proto:host:port"`}
	proto := module.Arg{Name: "proto", Doc: "udp, tcp, tls or sctp"}
	return []module.Function{
		{Name: "t_get_branch_index", Run: func(c *module.Call, a module.Args) module.Result { return max(m.branchIndex(c, a), 0) }, Doc: "Index of the branch, 0 where there is none."},
		{Name: "t_relay_to_proto", Args: []module.Arg{proto}, Run: m.relayToProto, Doc: "t_relay over a protocol."},
		{Name: "t_relay_to_proto_addr", Args: []module.Arg{proto, {Name: "host", Doc: "address or name of the next hop"}, {Name: "port", Type: module.ArgInt, Doc: "its port, 0 for the usual one"}},
			Run: m.relayToProto, Doc: "t_relay to an address over a protocol."},
		{Name: "t_relay_to_proxy", Args: []module.Arg{hop}, Run: m.luaRelayTo, Doc: "t_relay to a next hop. -1, and nothing is answered, where its name cannot be resolved."},
		{Name: "t_relay_to_proxy_flags", Args: []module.Arg{hop, {Name: "flags", Compile: proxyOrFlags, Doc: "flags of t_relay_to"}}, Lua: "t_relay_to_proxy_flags(str,int)", Run: m.luaRelayTo, Doc: "The same with flags."},
	}
}

// luaRelayTo is t_relay_to_proxy of KEMI, which has resolved the next hop before
// anything else.
func (m *TM) luaRelayTo(c *module.Call, a module.Args) module.Result {
	r := m.relayTo(c, a)
	if c.Err == transaction.ErrUnresolvable {
		c.Err = nil
		return module.False
	}
	return r
}

var errProto = errors.New("there is no protocol of this name")

func (m *TM) relayToProto(c *module.Call, a module.Args) module.Result {
	p, ok := transport.ParseProto(a.Str(0))
	if !ok {
		return c.Fail("KSR.tm.t_relay_to_proto", errProto)
	}
	hop := transaction.Hop{Proto: p}
	if len(a) == 3 {
		hop.Host, hop.Port = a.Str(1), a.Int(2, 0)
		if hop.Port < 0 || hop.Port > 65535 {
			return c.Fail("KSR.tm.t_relay_to_proto_addr", errors.New("the port is no number of 0 to 65535"))
		}
	}
	return m.relayHop(c, &transaction.Relay{Hop: hop}, 0)
}
