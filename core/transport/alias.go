// SPDX-License-Identifier: Apache-2.0

package transport

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kahea-sip/kahea/core/sip"
)

// Alias is a name under which the server is known (alias).
type Alias struct {
	// Proto is the protocol, ProtoNone for any.
	Proto Proto
	// Host is a domain name or an address; IPv6 with or without brackets.
	Host string
	// Port is the port, 0 for any.
	Port int
}

// names is what IsMyself knows: addresses and lower-case host names, each with
// where it counts. It is replaced, never changed.
type names struct {
	addrs map[netip.Addr][]place
	// few is addrs as a list as long as it has no more than fewAddrs: comparing
	// with each costs less than to hash an address.
	few   []addrPlaces
	hosts map[string][]place
	// longest is the length of the longest host name, so that no longer one
	// is looked up.
	longest   int
	callbacks []func(host string, port int, proto Proto) bool
	aliases   []Alias
}

// fewAddrs is how many addresses are compared one by one.
const fewAddrs = 8

type addrPlaces struct {
	addr   netip.Addr
	places []place
}

// at is where an address counts.
func (n *names) at(addr netip.Addr) []place {
	if len(n.few) == 0 {
		return n.addrs[addr]
	}
	for i := range n.few {
		if n.few[i].addr == addr {
			return n.few[i].places
		}
	}
	return nil
}

// list makes few of addrs.
func (n *names) list() {
	if len(n.addrs) > fewAddrs {
		return
	}
	for a, p := range n.addrs {
		n.few = append(n.few, addrPlaces{a, p})
	}
}

// place is where a name counts; zero is anywhere.
type place struct {
	proto Proto
	port  int
}

func (p place) matches(port int, proto Proto) bool {
	return (p.proto == proto || p.proto == ProtoNone || proto == ProtoNone || p.carries(proto)) &&
		(p.port == port || p.port == 0 || port == 0)
}

// carries tells whether connections to the place may become ones of a protocol. A
// URI does not tell WSS from WS (RFC 7118 5.2.4).
func (p place) carries(proto Proto) bool {
	switch p.proto {
	case TCP:
		return proto == WS
	case TLS:
		return proto == WS || proto == WSS
	}
	return false
}

// IsMyself tells whether host, port and proto name this server: an address
// that it listens on, an advertised one, an alias, or a name that a module
// vouches for. Port 0 and ProtoNone match any. Names compare without case;
// IPv6 addresses may stand in brackets.
func (l *Layer) IsMyself(host string, port int, proto Proto) bool {
	n := l.myself.Load()
	bare := unbracket(host)
	if addr, ok := parseAddr(bare); ok {
		if anyMatches(n.at(addr), port, proto) {
			return true
		}
	} else if len(bare) <= n.longest && anyMatches(n.lookup(bare), port, proto) {
		return true
	}
	for _, f := range n.callbacks {
		if f(host, port, proto) {
			return true
		}
	}
	return false
}

// IsMyURI tells whether a URI names this server. Without a port it has that of its
// transport.
func (l *Layer) IsMyURI(u *sip.URI) bool {
	proto, port := u.Transport(), u.Port
	if port == 0 {
		port = proto.DefaultPort()
	}
	return l.IsMyself(u.Host, port, proto)
}

// parseAddr reads an address; names are told from it by their first letter, so
// that they cost no error value.
func parseAddr(host string) (netip.Addr, bool) {
	if host == "" {
		return netip.Addr{}, false
	}
	if c := host[0] | 0x20; (c < '0' || c > '9') && strings.IndexByte(host, ':') < 0 {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(host)
	return a.Unmap().WithZone(""), err == nil
}

// lookup finds a host name in any case without allocating.
func (n *names) lookup(host string) []place {
	var low [64]byte
	return n.hosts[string(appendLower(low[:0], host))]
}

// appendLower appends host with its ASCII letters in lower case.
func appendLower(to []byte, host string) []byte {
	for i := range len(host) {
		c := host[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		to = append(to, c)
	}
	return to
}

func anyMatches(places []place, port int, proto Proto) bool {
	for _, p := range places {
		if p.matches(port, proto) {
			return true
		}
	}
	return false
}

// AddAlias adds a name for IsMyself.
func (l *Layer) AddAlias(a Alias) {
	l.changeNames(func(n *names) {
		n.aliases = append(n.aliases, a)
		n.add(a.Host, place{a.Proto, a.Port})
	})
}

// Aliases lists the aliases, the latest first, as Kamailio shows them.
func (l *Layer) Aliases() []Alias {
	all := slices.Clone(l.myself.Load().aliases)
	slices.Reverse(all)
	return all
}

// OnMyself adds a function that IsMyself asks for hosts it does not know, as
// domain does with register_myself. It must not keep host.
func (l *Layer) OnMyself(f func(host string, port int, proto Proto) bool) {
	l.changeNames(func(n *names) { n.callbacks = append(n.callbacks, f) })
}

// MyselfCallbacks tells whether a module answers IsMyself too.
func (l *Layer) MyselfCallbacks() bool { return len(l.myself.Load().callbacks) > 0 }

// changeNames replaces the names with a changed copy.
func (l *Layer) changeNames(change func(*names)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := &names{addrs: map[netip.Addr][]place{}, hosts: map[string][]place{}}
	if old := l.myself.Load(); old != nil {
		n.longest = old.longest
		n.callbacks = append(n.callbacks, old.callbacks...)
		n.aliases = append(n.aliases, old.aliases...)
		for a, p := range old.addrs {
			n.addrs[a] = append([]place(nil), p...)
		}
		for h, p := range old.hosts {
			n.hosts[h] = append([]place(nil), p...)
		}
	}
	change(n)
	n.list()
	l.myself.Store(n)
}

func (n *names) add(host string, p place) {
	bare := unbracket(host)
	if addr, ok := parseAddr(bare); ok {
		n.addrs[addr] = append(n.addrs[addr], p)
		return
	}
	low := string(appendLower(nil, bare))
	n.hosts[low] = append(n.hosts[low], p)
	n.longest = max(n.longest, len(low))
}

// addSocket makes the address of a socket known, and what it advertises under
// both its ports, as Kamailio has it.
func (n *names) addSocket(s *Socket) {
	own := place{s.Proto, int(s.Addr.Port())}
	n.add(s.Addr.Addr().WithZone("").String(), own)
	if s.Advertised {
		n.add(s.Host, own)
		n.add(s.Host, place{s.Proto, s.Port})
	}
}
