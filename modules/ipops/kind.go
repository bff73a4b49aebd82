// SPDX-License-Identifier: Apache-2.0

package ipops

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// form is how an address is written.
type form int

// The numbers are those of ip_type().
const (
	none      form = -1
	ipv4      form = 1
	ipv6      form = 2
	reference form = 3 // [ipv6]
)

// parse reads an address and tells how it is written.
func parse(text string) (netip.Addr, form) {
	a, ok := sip.ParseHostAddr(text)
	switch {
	case !ok:
		return a, none
	case strings.HasPrefix(text, "["):
		if !a.Is6() {
			return a, none
		}
		return a, reference
	case a.Is4():
		return a, ipv4
	}
	return a, ipv6
}

// network is a row of the registries of special addresses.
type network struct {
	prefix netip.Prefix
	kind   string
}

func networks(rows ...[2]string) []network {
	list := make([]network, len(rows))
	for i, r := range rows {
		list[i] = network{netip.MustParsePrefix(r[0]), r[1]}
	}
	return list
}

// special4 has the networks of RFC 5735 and RFC 6598; the first that holds an
// address names it. "This network" is called private, as by the reference.
var special4 = networks(
	[2]string{"255.255.255.255/32", "BROADCAST"},
	[2]string{"10.0.0.0/8", "PRIVATE"},
	[2]string{"172.16.0.0/12", "PRIVATE"},
	[2]string{"192.168.0.0/16", "PRIVATE"},
	[2]string{"100.64.0.0/10", "SHARED"},
	[2]string{"127.0.0.0/8", "LOOPBACK"},
	[2]string{"169.254.0.0/16", "LINK-LOCAL"},
	[2]string{"192.0.2.0/24", "TEST-NET"},
	[2]string{"198.51.100.0/24", "TEST-NET"},
	[2]string{"203.0.113.0/24", "TEST-NET"},
	[2]string{"192.88.99.0/24", "6TO4-RELAY"},
	[2]string{"192.0.0.0/24", "RESERVED"},
	[2]string{"198.18.0.0/15", "RESERVED"},
	[2]string{"224.0.0.0/4", "MULTICAST"},
	[2]string{"0.0.0.0/8", "PRIVATE"},
	[2]string{"240.0.0.0/4", "RESERVED"},
)

// special6 has the IANA registries of IPv6 addresses.
var special6 = networks(
	[2]string{"::/128", "UNSPECIFIED"},
	[2]string{"::1/128", "LOOPBACK"},
	[2]string{"::ffff:0:0/96", "IPV4MAP"},
	[2]string{"100::/64", "DISCARD"},
	[2]string{"2001::/32", "TEREDO"},
	[2]string{"2001:2::/48", "BMWG"},
	[2]string{"2001:db8::/32", "DOCUMENTATION"},
	[2]string{"2001:10::/28", "ORCHID"},
	[2]string{"2002::/16", "6TO4"},
	[2]string{"2000::/3", "GLOBAL-UNICAST"},
	[2]string{"fc00::/7", "UNIQUE-LOCAL-UNICAST"},
	[2]string{"fe80::/10", "LINK-LOCAL-UNICAST"},
	[2]string{"ff00::/8", "MULTICAST"},
)

// kindOf names what an address is for.
func kindOf(a netip.Addr) string {
	list, rest := special6, "RESERVED"
	if a.Is4() {
		list, rest = special4, "PUBLIC"
	}
	for _, n := range list {
		// A prefix of IPv4-mapped addresses never holds one: netip looks at
		// both as what they are written.
		if n.prefix.Contains(a) || n.kind == "IPV4MAP" && a.Is4In6() {
			return n.kind
		}
	}
	return rest
}

// list is the networks of is_in_subnet.
type list struct {
	networks []netip.Prefix
	err      error // of the first part that is no network
}

// parseNetworks reads a list of networks, divided by commas; an address alone is a
// network of one. What is none is left out.
func parseNetworks(text string) list {
	var l list
	for one := range strings.SplitSeq(text, ",") {
		p, err := parseNetwork(strings.TrimSpace(one))
		if err != nil && l.err == nil {
			l.err = err
		}
		if err == nil {
			l.networks = append(l.networks, p)
		}
	}
	return l
}

func parseNetwork(text string) (netip.Prefix, error) {
	if a, f := parse(text); f == ipv4 || f == ipv6 {
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(text)
	if err != nil {
		return p, fmt.Errorf("%q is neither an address nor a network (192.0.2.0/24)", text)
	}
	return p.Masked(), nil
}
