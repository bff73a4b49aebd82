// SPDX-License-Identifier: Apache-2.0

// Package ipops tells what IP addresses are, and asks the DNS.
package ipops

import (
	"context"

	"github.com/kahea-sip/kahea/core/module"
)

func init() { module.Register("ipops", func() module.Module { return new(IPOps) }) }

// IPOps is the module.
type IPOps struct{ machine machine }

var _ module.Starter = (*IPOps)(nil)

// Exports implements module.Module.
func (m *IPOps) Exports() module.Exports {
	const any = module.AnyRoute
	ip := module.Arg{Name: "ip", Doc: "address, IPv6 also in brackets"}
	args := func(a ...module.Arg) []module.Arg { return a }
	one, two := args(ip), args(ip, module.Arg{Name: "ip2", Doc: "address"})
	detail := args(ip, module.Arg{Name: "result", Type: module.ArgVar, Doc: "variable that gets the type"})
	container := module.Arg{Name: "pvid", Doc: "name of the container"}
	match := args(module.Arg{Name: "hostname", Doc: "name of a host"}, module.Arg{Name: "ipaddr", Doc: "address"})
	asks := func(name, doc string) []module.Arg { return args(module.Arg{Name: name, Doc: doc}, container) }
	return module.Exports{
		Doc: "Tells what IP addresses are, compares them, and asks the DNS.",
		Functions: []module.Function{
			{Name: "is_ip", Args: one, Routes: any, Run: isForm(ipv4, ipv6, reference), Doc: "True for an IPv4 or IPv6 address, IPv6 also in brackets."},
			{Name: "is_pure_ip", Args: one, Routes: any, Run: isForm(ipv4, ipv6), Doc: "True for an address without brackets."},
			{Name: "is_ipv4", Args: one, Routes: any, Run: isForm(ipv4), Lua: "is_ip4", Doc: "True for an IPv4 address."},
			{Name: "is_ipv6", Args: one, Routes: any, Run: isForm(ipv6), Lua: "is_ip6", Doc: "True for an IPv6 address without brackets."},
			{Name: "is_ipv6_reference", Args: one, Routes: any, Run: isForm(reference), Lua: "is_ip6_reference", Doc: "True for an IPv6 address in brackets."},
			{Name: "ip_type", Args: one, Routes: any, Run: ipType, Doc: "$rc is 1 for IPv4, 2 for IPv6, 3 for IPv6 in brackets, -1 for anything else."},
			{Name: "detailed_ip_type", Args: detail, Routes: any, Run: detailedType(ipv4, ipv6, reference), Lua: "detailed_ip_type(str,str)", Doc: "Assigns what the address is for: PUBLIC, PRIVATE, SHARED, LOOPBACK, LINK-LOCAL, RESERVED, TEST-NET, 6TO4-RELAY, MULTICAST, BROADCAST; of IPv6 UNSPECIFIED, LOOPBACK, IPV4MAP, RESERVED, DISCARD, GLOBAL-UNICAST, TEREDO, BMWG, DOCUMENTATION, ORCHID, 6TO4, UNIQUE-LOCAL-UNICAST, LINK-LOCAL-UNICAST, MULTICAST."},
			{Name: "detailed_ipv4_type", Args: detail, Routes: any, Run: detailedType(ipv4), Lua: "detailed_ipv4_type(str,str)", Doc: "The same for IPv4 addresses only."},
			{Name: "detailed_ipv6_type", Args: detail, Routes: any, Run: detailedType(ipv6, reference), Lua: "detailed_ipv6_type(str,str)", Doc: "The same for IPv6 addresses only."},
			{Name: "compare_ips", Args: two, Routes: any, Run: compareIPs, Doc: "True when both are the same address, brackets apart."},
			{Name: "compare_pure_ips", Args: two, Routes: any, Run: comparePureIPs, Doc: "True when both are the same address; none may be in brackets."},
			{Name: "is_ip_rfc1918", Args: one, Routes: any, Run: isPrivate, Doc: "True for an IPv4 address of RFC 1918."},
			{Name: "is_in_subnet", Args: args(ip, module.Arg{Name: "subnets", Doc: "networks as 10.0.0.0/8, divided by commas", Compile: compileNetworks}), Routes: any, Run: isInSubnet, Prepare: checkNetworks, Lua: "is_in_subnet; ip_is_in_subnet", Doc: "True when the address is in one of the networks."},
			{Name: "dns_sys_match_ip", Args: match, Routes: any, Run: matchIP, Doc: "True when the DNS has the address among those of the name."},
			{Name: "dns_int_match_ip", Args: match, Routes: any, Run: matchIP, Doc: "The same as dns_sys_match_ip."},
			{Name: "dns_query", Args: asks("hostname", "name of a host"), Routes: any, Run: m.dnsQuery, Doc: "Looks up the addresses of a name, for $dns(pvid=>...)."},
			{Name: "srv_query", Args: asks("srvcname", "_sip._udp.example.org"), Routes: any, Run: m.srvQuery, Doc: "Looks up SRV records, for $srvquery(pvid=>...), by priority and weight."},
			{Name: "naptr_query", Args: asks("domain", "name of a domain"), Routes: any, Run: m.naptrQuery, Doc: "Looks up NAPTR records, for $naptrquery(pvid=>...), by order and preference."},
			{Name: "ptr_query", Args: asks("ip", "address"), Routes: any, Run: m.ptrQuery, Doc: "Looks up the name of an address, for $ptrquery(pvid=>hostname)."},
			{Name: "dns_set_local_ttl", Args: args(module.Arg{Name: "vttl", Type: module.ArgInt, Doc: "seconds; 0 goes back to what answers and core parameters say"}), Routes: any, Run: m.setLocalTTL, Lua: "dns_set_local_ttl(int)",
				Doc: "Has the answers to further queries of this worker kept for so long in the DNS cache."},
		},
		Variables: []module.Variable{
			{Name: "dns", Bind: m.bind(hosts, dnsFields), Doc: "$dns(pvid=>key) of dns_query: count, ipv4 and ipv6 (1 or 0), addr[i], type[i] (4 or 6); without index those of the first address"},
			{Name: "srvquery", Bind: m.bind(services, srvFields), Doc: "$srvquery(pvid=>key) of srv_query: count, port[i], priority[i], target[i], weight[i]"},
			{Name: "naptrquery", Bind: m.bind(naptrs, naptrFields), Doc: "$naptrquery(pvid=>key) of naptr_query: count, order[i], pref[i], flags[i], services[i], regex[i], replace[i]"},
			{Name: "ptrquery", Bind: m.bind(pointers, ptrFields), Doc: "$ptrquery(pvid=>key) of ptr_query: hostname, ip"},
			{Name: "HN", Bind: m.bindHost, Doc: "$HN(n), $HN(f), $HN(d), $HN(i): name of this machine, that with its domain, the domain, its address"},
		},
	}
}

// Start implements module.Starter.
func (m *IPOps) Start(_ context.Context, h module.Host) error {
	m.machine = newMachine(func(host string) (string, bool) {
		addrs, ok := h.Locator().ReadyAddrs(host)
		if !ok || len(addrs) == 0 {
			return "", false
		}
		return addrs[0].String(), true
	})
	return nil
}
